import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { invalidValue } from '../meta/validation.ts';
import type { Affinity, NodeAffinity, NodeSelectorTerm } from './affinity.ts';
import type { PodSpec } from './pod-spec.ts';

/**
 * What may be said of where a pod goes while it is gated: it may be narrowed, never widened ("Pod Scheduling Readiness", mutable
 * Pod scheduling directives). Preferences may change at will; pod affinity and all else may not.
 */

/** `spec` with what may be narrowed put back to what it was. */
export function withoutNarrowing(next: PodSpec, { nodeSelector, affinity }: PodSpec): PodSpec {
  return { ...next, nodeSelector, affinity: withNodeAffinity(next.affinity, affinity?.nodeAffinity, affinity) };
}

/** No affinity, and one that says nothing, are the same when they stand for what was there before. */
function withNodeAffinity(
  next: Affinity | undefined,
  nodeAffinity: NodeAffinity | undefined,
  previous: Affinity | undefined,
): Affinity | undefined {
  const { nodeAffinity: _, ...others } = next ?? {};
  const restored = nodeAffinity ? { ...others, nodeAffinity } : others;
  return Object.keys(restored).length === 0 ? previous && {} : restored;
}

/** Whether the pod would go where it could not have gone before. */
export function wideningFaults(next: PodSpec, previous: PodSpec): FieldError[] {
  return [
    ...selectorFaults(next.nodeSelector, previous.nodeSelector),
    ...affinityFaults(next.affinity?.nodeAffinity, previous.affinity?.nodeAffinity),
  ];
}

function selectorFaults(next: PodSpec['nodeSelector'] = {}, previous: PodSpec['nodeSelector'] = {}): FieldError[] {
  return Object.entries(previous).every(([key, value]) => next[key] === value)
    ? []
    : [
        invalidValue(
          'spec.nodeSelector',
          next,
          'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
        ),
      ];
}

const termsOf = (affinity: NodeAffinity | undefined): readonly NodeSelectorTerm[] =>
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];

/** Terms are alternatives: one more would widen. Conditions of a term must all hold: one more narrows. */
function affinityFaults(next: NodeAffinity | undefined, previous: NodeAffinity | undefined): FieldError[] {
  const [after, before] = [termsOf(next), termsOf(previous)];
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (before.length === 0) return [];
  if (after.length !== before.length)
    return [invalidValue(path, after, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  return after.flatMap((term, index) =>
    hasOnlyAdditions(term, before[index]!)
      ? []
      : [invalidValue(`${path}[${index}]`, term, 'only additions are allowed (no mutations or deletions)')],
  );
}

/** A term without conditions matches no node: with one it would. */
function hasOnlyAdditions(next: NodeSelectorTerm, previous: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  if (lists.every((list) => !previous[list]?.length)) return lists.every((list) => !next[list]?.length);
  return lists.every((list) => {
    const before = previous[list] ?? [];
    return equalJson(next[list]?.slice(0, before.length) ?? [], before);
  });
}
