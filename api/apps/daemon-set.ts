import { conditionFields, conditionList } from '../core/conditions.ts';
import { PodTemplateSpecSchema } from '../core/pod-template.ts';
import { podWarnings } from '../core/pod-warnings.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { described, int32, int64, intOrString, oneOf, optional, type Static, struct } from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';
import { daemonSetColumns } from './daemon-set-columns.ts';
import { countTemplateChange, setDaemonSetDefaults, startTemplateCount } from './daemon-set-defaults.ts';
import { validateDaemonSet, validateDaemonSetUpdate } from './daemon-set-validation.ts';

/** A pod on every machine, or on every machine of some kind ("DaemonSet"). */

export const DaemonSetUpdateStrategySchema = struct(
  'io.k8s.api.apps.v1.DaemonSetUpdateStrategy',
  'How pods come to have a new template.',
  {
    rollingUpdate: optional(
      struct('io.k8s.api.apps.v1.RollingUpdateDaemonSet', 'How many nodes are updated at a time; one of both is set.', {
        maxSurge: optional(
          intOrString('Most nodes with an old and a new pod at once, count or percentage; default 0.'),
        ),
        maxUnavailable: optional(
          intOrString('Most nodes whose pod may be down at once, count or percentage; default 1.'),
        ),
      }),
    ),
    type: optional(
      oneOf('Whether pods are replaced by themselves (RollingUpdate, default) or when somebody deletes them.', [
        'RollingUpdate',
        'OnDelete',
      ]),
    ),
  },
);

export const DaemonSetSpecSchema = struct('io.k8s.api.apps.v1.DaemonSetSpec', 'What a daemon set should be.', {
  minReadySeconds: optional(int32('Seconds a pod must be ready to count as available; default 0.')),
  revisionHistoryLimit: optional(int32('How many old revisions are kept for rollback; default 10.')),
  selector: described(LabelSelectorSchema, 'Which pods belong to it; must match the labels of the template.'),
  template: described(PodTemplateSpecSchema, 'What its pods look like; its placement rules say which nodes get one.'),
  updateStrategy: optional(DaemonSetUpdateStrategySchema),
});
export type DaemonSetSpec = Static<typeof DaemonSetSpecSchema>;

export const DaemonSetStatusSchema = struct('io.k8s.api.apps.v1.DaemonSetStatus', 'How far a daemon set is.', {
  collisionCount: optional(int32('Collisions of names of revisions so far.')),
  conditions: optional(
    conditionList(
      struct(
        'io.k8s.api.apps.v1.DaemonSetCondition',
        'Something that is or is not true of a daemon set.',
        conditionFields,
      ),
    ),
  ),
  currentNumberScheduled: int32('Nodes that have the pod and should.'),
  desiredNumberScheduled: int32('Nodes that should have the pod.'),
  numberAvailable: optional(int32('Nodes whose pod has been ready for minReadySeconds.')),
  numberMisscheduled: int32('Nodes that have the pod and should not.'),
  numberReady: int32('Nodes whose pod is ready.'),
  numberUnavailable: optional(int32('Nodes that should have the pod, where it is missing or not available yet.')),
  observedGeneration: optional(int64('Generation this status speaks of.')),
  updatedNumberScheduled: optional(int32('Nodes whose pod has the present template.')),
});
export type DaemonSetStatus = Static<typeof DaemonSetStatusSchema>;

export const DaemonSetSchema = struct('io.k8s.api.apps.v1.DaemonSet', 'Keeps one pod on every node it is meant for.', {
  ...typeMeta,
  metadata,
  spec: optional(DaemonSetSpecSchema),
  status: optional(DaemonSetStatusSchema),
});
export type DaemonSet = Static<typeof DaemonSetSchema>;

export const daemonSets = defineResource<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  schema: DaemonSetSchema,
  hasStatus: true,
  columns: daemonSetColumns,
  setDefaults: setDaemonSetDefaults,
  prepareForCreate(set) {
    set.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    startTemplateCount(set);
  },
  prepareForUpdate: countTemplateChange,
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  warnings: ({ spec }) => podWarnings(spec?.template?.spec, 'spec.template.spec'),
});
