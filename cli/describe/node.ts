import type { Node } from '../../api/core/node.ts';
import type { Container, Pod } from '../../api/core/pod.ts';
import { ageOf } from '../../api/meta/age.ts';
import { addQuantities, quantityMilli, quantityValue } from '../../api/meta/quantity.ts';
import type { Describer } from './describe.ts';
import { annotationLines, dateText, field, lines, pairLines, quantities, type Row, row, table } from './rows.ts';

/** What `describe node` shows: the machine, and what is promised on it. */
export const describeNode: Describer<Node> = (node, { pods, lease, nowMs }) => {
  const { metadata, spec, status } = node;
  const taints = (spec?.taints ?? []).map(
    (taint) => `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`,
  );
  return [
    field(0, 'Name', metadata?.name),
    field(0, 'Roles', roles(node).join(',')),
    ...pairLines(0, 'Labels', metadata?.labels),
    ...annotationLines(0, metadata?.annotations),
    field(0, 'CreationTimestamp', dateText(metadata?.creationTimestamp)),
    ...lines(0, 'Taints', taints),
    field(0, 'Unschedulable', spec?.unschedulable ?? false),
    row(0, 'Lease:'),
    field(1, 'HolderIdentity', lease?.spec?.holderIdentity ?? '<unset>'),
    field(1, 'AcquireTime', dateText(lease?.spec?.acquireTime)),
    field(1, 'RenewTime', dateText(lease?.spec?.renewTime)),
    ...conditions(node),
    row(0, 'Addresses:'),
    ...(status?.addresses ?? []).map(({ type, address }) => field(1, type, address)),
    ...quantities(0, 'Capacity', status?.capacity),
    ...quantities(0, 'Allocatable', status?.allocatable),
    row(0, 'System Info:'),
    ...systemInfo(node),
    ...podTable(node, pods, nowMs),
    ...allocated(node, pods),
  ];
};

function roles(node: Node): string[] {
  const prefix = 'node-role.kubernetes.io/';
  return Object.keys(node.metadata?.labels ?? {})
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

function conditions({ status }: Node): Row[] {
  const header = ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'];
  const rows = (status?.conditions ?? []).map((condition) => [
    // The spaces are kubectl's own.
    `${condition.type} `,
    `${condition.status} `,
    `${dateText(condition.lastHeartbeatTime)} `,
    `${dateText(condition.lastTransitionTime)} `,
    `${condition.reason ?? ''} `,
    condition.message ?? '',
  ]);
  return table(0, 'Conditions', header, rows);
}

function systemInfo({ status }: Node): Row[] {
  const info = status?.nodeInfo;
  const shown: [string, string | undefined][] = [
    ['Machine ID', info?.machineID],
    ['System UUID', info?.systemUUID],
    ['Boot ID', info?.bootID],
    ['Kernel Version', info?.kernelVersion],
    ['OS Image', info?.osImage],
    ['Operating System', info?.operatingSystem],
    ['Architecture', info?.architecture],
    ['Container Runtime Version', info?.containerRuntimeVersion],
    ['Kubelet Version', info?.kubeletVersion],
    ['Kube-Proxy Version', info?.kubeProxyVersion],
  ];
  return shown.map(([name, value]) => row(1, `${name}:`, value ?? ''));
}

/** A container's request, which defaults to its limit. */
function sum(pod: Pod, what: 'requests' | 'limits', resource: string): string {
  const of = ({ resources }: Container) =>
    resources?.[what]?.[resource] ?? (what === 'requests' ? resources?.limits?.[resource] : undefined) ?? '0';
  return (pod.spec?.containers ?? []).map(of).reduce(addQuantities, '0');
}

/** `250m (12%)` of what the node can give. */
function share(amount: string, node: Node, resource: string): string {
  const measure = resource === 'cpu' ? quantityMilli : quantityValue;
  const total = measure(node.status?.allocatable?.[resource] ?? node.status?.capacity?.[resource] ?? '0');
  return `${amount} (${total > 0 ? Math.floor((measure(amount) * 100) / total) : 0}%)`;
}

function podTable(node: Node, pods: readonly Pod[], nowMs: number): Row[] {
  const header = ['Namespace', 'Name', '', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age'];
  const rows = pods.map((pod) => [
    pod.metadata?.namespace ?? '',
    pod.metadata?.name ?? '',
    '',
    share(sum(pod, 'requests', 'cpu'), node, 'cpu'),
    share(sum(pod, 'limits', 'cpu'), node, 'cpu'),
    share(sum(pod, 'requests', 'memory'), node, 'memory'),
    share(sum(pod, 'limits', 'memory'), node, 'memory'),
    ageOf(pod, nowMs),
  ]);
  const [title, ...body] = table(0, 'Non-terminated Pods', header, rows);
  return [row(0, title![0]!, `(${pods.length} in total)`), ...(pods.length > 0 ? body : [])];
}

function allocated(node: Node, pods: readonly Pod[]): Row[] {
  const total = (what: 'requests' | 'limits', resource: string) =>
    share(pods.map((pod) => sum(pod, what, resource)).reduce(addQuantities, '0'), node, resource);
  const rows = ['cpu', 'memory', 'ephemeral-storage'].map((resource) => [
    resource,
    total('requests', resource),
    total('limits', resource),
  ]);
  const [title, ...body] = table(0, 'Allocated resources', ['Resource', 'Requests', 'Limits'], rows);
  return [title!, row(1, '(Total limits may be over 100 percent, i.e., overcommitted.)'), ...body];
}
