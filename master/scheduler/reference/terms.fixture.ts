import type { PodAffinityTerm } from '../../../api/core/affinity.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { type LabelSelector, matchesLabelSelector } from '../../../api/meta/selector.ts';
import { labelOf, labelsOf, nameOf, namespaceOf, type ReferenceWorld, specOf } from './world.fixture.ts';

/** docs/SCHEDULING.md, "Terms". */

export interface WeightedTerm {
  readonly weight: number;
  readonly podAffinityTerm: PodAffinityTerm;
}

/** Whether a term of `owner` means `other`. */
export function means(world: ReferenceWorld, owner: Pod, term: PodAffinityTerm, other: Pod): boolean {
  const { labelSelector, matchLabelKeys, mismatchLabelKeys } = term;
  if (!meansNamespace(world, owner, term, namespaceOf(other))) return false;
  return matchesLabelSelector(narrowedBy(owner, labelSelector, matchLabelKeys, mismatchLabelKeys), labelsOf(other));
}

function meansNamespace({ namespaces }: ReferenceWorld, owner: Pod, term: PodAffinityTerm, name: string): boolean {
  const { namespaces: named = [], namespaceSelector } = term;
  if (named.length === 0 && !namespaceSelector) return name === namespaceOf(owner);
  const namespace = namespaces.find((candidate) => nameOf(candidate) === name);
  return named.includes(name) || matchesLabelSelector(namespaceSelector, namespace && labelsOf(namespace));
}

/** The selector, with the owner's own values of some labels required and of others excluded; labels it lacks are left out. */
export function narrowedBy(
  owner: Pod,
  selector: LabelSelector | undefined,
  match: readonly string[] = [],
  mismatch: readonly string[] = [],
): LabelSelector | undefined {
  if (!selector) return undefined;
  const added = (keys: readonly string[], operator: string) =>
    keys.flatMap((key) => {
      const value = labelOf(owner, key);
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  const conditions = [...(selector.matchExpressions ?? []), ...added(match, 'In'), ...added(mismatch, 'NotIn')];
  return { ...selector, matchExpressions: conditions };
}

export const requiredAffinity = (pod: Pod): readonly PodAffinityTerm[] =>
  specOf(pod).affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

export const requiredAntiAffinity = (pod: Pod): readonly PodAffinityTerm[] =>
  specOf(pod).affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

/** Preferred terms of both kinds; what is to be kept away from has a negative weight. */
export function preferredTerms(pod: Pod): WeightedTerm[] {
  const { podAffinity, podAntiAffinity } = specOf(pod).affinity ?? {};
  const near = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const away = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [...near, ...away.map(({ weight, podAffinityTerm }) => ({ weight: -weight, podAffinityTerm }))];
}
