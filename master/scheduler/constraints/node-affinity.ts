import type {
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
} from '../../../api/core/affinity.ts';
import type { Node } from '../../../api/core/node.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { Constraint } from './constraint.ts';

/** Whether a node is meant. Depends on the node object alone. */
export type NodePredicate = (node: Node) => boolean;

/** Points of a node that matches all that is preferred: weight 2, of 100. */
const MOST_POINTS = 200;
const NAME_FIELD = 'metadata.name';

/**
 * Node labels and names a pod demands or prefers: `nodeSelector` and node affinity (Kubernetes docs, "Assigning Pods to Nodes").
 */
export const nodeAffinity: Constraint = {
  name: 'node-affinity',
  bearing({ spec }) {
    const affinity = spec.affinity?.nodeAffinity;
    if (!spec.nodeSelector && !affinity) return undefined;
    return JSON.stringify([spec.nodeSelector ?? null, affinity ?? null]);
  },
  compile({ spec }) {
    const admits = nodeAffinityAdmits(spec);
    const worth = preference(spec.affinity?.nodeAffinity);
    if (!admits && !worth) return undefined;
    const refusal = () => "node(s) didn't match Pod's node affinity/selector";
    return { node: admits && { admits, refusal }, worth };
  },
};

/** What the pod demands of a node by node selector and required node affinity; nothing when any will do. */
export function nodeAffinityAdmits(spec: PodSpec): NodePredicate | undefined {
  const required = requiredOf(spec);
  return both(selectorAdmits(spec.nodeSelector), required && nodeSelectorAdmits(required));
}

/** Compiles a list of terms of which one must match; without terms it matches nothing. */
export function nodeSelectorAdmits({ nodeSelectorTerms }: NodeSelector): NodePredicate {
  const terms = nodeSelectorTerms.map(termAdmits);
  return terms.length === 1 ? terms[0]! : (node) => terms.some((term) => term(node));
}

const requiredOf = (spec: PodSpec): NodeSelector | undefined =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;

function both(a: NodePredicate | undefined, b: NodePredicate | undefined): NodePredicate | undefined {
  return a && b ? (node) => a(node) && b(node) : (a ?? b);
}

function selectorAdmits(selector: PodSpec['nodeSelector']): NodePredicate | undefined {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 ? (node) => wanted.every(([key, value]) => labelOf(node, key) === value) : undefined;
}

function preference(affinity: NodeAffinity | undefined): NodeWorth | undefined {
  const terms = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const total = terms.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= 0) return undefined;
  const compiled = terms.map(({ weight, preference: term }) => ({ weight, admits: termAdmits(term) }));
  return (node) => {
    let matched = 0;
    for (const { weight, admits } of compiled) if (admits(node)) matched += weight;
    return (MOST_POINTS * matched) / total;
  };
}
type NodeWorth = (node: Node) => number;

function termAdmits({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodePredicate {
  const conditions = [
    ...matchExpressions.map((expression) => requirementAdmits(expression, labelReader(expression.key))),
    ...matchFields.map((field) => requirementAdmits(field, fieldReader(field.key))),
  ];
  if (conditions.length === 0) return never;
  return conditions.length === 1 ? conditions[0]! : (node) => conditions.every((condition) => condition(node));
}

type Reader = (node: Node) => string | undefined;

const never: NodePredicate = () => false;

const labelReader =
  (key: string): Reader =>
  (node) =>
    labelOf(node, key);

/** Nodes can be selected by one field only; every other has no value. */
const fieldReader = (key: string): Reader => (key === NAME_FIELD ? (node) => node.metadata?.name : () => undefined);

function labelOf(node: Node, key: string): string | undefined {
  const labels = node.metadata?.labels;
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** A condition that cannot be understood (no value to compare with, not an integer) holds for no node. */
function requirementAdmits({ operator, values = [] }: NodeSelectorRequirement, read: Reader): NodePredicate {
  switch (operator) {
    case 'In':
    case 'NotIn': {
      if (values.length === 0) return never;
      const among = new Set<string | undefined>(values);
      return operator === 'In' ? (node) => among.has(read(node)) : (node) => !among.has(read(node));
    }
    case 'Exists':
      return (node) => read(node) !== undefined;
    case 'DoesNotExist':
      return (node) => read(node) === undefined;
    case 'Gt':
    case 'Lt': {
      const bound = values.length === 1 ? integer(values[0]) : undefined;
      if (bound === undefined) return never;
      return (node) => {
        const value = integer(read(node));
        return value !== undefined && (operator === 'Gt' ? value > bound : value < bound);
      };
    }
    default:
      return never;
  }
}

/** A whole number of at most 64 bits, as Kubernetes reads it. */
function integer(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/**
 * The only nodes a pod may run on, where every term of its required node affinity names them by `metadata.name In [...]` and the
 * terms say the same otherwise, as those of DaemonSet pods do. Such pods share the shape of the pod `withoutPin`.
 */
export function pinnedNodes(spec: PodSpec): readonly string[] | undefined {
  const required = requiredOf(spec);
  return required && pinOf(required)?.names;
}

/** The spec without the names that `pinnedNodes` returns; the spec itself when it returns none. */
export function withoutPin(spec: PodSpec): PodSpec {
  const required = requiredOf(spec);
  const pin = required && pinOf(required);
  if (!pin) return spec;
  const { requiredDuringSchedulingIgnoredDuringExecution: _, ...others } = spec.affinity?.nodeAffinity ?? {};
  const affinity = pin.rest
    ? { ...others, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [pin.rest] } }
    : others;
  const nodeAffinity = Object.keys(affinity).length > 0 ? affinity : undefined;
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

interface Pin {
  readonly names: readonly string[];
  /** What all terms demand besides the name; nothing when that is nothing. */
  readonly rest: NodeSelectorTerm | undefined;
}

function pinOf({ nodeSelectorTerms }: NodeSelector): Pin | undefined {
  const first = nodeSelectorTerms[0] && pinOfTerm(nodeSelectorTerms[0]);
  if (!first || nodeSelectorTerms.length === 1) return first;
  const others = nodeSelectorTerms.slice(1).map(pinOfTerm);
  const rest = JSON.stringify(first.rest);
  const names = new Set(first.names);
  for (const other of others) {
    if (!other || JSON.stringify(other.rest) !== rest) return undefined;
    for (const name of other.names) names.add(name);
  }
  return { names: [...names], rest: first.rest };
}

const isPin = ({ key, operator, values = [] }: NodeSelectorRequirement): boolean =>
  key === NAME_FIELD && operator === 'In' && values.length > 0;

function pinOfTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): Pin | undefined {
  const [only] = matchFields;
  if (!only) return undefined;
  // As DaemonSets write it.
  if (matchFields.length === 1 && matchExpressions.length === 0)
    return isPin(only) ? { names: only.values ?? [], rest: undefined } : undefined;
  const [pin, ...further] = matchFields.filter(isPin);
  if (!pin) return undefined;
  const names = (pin.values ?? []).filter((name) => further.every(({ values }) => values?.includes(name)));
  const fields = matchFields.filter((field) => !isPin(field));
  const rest = matchExpressions.length + fields.length > 0 ? { matchExpressions, matchFields: fields } : undefined;
  return { names, rest };
}
