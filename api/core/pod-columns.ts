import type { Column } from '../meta/definition.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { hasCondition } from './conditions.ts';
import type { Pod } from './pod.ts';
import { podSummary, restartsText } from './pod-summary.ts';

const NONE = '<none>';

function gatesText(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const open = gates.filter((gate) => hasCondition(pod.status?.conditions, gate.conditionType));
  return `${open.length}/${gates.length}`;
}

const wide = (name: string, description: string, value: (pod: Pod) => string): Column<Pod> => ({
  name,
  type: 'string',
  description,
  priority: 1,
  value,
});

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'How many of the containers are ready.',
    value(pod) {
      const { ready, total } = podSummary(pod);
      return `${ready}/${total}`;
    },
  },
  {
    name: 'Status',
    type: 'string',
    description: 'What the pod is doing, in one word.',
    value: (pod) => podSummary(pod).status,
  },
  {
    name: 'Restarts',
    type: 'string',
    description: 'How often its containers were started again, and when last.',
    value: (pod, nowMs) => restartsText(podSummary(pod), nowMs),
  },
  ageColumn,
  wide('IP', 'Address of the pod.', (pod) => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || NONE),
  wide('Node', 'Node the pod is bound to.', (pod) => pod.spec?.nodeName || NONE),
  wide('Nominated Node', 'Node on which room is made for it.', (pod) => pod.status?.nominatedNodeName || NONE),
  wide('Readiness Gates', 'How many of its readiness gates are open.', gatesText),
];
