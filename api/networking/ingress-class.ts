import { optionalName, requiredText } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { optional, type Static, string, struct } from '../meta/schema.ts';
import { forbiddenField, invalidValue, nameFault, notSupported, required, tooLong } from '../meta/validation.ts';

/** Who serves the ingresses of a class ("Ingress", ingress class). */

/** `true` on the class of ingresses that name none. */
export const IS_DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

const LONGEST_CONTROLLER = 250;
const SCOPES = ['Cluster', 'Namespace'];

const IngressClassParametersReferenceSchema = struct(
  'io.k8s.api.networking.v1.IngressClassParametersReference',
  'Names an object with settings for the controller.',
  {
    apiGroup: optional(string('API group of the object; empty for the core group.')),
    kind: string('Kind of the object.'),
    name: string('Name of the object.'),
    namespace: optional(string('Namespace of the object, for scope Namespace only.')),
    scope: optional(string('Whether the object is in a namespace (Namespace) or not (Cluster, default).')),
  },
);
type Parameters = Static<typeof IngressClassParametersReferenceSchema>;

export const IngressClassSchema = struct('io.k8s.api.networking.v1.IngressClass', 'Who serves some ingresses.', {
  ...typeMeta,
  metadata,
  spec: optional(
    struct('io.k8s.api.networking.v1.IngressClassSpec', 'Who serves the class, and how.', {
      controller: optional(string('Controller that serves it, as a path with a domain: example.com/ingress. Kept.')),
      parameters: optional(IngressClassParametersReferenceSchema),
    }),
  ),
});
export type IngressClass = Static<typeof IngressClassSchema>;

/** `domain/path`. */
function controllerFaults(controller: string, path: string): FieldError[] {
  if (controller.length > LONGEST_CONTROLLER) return [tooLong(path, LONGEST_CONTROLLER)];
  const slash = controller.indexOf('/');
  const domain = controller.slice(0, slash);
  if (slash > 0 && controller.length > slash + 1 && !nameFault('subdomain', domain)) return [];
  return [invalidValue(path, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
}

function scopeFaults({ scope, namespace }: Parameters, path: string): FieldError[] {
  if (!scope) return [required(`${path}.scope`)];
  if (!SCOPES.includes(scope)) return [notSupported(`${path}.scope`, scope, SCOPES)];
  if (scope === 'Namespace')
    return namespace ? [] : [required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  return namespace ? [forbiddenField(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'")] : [];
}

function validateIngressClass({ spec = {} }: IngressClass): FieldError[] {
  const path = 'spec.parameters';
  const { controller, parameters } = spec;
  return [
    ...(controller ? controllerFaults(controller, 'spec.controller') : [required('spec.controller')]),
    ...(parameters
      ? [
          ...optionalName('subdomain', `${path}.apiGroup`, parameters.apiGroup),
          ...requiredText(`${path}.kind`, parameters.kind),
          ...requiredText(`${path}.name`, parameters.name),
          ...scopeFaults(parameters, path),
        ]
      : []),
  ];
}

const parametersText = ({ spec }: IngressClass): string => {
  const { apiGroup, kind, name } = spec?.parameters ?? {};
  if (!kind) return '<none>';
  return `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`;
};

export const ingressClasses = defineResource<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  shortNames: [],
  categories: [],
  namespaced: false,
  schema: IngressClassSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    {
      name: 'Controller',
      type: 'string',
      description: 'Controller that serves it.',
      value: ({ spec }) => spec?.controller ?? '',
    },
    { name: 'Parameters', type: 'string', description: 'Settings for the controller.', value: parametersText },
    ageColumn,
  ],
  setDefaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
  },
  validate: validateIngressClass,
  validateUpdate: (next, previous) =>
    next.spec?.controller === previous.spec?.controller
      ? []
      : [invalidValue('spec.controller', next.spec?.controller ?? '', 'field is immutable')],
});
