import { isJsonObject, type JsonObject } from '../meta/json.ts';
import { type ApiObject, metadata, typeMeta } from '../meta/object.ts';
import {
  anyJson,
  boolean,
  int32,
  int64,
  list,
  optional,
  type Static,
  string,
  struct,
  bytes as textBytes,
  time,
} from '../meta/schema.ts';

/** `apiextensions.k8s.io/v1` CustomResourceDefinition (Kubernetes docs, "Extend the Kubernetes API with CustomResourceDefinitions"). */

const named = (name: string) => `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${name}`;

const Names = struct(named('CustomResourceDefinitionNames'), 'What the custom resource is called.', {
  plural: string('Plural, as in paths; in lower case.'),
  singular: optional(string('Singular, in lower case. Default: the kind in lower case.')),
  shortNames: optional(list(string('A short name.'), 'Short names for the command line.')),
  kind: string('Kind of the objects, in CamelCase.'),
  listKind: optional(string('Kind of a list of them. Default: the kind with List behind it.')),
  categories: optional(list(string('A category.'), 'Groups of resources it is listed with, such as all.')),
});
export type CustomResourceNames = Static<typeof Names>;

const Column = struct(named('CustomResourceColumnDefinition'), 'One printed column.', {
  name: string('Heading of the column.'),
  type: string('Type of the values: integer, number, string, boolean or date.'),
  format: optional(string('Format of the values, such as int32 or date-time.')),
  description: optional(string('What the column shows.')),
  priority: optional(int32('0 is always shown, more only in the wide view.')),
  jsonPath: string('Simple JSON path of the value within the object.'),
});

const Scale = struct(named('CustomResourceSubresourceScale'), 'Where the scale subresource finds its numbers.', {
  specReplicasPath: string('JSON path under .spec of the number of replicas wanted.'),
  statusReplicasPath: string('JSON path under .status of the number of replicas there are.'),
  labelSelectorPath: optional(string('JSON path under .status or .spec of a label selector in its text form.')),
});

const Version = struct(named('CustomResourceDefinitionVersion'), 'One version of the resource.', {
  name: string('Name of the version, such as v1beta1.'),
  served: boolean('Whether the API serves it.'),
  storage: boolean('Whether objects are kept in it; true for exactly one version.'),
  deprecated: optional(boolean('Whether using it is answered with a warning.')),
  deprecationWarning: optional(string('That warning, where the usual one does not do.')),
  schema: optional(
    struct(named('CustomResourceValidation'), 'What objects of the version look like.', {
      openAPIV3Schema: optional(anyJson('Structural schema of the objects.')),
    }),
  ),
  subresources: optional(
    struct(named('CustomResourceSubresources'), 'Subresources of the objects.', {
      status: optional(anyJson('Present where status is a subresource of its own.')),
      scale: optional(Scale),
    }),
  ),
  additionalPrinterColumns: optional(list(Column, 'Columns that are printed beside the name. Default: the age.')),
  selectableFields: optional(
    list(
      struct(named('SelectableField'), 'A field that field selectors may use.', {
        jsonPath: string('Simple JSON path of the field.'),
      }),
      'Fields that field selectors may use.',
    ),
  ),
});
export type CustomResourceVersion = Static<typeof Version>;

const ServiceReference = struct(named('ServiceReference'), 'A service that answers conversions.', {
  namespace: string('Namespace of the service.'),
  name: string('Name of the service.'),
  path: optional(string('Path of the request.')),
  port: optional(int32('Port of the service. Default 443.')),
});

const Conversion = struct(named('CustomResourceConversion'), 'How objects change from one version to another.', {
  strategy: string('None: only apiVersion changes. Webhook: a webhook converts.'),
  webhook: optional(
    struct(named('WebhookConversion'), 'The webhook that converts.', {
      clientConfig: optional(
        struct(named('WebhookClientConfig'), 'How to reach the webhook.', {
          url: optional(string('HTTPS address of the webhook.')),
          service: optional(ServiceReference),
          caBundle: optional(textBytes('Certificates, in PEM, by which the webhook is known.')),
        }),
      ),
      conversionReviewVersions: list(
        string('A version.'),
        'Versions of ConversionReview the webhook takes, best first.',
      ),
    }),
  ),
});

const Condition = struct(named('CustomResourceDefinitionCondition'), 'One aspect of the state of the definition.', {
  type: string('Established, NamesAccepted, NonStructuralSchema or Terminating.'),
  status: string('True, False or Unknown.'),
  lastTransitionTime: optional(time('When the status last changed.')),
  reason: optional(string('One word why.')),
  message: optional(string('A sentence why.')),
  observedGeneration: optional(int64('Generation the condition is about.')),
});
export type CustomResourceCondition = Static<typeof Condition>;

export const CustomResourceDefinitionSchema = struct(
  named('CustomResourceDefinition'),
  'Makes a resource of your own part of the API.',
  {
    ...typeMeta,
    metadata,
    spec: optional(
      struct(named('CustomResourceDefinitionSpec'), 'The resource wanted.', {
        group: string('API group of the resource, such as example.com.'),
        names: Names,
        scope: string('Namespaced or Cluster.'),
        versions: list(Version, 'All versions of the resource.'),
        conversion: optional(Conversion),
        preserveUnknownFields: optional(boolean('Must be false; kept for old manifests.')),
      }),
    ),
    status: optional(
      struct(named('CustomResourceDefinitionStatus'), 'The state of the resource.', {
        conditions: optional(list(Condition, 'Aspects of the state.', { type: 'map', keys: ['type'] })),
        acceptedNames: optional(Names),
        storedVersions: optional(list(string('A version.'), 'Versions in which objects may be kept.')),
      }),
    ),
  },
);
export type CustomResourceDefinition = Static<typeof CustomResourceDefinitionSchema> & ApiObject;
export type CustomResourceDefinitionSpec = NonNullable<CustomResourceDefinition['spec']>;

/** Holds a definition that is being deleted until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** The schema of a version; undefined where it has none. */
export function schemaOf(version: CustomResourceVersion): JsonObject | undefined {
  const schema = version.schema?.openAPIV3Schema;
  return isJsonObject(schema) ? schema : undefined;
}

export const conditionOf = ({ status }: CustomResourceDefinition, type: string): CustomResourceCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

export const isConditionTrue = (definition: CustomResourceDefinition, type: string): boolean =>
  conditionOf(definition, type)?.status === 'True';
