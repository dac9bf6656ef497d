import type { Pod, PodSpec } from '../../api/core/pod.ts';
import type { Placement } from '../../api/stowage/placement.ts';
import { containerRows, volumeRows } from './containers.ts';
import type { Describer } from './describe.ts';
import { explanationRows } from './explanation.ts';
import { annotationLines, dateText, field, lines, pairLines, pairs, type Row, row } from './rows.ts';

/** What `describe pod` shows. */
export const describePod: Describer<Pod> = (pod, surroundings) => {
  const { spec, status, metadata } = pod;
  return [
    field(0, 'Name', metadata?.name),
    field(0, 'Namespace', metadata?.namespace),
    field(0, 'Priority', spec?.priority ?? 0),
    ...(spec?.priorityClassName ? [field(0, 'Priority Class Name', spec.priorityClassName)] : []),
    field(0, 'Service Account', spec?.serviceAccountName ?? 'default'),
    field(0, 'Node', spec?.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ''}` : '<none>'),
    ...(status?.startTime ? [field(0, 'Start Time', dateText(status.startTime))] : []),
    ...pairLines(0, 'Labels', metadata?.labels),
    ...annotationLines(0, metadata?.annotations),
    ...ending(pod),
    ...(metadata?.deletionTimestamp ? [] : [field(0, 'Status', status?.phase)]),
    ...(status?.reason ? [field(0, 'Reason', status.reason)] : []),
    ...(status?.message ? [field(0, 'Message', status.message)] : []),
    row(0, 'IP:', status?.podIP ?? ''),
    ...addresses(pod),
    ...controlledBy(pod),
    ...(spec?.initContainers?.length
      ? containerRows(0, 'Init Containers', spec.initContainers, status?.initContainerStatuses ?? [])
      : []),
    ...containerRows(0, 'Containers', spec?.containers ?? [], status?.containerStatuses ?? []),
    ...conditions(pod),
    ...volumeRows(0, spec?.volumes),
    field(0, 'QoS Class', status?.qosClass ?? 'BestEffort'),
    ...placement(0, spec),
    ...(surroundings.placement ? explained(surroundings.placement) : []),
  ];
};

const explained = ({ status }: Placement): Row[] => [
  field(0, 'Placement', status.message),
  ...explanationRows(1, status),
];

function ending({ metadata }: Pod): Row[] {
  if (!metadata?.deletionTimestamp) return [];
  return [
    field(0, 'Status', `Terminating (since ${dateText(metadata.deletionTimestamp)})`),
    field(0, 'Termination Grace Period', `${metadata.deletionGracePeriodSeconds ?? 0}s`),
  ];
}

function addresses({ status }: Pod): Row[] {
  const found = (status?.podIPs ?? []).map(({ ip }) => row(1, 'IP:', ip));
  return found.length > 0 ? [row(0, 'IPs:'), ...found] : [field(0, 'IPs', '<none>')];
}

export function controlledBy(object: Pick<Pod, 'metadata'>): Row[] {
  const owner = object.metadata?.ownerReferences?.find((each) => each.controller);
  return owner ? [field(0, 'Controlled By', `${owner.kind}/${owner.name}`)] : [];
}

function conditions({ status }: Pod): Row[] {
  const found = status?.conditions ?? [];
  if (found.length === 0) return [];
  return [
    row(0, 'Conditions:'),
    row(1, 'Type', 'Status'),
    ...found.map(({ type, status: value }) => row(1, `${type} `, `${value} `)),
  ];
}

/** Where the pod may go. */
export function placement(level: number, spec: PodSpec | undefined): Row[] {
  const tolerations = (spec?.tolerations ?? []).map((toleration) => {
    const value = toleration.value ? `=${toleration.value}` : '';
    const effect = toleration.effect ? `:${toleration.effect}` : '';
    const exists = toleration.operator === 'Exists' ? ' op=Exists' : '';
    const seconds = toleration.tolerationSeconds === undefined ? '' : ` for ${toleration.tolerationSeconds}s`;
    return `${toleration.key ?? ''}${value}${effect}${exists}${seconds}`;
  });
  return [
    ...lines(level, 'Node-Selectors', pairs(spec?.nodeSelector, '=')),
    ...lines(level, 'Tolerations', tolerations.sort()),
  ];
}
