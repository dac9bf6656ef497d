import { defineResource, RESOURCE_VERBS } from '../meta/definition.ts';
import { metadata, metaOf, typeMeta } from '../meta/object.ts';
import { list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { conditionFields, conditionList } from './conditions.ts';

/** Keeps a namespace until all that is in it is gone. */
export const NAMESPACE_FINALIZER = 'kubernetes';
const NAME_LABEL = 'kubernetes.io/metadata.name';

export const NamespaceConditionSchema = struct(
  'io.k8s.api.core.v1.NamespaceCondition',
  'How far the removal of a namespace has come.',
  conditionFields,
);

export const NamespaceSchema = struct('io.k8s.api.core.v1.Namespace', 'A scope for names.', {
  ...typeMeta,
  metadata,
  spec: optional(
    struct('io.k8s.api.core.v1.NamespaceSpec', 'What keeps a namespace.', {
      finalizers: optional(list(string('A finalizer.'), 'Must be empty before the namespace is removed.')),
    }),
  ),
  status: optional(
    struct('io.k8s.api.core.v1.NamespaceStatus', 'Whether a namespace is in use or being removed.', {
      conditions: optional(conditionList(NamespaceConditionSchema)),
      phase: optional(oneOf('Active or Terminating.', ['Active', 'Terminating'])),
    }),
  ),
});
export type Namespace = Static<typeof NamespaceSchema>;

export const namespaces = defineResource<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  namespaced: false,
  nameRule: 'label',
  schema: NamespaceSchema,
  hasStatus: true,
  // A namespace holds everything: nobody gets to delete all of them by one slip.
  verbs: RESOURCE_VERBS.filter((verb) => verb !== 'deletecollection'),
  columns: [
    nameColumn,
    {
      name: 'Status',
      type: 'string',
      description: 'Whether the namespace is in use or being removed.',
      value: (namespace) => namespace.status?.phase ?? '',
    },
    ageColumn,
  ],
  selectableFields: { 'status.phase': (namespace) => namespace.status?.phase ?? '' },
  setDefaults(namespace) {
    namespace.spec ??= {};
    namespace.status ??= {};
    namespace.status.phase ??= 'Active';
    const meta = metaOf(namespace);
    if (meta.name) meta.labels = { ...meta.labels, [NAME_LABEL]: meta.name };
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(NAMESPACE_FINALIZER)) finalizers.push(NAMESPACE_FINALIZER);
    namespace.spec = { ...namespace.spec, finalizers };
  },
  prepareForUpdate(next, previous) {
    // Finalizers are taken off through the finalize subresource only.
    next.spec ??= {};
    if (previous.spec?.finalizers) next.spec.finalizers = previous.spec.finalizers;
    else delete next.spec.finalizers;
  },
  validate: () => [],
});
