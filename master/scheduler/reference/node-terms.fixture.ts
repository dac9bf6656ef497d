import type { NodeSelectorRequirement, NodeSelectorTerm } from '../../../api/core/affinity.ts';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { type Taint, tolerates } from '../../../api/core/taints.ts';
import { labelOf, nameOf, specOf } from './world.fixture.ts';

/** What a pod says of node objects: selector, node affinity, taints. */

/** Whether the node has every label of `nodeSelector` and matches one term of the required node affinity. */
export function isSelected(pod: Pod, node: Node): boolean {
  const { nodeSelector = {}, affinity } = specOf(pod);
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    Object.entries(nodeSelector).every(([key, value]) => labelOf(node, key) === value) &&
    (!required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node)))
  );
}

/** A term without conditions matches no node. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((expression) => holds(expression, labelOf(node, expression.key))) &&
    matchFields.every((field) => holds(field, field.key === 'metadata.name' ? nameOf(node) : undefined))
  );
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isWhole(value) && isWhole(values[0]) && Number(value) > Number(values[0]);
    case 'Lt':
      return isWhole(value) && isWhole(values[0]) && Number(value) < Number(values[0]);
  }
}

const isWhole = (text: string | undefined): boolean => text !== undefined && /^[+-]?\d+$/.test(text);

const untolerated = (pod: Pod, node: Node, effects: readonly Taint['effect'][]): Taint[] =>
  (node.spec?.taints ?? []).filter(
    (taint) => effects.includes(taint.effect) && !tolerates(specOf(pod).tolerations, taint),
  );

/** Taints that keep the pod off the node. */
export const repellingTaints = (pod: Pod, node: Node): Taint[] => untolerated(pod, node, ['NoSchedule', 'NoExecute']);

/** Taints that put it off. */
export const discouragingTaints = (pod: Pod, node: Node): Taint[] => untolerated(pod, node, ['PreferNoSchedule']);
