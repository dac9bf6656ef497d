import type { NodeSelectorRequirement, NodeSelectorTerm } from '../../api/core/affinity.ts';
import { type Pod, specOf } from '../pod-types.ts';

/** The node, as far as its agent knows it. */
export interface KnownNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether these are all its labels; or only those that the agent gave it, as the master has not told. */
  readonly complete: boolean;
}

/** Undefined: it cannot be told, as the agent does not know whether there is such a label. */
type Truth = boolean | undefined;

/**
 * Whether the pod's node selector or required node affinity surely rules this node out (Kubernetes, "Assigning Pods to Nodes"). What
 * rests on labels that the agent has not been told counts as matching: the scheduler, which knows them, has looked at it.
 */
export function ruledOut(pod: Pod, node: KnownNode): boolean {
  const { nodeSelector = {}, affinity } = specOf(pod);
  const selected = all(Object.entries(nodeSelector).map(([key, value]) => labelIs(node, key, (is) => is === value)));
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const required = terms ? any(terms.map((term) => termHolds(term, node))) : true;
  return all([selected, required]) === false;
}

function termHolds({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: KnownNode): Truth {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return all([
    ...matchExpressions.map((requirement) => labelIs(node, requirement.key, (is) => holds(requirement, is))),
    ...matchFields.map((field) => field.key === 'metadata.name' && holds(field, node.name)),
  ]);
}

function labelIs({ labels, complete }: KnownNode, key: string, test: (value: string | undefined) => boolean): Truth {
  const there = Object.hasOwn(labels, key);
  return there || complete ? test(there ? labels[key] : undefined) : undefined;
}

function holds({ operator, values = [] }: NodeSelectorRequirement, is: string | undefined): boolean {
  if (is === undefined) return operator === 'NotIn' || operator === 'DoesNotExist';
  switch (operator) {
    case 'In':
      return values.includes(is);
    case 'NotIn':
      return !values.includes(is);
    case 'Exists':
      return true;
    case 'Gt':
      return Number(is) > Number(values[0]);
    case 'Lt':
      return Number(is) < Number(values[0]);
    default:
      return false;
  }
}

const all = (truths: readonly Truth[]): Truth =>
  truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
const any = (truths: readonly Truth[]): Truth =>
  truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
