import { conditionFields, conditionList } from '../core/conditions.ts';
import { PersistentVolumeClaimSchema } from '../core/persistent-volume-claim.ts';
import { PodTemplateSpecSchema } from '../core/pod-template.ts';
import { podWarnings } from '../core/pod-warnings.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import {
  described,
  int32,
  int64,
  intOrString,
  list,
  oneOf,
  optional,
  type Static,
  string,
  struct,
} from '../meta/schema.ts';
import { formatLabelSelector, LabelSelectorSchema } from '../meta/selector.ts';
import { statefulSetColumns } from './stateful-set-columns.ts';
import { setStatefulSetDefaults } from './stateful-set-defaults.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from './stateful-set-validation.ts';

/** Pods with names, order and storage of their own ("StatefulSets"). */

const RETENTION = ['Retain', 'Delete'] as const;

export const StatefulSetUpdateStrategySchema = struct(
  'io.k8s.api.apps.v1.StatefulSetUpdateStrategy',
  'How pods come to have a new template.',
  {
    rollingUpdate: optional(
      struct('io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy', 'How far and how fast an update goes.', {
        maxUnavailable: optional(
          intOrString('Most pods that may be down during the update, count or percentage; default 1.'),
        ),
        partition: optional(int32('Ordinal from which on pods are updated; default 0.')),
      }),
    ),
    type: optional(
      oneOf('Whether pods are replaced one by one (RollingUpdate, default) or when somebody deletes them.', [
        'RollingUpdate',
        'OnDelete',
      ]),
    ),
  },
);

export const StatefulSetSpecSchema = struct('io.k8s.api.apps.v1.StatefulSetSpec', 'What a stateful set should be.', {
  minReadySeconds: optional(int32('Seconds a pod must be ready to count as available; default 0.')),
  ordinals: optional(
    struct('io.k8s.api.apps.v1.StatefulSetOrdinals', 'How its pods are numbered.', {
      start: optional(int32('Number of the first pod; default 0.')),
    }),
  ),
  persistentVolumeClaimRetentionPolicy: optional(
    struct(
      'io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy',
      'What becomes of the claims made from volumeClaimTemplates.',
      {
        whenDeleted: optional(oneOf('What becomes of them with the set; default Retain.', RETENTION)),
        whenScaled: optional(oneOf('What becomes of those of pods scaled away; default Retain.', RETENTION)),
      },
    ),
  ),
  podManagementPolicy: optional(
    oneOf('Whether each pod waits for the one before it (OrderedReady, default) or not.', ['OrderedReady', 'Parallel']),
  ),
  replicas: optional(int32('Desired number of pods; default 1.')),
  revisionHistoryLimit: optional(int32('How many old revisions are kept for rollback; default 10.')),
  selector: described(LabelSelectorSchema, 'Which pods belong to it; must match the labels of the template.'),
  serviceName: optional(string('Headless service under which its pods have names; must be there first.')),
  template: described(PodTemplateSpecSchema, 'What its pods look like; pod NUMBER is named SET-NUMBER.'),
  updateStrategy: optional(StatefulSetUpdateStrategySchema),
  volumeClaimTemplates: optional(
    list(PersistentVolumeClaimSchema, 'Claims every pod gets for itself; each is a volume of that name in its pod.'),
  ),
});
export type StatefulSetSpec = Static<typeof StatefulSetSpecSchema>;

export const StatefulSetStatusSchema = struct('io.k8s.api.apps.v1.StatefulSetStatus', 'How far a stateful set is.', {
  availableReplicas: optional(int32('Pods that have been ready for minReadySeconds.')),
  collisionCount: optional(int32('Collisions of names of revisions so far.')),
  conditions: optional(
    conditionList(
      struct(
        'io.k8s.api.apps.v1.StatefulSetCondition',
        'Something that is or is not true of a stateful set.',
        conditionFields,
      ),
    ),
  ),
  currentReplicas: optional(int32('Pods of currentRevision.')),
  currentRevision: optional(string('Revision its lower-numbered pods have during an update.')),
  observedGeneration: optional(int64('Generation this status speaks of.')),
  readyReplicas: optional(int32('Pods that are ready.')),
  replicas: int32('Pods that there are.'),
  updatedReplicas: optional(int32('Pods of updateRevision.')),
  updateRevision: optional(string('Revision of the present template.')),
});
export type StatefulSetStatus = Static<typeof StatefulSetStatusSchema>;

export const StatefulSetSchema = struct(
  'io.k8s.api.apps.v1.StatefulSet',
  'Keeps pods that each have a lasting name and storage of their own.',
  {
    ...typeMeta,
    metadata,
    spec: optional(StatefulSetSpecSchema),
    status: optional(StatefulSetStatusSchema),
  },
);
export type StatefulSet = Static<typeof StatefulSetSchema>;

export const statefulSets = defineResource<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  // Its name begins those of its pods, which are names of hosts.
  nameRule: 'label',
  schema: StatefulSetSchema,
  hasStatus: true,
  scale: {
    specReplicas: (set) => set.spec?.replicas ?? 0,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => (set.spec?.selector ? formatLabelSelector(set.spec.selector) : ''),
    setReplicas(set, replicas) {
      if (set.spec) set.spec.replicas = replicas;
    },
  },
  columns: statefulSetColumns,
  setDefaults: setStatefulSetDefaults,
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warnings: ({ spec }) => podWarnings(spec?.template?.spec, 'spec.template.spec'),
});
