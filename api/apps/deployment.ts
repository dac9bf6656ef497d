import { conditionFields, conditionList } from '../core/conditions.ts';
import { PodTemplateSpecSchema } from '../core/pod-template.ts';
import { podWarnings } from '../core/pod-warnings.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import {
  boolean,
  described,
  int32,
  int64,
  optional,
  patchStrategy,
  type Static,
  struct,
  time,
} from '../meta/schema.ts';
import { formatLabelSelector, LabelSelectorSchema } from '../meta/selector.ts';
import { deploymentColumns } from './deployment-columns.ts';
import { setDeploymentDefaults } from './deployment-defaults.ts';
import { validateDeployment, validateDeploymentUpdate } from './deployment-validation.ts';
import { DeploymentStrategySchema } from './strategy.ts';

export const DeploymentSpecSchema = struct('io.k8s.api.apps.v1.DeploymentSpec', 'What a deployment should be.', {
  minReadySeconds: optional(int32('Seconds a pod must be ready to count as available; default 0.')),
  paused: optional(boolean('Whether changes of the template wait.')),
  progressDeadlineSeconds: optional(
    int32('Seconds without progress after which it is said to have failed; default 600.'),
  ),
  replicas: optional(int32('Desired number of pods; default 1.')),
  revisionHistoryLimit: optional(int32('How many old ReplicaSets are kept for rollback; default 10.')),
  selector: described(LabelSelectorSchema, 'Which pods belong to it; must match the labels of the template.'),
  strategy: optional(patchStrategy(DeploymentStrategySchema, 'retainKeys')),
  template: described(PodTemplateSpecSchema, 'What its pods look like; restartPolicy must be Always.'),
});
export type DeploymentSpec = Static<typeof DeploymentSpecSchema>;

export const DeploymentConditionSchema = struct(
  'io.k8s.api.apps.v1.DeploymentCondition',
  'Something that is or is not true of a deployment.',
  { ...conditionFields, lastUpdateTime: optional(time('When it was last updated.')) },
);
export type DeploymentCondition = Static<typeof DeploymentConditionSchema>;

export const DeploymentStatusSchema = struct('io.k8s.api.apps.v1.DeploymentStatus', 'How far a deployment is.', {
  availableReplicas: optional(int32('Pods that have been ready for minReadySeconds.')),
  collisionCount: optional(int32('Collisions of names of ReplicaSets so far.')),
  conditions: optional(conditionList(DeploymentConditionSchema)),
  observedGeneration: optional(int64('Generation this status speaks of.')),
  readyReplicas: optional(int32('Pods that are ready.')),
  replicas: optional(int32('Pods that are not ending.')),
  terminatingReplicas: optional(int32('Pods that are ending.')),
  unavailableReplicas: optional(int32('Pods missing or not available yet.')),
  updatedReplicas: optional(int32('Pods of the present template.')),
});
export type DeploymentStatus = Static<typeof DeploymentStatusSchema>;

export const DeploymentSchema = struct(
  'io.k8s.api.apps.v1.Deployment',
  'Keeps a number of like pods running and replaces them step by step when their template changes.',
  {
    ...typeMeta,
    metadata,
    spec: optional(DeploymentSpecSchema),
    status: optional(DeploymentStatusSchema),
  },
);
export type Deployment = Static<typeof DeploymentSchema>;

export const deployments = defineResource<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  schema: DeploymentSchema,
  hasStatus: true,
  scale: {
    specReplicas: (deployment) => deployment.spec?.replicas ?? 0,
    statusReplicas: (deployment) => deployment.status?.replicas ?? 0,
    selector: (deployment) => (deployment.spec?.selector ? formatLabelSelector(deployment.spec.selector) : ''),
    setReplicas(deployment, replicas) {
      if (deployment.spec) deployment.spec.replicas = replicas;
    },
  },
  columns: deploymentColumns,
  setDefaults: setDeploymentDefaults,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  warnings: ({ spec }) => podWarnings(spec?.template?.spec, 'spec.template.spec'),
});
