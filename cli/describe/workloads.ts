import type { Deployment } from '../../api/apps/deployment.ts';
import type { ReplicaSet } from '../../api/apps/replica-set.ts';
import type { Job } from '../../api/batch/job.ts';
import type { Pod } from '../../api/core/pod.ts';
import { shortDuration } from '../../api/meta/age.ts';
import type { ObjectMeta } from '../../api/meta/object.ts';
import { formatLabelSelector } from '../../api/meta/selector.ts';
import { containerRows, volumeRows } from './containers.ts';
import type { Describer } from './describe.ts';
import { controlledBy, placement } from './pod.ts';
import { annotationLines, dateText, field, pairLines, type Row, row, table } from './rows.ts';
import { timestampMs } from './times.ts';

type Template = NonNullable<Deployment['spec']>['template'];
interface Condition {
  type: string;
  status: string;
  reason?: string;
}

const heading = (metadata: ObjectMeta | undefined): Row[] => [
  field(0, 'Name', metadata?.name),
  field(0, 'Namespace', metadata?.namespace),
];

const labelling = (metadata: ObjectMeta | undefined): Row[] => [
  ...pairLines(0, 'Labels', metadata?.labels),
  ...annotationLines(0, metadata?.annotations),
];

function templateRows(template: Template | undefined): Row[] {
  const spec = template?.spec;
  return [
    row(0, 'Pod Template:'),
    ...pairLines(1, 'Labels', template?.metadata?.labels),
    ...(spec?.initContainers?.length ? containerRows(1, 'Init Containers', spec.initContainers, undefined) : []),
    ...containerRows(1, 'Containers', spec?.containers ?? [], undefined),
    ...volumeRows(1, spec?.volumes),
    ...(spec?.priorityClassName ? [field(1, 'Priority Class Name', spec.priorityClassName)] : []),
    ...placement(1, spec),
  ];
}

function conditionRows(conditions: readonly Condition[] | undefined): Row[] {
  if (!conditions?.length) return [];
  return table(
    0,
    'Conditions',
    ['Type', 'Status', 'Reason'],
    conditions.map(({ type, status, reason }) => [type, status, reason ?? '']),
  );
}

/** What `describe deployment` shows. */
export const describeDeployment: Describer<Deployment> = (deployment, { owned }) => {
  const { metadata, spec, status } = deployment;
  const rolling = spec?.strategy?.rollingUpdate;
  const counts = [
    `${spec?.replicas ?? 1} desired`,
    `${status?.updatedReplicas ?? 0} updated`,
    `${status?.replicas ?? 0} total`,
    `${status?.availableReplicas ?? 0} available`,
    `${status?.unavailableReplicas ?? 0} unavailable`,
  ];
  return [
    ...heading(metadata),
    field(0, 'CreationTimestamp', dateText(metadata?.creationTimestamp)),
    ...labelling(metadata),
    field(0, 'Selector', spec?.selector ? formatLabelSelector(spec.selector) : ''),
    field(0, 'Replicas', counts.join(' | ')),
    field(0, 'StrategyType', spec?.strategy?.type),
    field(0, 'MinReadySeconds', spec?.minReadySeconds ?? 0),
    ...(rolling
      ? [field(0, 'RollingUpdateStrategy', `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`)]
      : []),
    ...templateRows(spec?.template),
    ...conditionRows(status?.conditions),
    ...replicaSetRows(deployment, owned as ReplicaSet[]),
  ];
};

const REVISION = 'deployment.kubernetes.io/revision';

function replicaSetRows(deployment: Deployment, sets: readonly ReplicaSet[]): Row[] {
  const text = (set: ReplicaSet) =>
    `${set.metadata?.name} (${set.status?.replicas ?? 0}/${set.spec?.replicas ?? 0} replicas created)`;
  const isNew = (set: ReplicaSet) =>
    set.metadata?.annotations?.[REVISION] === deployment.metadata?.annotations?.[REVISION];
  const old = sets.filter((set) => !isNew(set)).map(text);
  return [
    field(0, 'OldReplicaSets', old.join(', ')),
    field(0, 'NewReplicaSet', sets.filter(isNew).map(text).join(', ')),
  ];
}

/** What `describe replicaset` shows. */
export const describeReplicaSet: Describer<ReplicaSet> = (set, { owned }) => [
  ...heading(set.metadata),
  field(0, 'Selector', set.spec?.selector ? formatLabelSelector(set.spec.selector) : ''),
  ...labelling(set.metadata),
  ...controlledBy(set),
  field(0, 'Replicas', `${set.status?.replicas ?? 0} current / ${set.spec?.replicas ?? 1} desired`),
  field(0, 'Pods Status', phases(owned as Pod[])),
  ...templateRows(set.spec?.template),
  ...conditionRows(set.status?.conditions),
];

function phases(pods: readonly Pod[]): string {
  const count = (phase: string) => pods.filter((pod) => pod.status?.phase === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}

/** What `describe job` shows. */
export const describeJob: Describer<Job> = (job) => {
  const { metadata, spec, status } = job;
  const started = timestampMs(status?.startTime);
  const ended = timestampMs(status?.completionTime);
  return [
    ...heading(metadata),
    field(0, 'Selector', spec?.selector ? formatLabelSelector(spec.selector) : ''),
    ...labelling(metadata),
    ...controlledBy(job),
    field(0, 'Parallelism', spec?.parallelism ?? '<unset>'),
    field(0, 'Completions', spec?.completions ?? '<unset>'),
    field(0, 'Completion Mode', spec?.completionMode ?? 'NonIndexed'),
    field(0, 'Suspend', spec?.suspend ?? false),
    field(0, 'Backoff Limit', spec?.backoffLimit ?? 6),
    ...(started === undefined ? [] : [field(0, 'Start Time', dateText(status?.startTime))]),
    ...(ended === undefined ? [] : [field(0, 'Completed At', dateText(status?.completionTime))]),
    ...(started === undefined || ended === undefined ? [] : [field(0, 'Duration', shortDuration(ended - started))]),
    field(
      0,
      'Pods Statuses',
      `${status?.active ?? 0} Active (${status?.ready ?? 0} Ready) / ${status?.succeeded ?? 0} Succeeded / ${status?.failed ?? 0} Failed`,
    ),
    ...templateRows(spec?.template),
  ];
};
