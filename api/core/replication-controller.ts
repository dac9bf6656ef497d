import { defineResource } from '../meta/definition.ts';
import { metadata, metaOf, typeMeta } from '../meta/object.ts';
import { atomicMap, described, int32, int64, optional, type Static, stringMap, struct } from '../meta/schema.ts';
import { formatLabelSelector } from '../meta/selector.ts';
import { conditionFields, conditionList } from './conditions.ts';
import { setTemplateDefaults } from './pod-defaults.ts';
import { PodTemplateSpecSchema } from './pod-template.ts';
import { podWarnings } from './pod-warnings.ts';
import { replicationControllerColumns } from './replication-controller-columns.ts';
import { validateReplicationController } from './replication-controller-validation.ts';

/** What came before replica sets ("ReplicationController"). */

export const ReplicationControllerSpecSchema = struct(
  'io.k8s.api.core.v1.ReplicationControllerSpec',
  'What a replication controller should be.',
  {
    minReadySeconds: optional(int32('Seconds a pod must be ready to count as available; default 0.')),
    replicas: optional(int32('Desired number of pods; default 1.')),
    selector: optional(atomicMap(stringMap('Labels of the pods that belong to it; default those of the template.'))),
    template: optional(described(PodTemplateSpecSchema, 'What its pods look like; restartPolicy must be Always.')),
  },
);
export type ReplicationControllerSpec = Static<typeof ReplicationControllerSpecSchema>;

export const ReplicationControllerStatusSchema = struct(
  'io.k8s.api.core.v1.ReplicationControllerStatus',
  'How far a replication controller is.',
  {
    availableReplicas: optional(int32('Pods that have been ready for minReadySeconds.')),
    conditions: optional(
      conditionList(
        struct(
          'io.k8s.api.core.v1.ReplicationControllerCondition',
          'Something that is or is not true of a replication controller.',
          conditionFields,
        ),
      ),
    ),
    fullyLabeledReplicas: optional(int32('Pods with all labels of the template.')),
    observedGeneration: optional(int64('Generation this status speaks of.')),
    readyReplicas: optional(int32('Pods that are ready.')),
    replicas: int32('Pods that are not ending.'),
  },
);
export type ReplicationControllerStatus = Static<typeof ReplicationControllerStatusSchema>;

export const ReplicationControllerSchema = struct(
  'io.k8s.api.core.v1.ReplicationController',
  'Keeps a number of like pods running; a Deployment does more.',
  {
    ...typeMeta,
    metadata,
    spec: optional(ReplicationControllerSpecSchema),
    status: optional(ReplicationControllerStatusSchema),
  },
);
export type ReplicationController = Static<typeof ReplicationControllerSchema>;

const isEmpty = (labels: Record<string, string> | undefined): boolean => Object.keys(labels ?? {}).length === 0;

/** The labels of the template are the selector and the labels of whoever says nothing else. */
function setReplicationControllerDefaults(controller: ReplicationController): void {
  controller.spec ??= {};
  const { spec } = controller;
  spec.replicas ??= 1;
  if (!spec.template) return;
  setTemplateDefaults(spec.template);
  const labels = spec.template.metadata?.labels;
  if (!labels || isEmpty(labels)) return;
  const meta = metaOf(controller);
  if (isEmpty(spec.selector)) spec.selector = { ...labels };
  if (isEmpty(meta.labels)) meta.labels = { ...labels };
}

export const replicationControllers = defineResource<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  schema: ReplicationControllerSchema,
  hasStatus: true,
  scale: {
    specReplicas: ({ spec }) => spec?.replicas ?? 0,
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector: ({ spec }) => (spec?.selector ? formatLabelSelector({ matchLabels: spec.selector }) : ''),
    setReplicas(controller, replicas) {
      if (controller.spec) controller.spec.replicas = replicas;
    },
  },
  columns: replicationControllerColumns,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  setDefaults: setReplicationControllerDefaults,
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  validate: validateReplicationController,
  warnings: ({ spec }) => podWarnings(spec?.template?.spec, 'spec.template.spec'),
});
