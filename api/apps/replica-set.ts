import { conditionFields, conditionList } from '../core/conditions.ts';
import { PodTemplateSpecSchema } from '../core/pod-template.ts';
import { podWarnings } from '../core/pod-warnings.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { described, int32, int64, optional, type Static, struct } from '../meta/schema.ts';
import { formatLabelSelector, LabelSelectorSchema } from '../meta/selector.ts';
import { replicaSetColumns } from './replica-set-columns.ts';
import { setReplicaSetDefaults } from './replica-set-defaults.ts';
import { validateReplicaSet, validateReplicaSetUpdate } from './replica-set-validation.ts';

export const ReplicaSetSpecSchema = struct('io.k8s.api.apps.v1.ReplicaSetSpec', 'What a replica set should be.', {
  minReadySeconds: optional(int32('Seconds a pod must be ready to count as available; default 0.')),
  replicas: optional(int32('Desired number of pods; default 1.')),
  selector: described(LabelSelectorSchema, 'Which pods belong to it; must match the labels of the template.'),
  template: optional(described(PodTemplateSpecSchema, 'What its pods look like.')),
});
export type ReplicaSetSpec = Static<typeof ReplicaSetSpecSchema>;

export const ReplicaSetConditionSchema = struct(
  'io.k8s.api.apps.v1.ReplicaSetCondition',
  'Something that is or is not true of a replica set.',
  conditionFields,
);

export const ReplicaSetStatusSchema = struct('io.k8s.api.apps.v1.ReplicaSetStatus', 'How far a replica set is.', {
  availableReplicas: optional(int32('Pods that have been ready for minReadySeconds.')),
  conditions: optional(conditionList(ReplicaSetConditionSchema)),
  fullyLabeledReplicas: optional(int32('Pods with all labels of the template.')),
  observedGeneration: optional(int64('Generation this status speaks of.')),
  readyReplicas: optional(int32('Pods that are ready.')),
  replicas: int32('Pods that are not ending.'),
  terminatingReplicas: optional(int32('Pods that are ending.')),
});
export type ReplicaSetStatus = Static<typeof ReplicaSetStatusSchema>;

export const ReplicaSetSchema = struct('io.k8s.api.apps.v1.ReplicaSet', 'Keeps a number of like pods running.', {
  ...typeMeta,
  metadata,
  spec: optional(ReplicaSetSpecSchema),
  status: optional(ReplicaSetStatusSchema),
});
export type ReplicaSet = Static<typeof ReplicaSetSchema>;

export const replicaSets = defineResource<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  schema: ReplicaSetSchema,
  hasStatus: true,
  scale: {
    specReplicas: (set) => set.spec?.replicas ?? 0,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => (set.spec?.selector ? formatLabelSelector(set.spec.selector) : ''),
    setReplicas(set, replicas) {
      if (set.spec) set.spec.replicas = replicas;
    },
  },
  columns: replicaSetColumns,
  selectableFields: { 'status.replicas': (set) => String(set.status?.replicas ?? 0) },
  setDefaults: setReplicaSetDefaults,
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  warnings: ({ spec }) => podWarnings(spec?.template?.spec, 'spec.template.spec'),
});
