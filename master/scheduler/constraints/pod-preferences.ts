import type { PodAffinityTerm } from '../../../api/core/affinity.ts';
import type { DomainRule } from '../domain-rules.ts';
import type { OwnedTerm } from '../owned-terms.ts';
import { selectorOfTerms } from '../pod-terms.ts';
import type { PodSelector } from '../populations.ts';
import type { World } from '../world.ts';
import type { Constraint, PodFacts } from './constraint.ts';

/**
 * Domains that are better or worse for the pods in them: the pod's own preferred terms, and the terms of the pods that are there
 * (docs/SCHEDULING.md, "podAffinity").
 */
export const podPreferences: Constraint = {
  name: 'InterPodPreference',
  bearing(pod, world) {
    const own = preferences(pod).map(({ weight, topologyKey, selector }) => `${weight}@${topologyKey}:${selector.key}`);
    const others = attracting(pod, world).map(({ key }) => key);
    return own.length + others.length > 0 ? [...own, ...others].join(' ') : undefined;
  },
  compile(pod, world) {
    const { populations } = world;
    const own = preferences(pod);
    const others = attracting(pod, world);
    if (own.length + others.length === 0) return undefined;
    const worth = (topologyKey: string, weight: number, population: OwnedTerm['owners']): DomainRule => {
      return { type: 'worth', topologyKey, weight, population };
    };
    return {
      domains: [
        ...own.map(({ topologyKey, weight, selector }) => worth(topologyKey, weight, populations.select(selector))),
        ...others.map(({ topologyKey, weight, owners }) => worth(topologyKey, weight, owners)),
      ],
      release() {
        for (const { selector } of own) populations.release(selector);
      },
    };
  },
};

interface Preference {
  readonly weight: number;
  readonly topologyKey: string;
  readonly selector: PodSelector;
}

function preferences(pod: PodFacts): Preference[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const preferred = (sign: 1 | -1, terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] = []) =>
    terms.map(({ weight, podAffinityTerm: term }) => ({
      weight: sign * weight,
      topologyKey: term.topologyKey,
      selector: selectorOfTerms([term], pod),
    }));
  return [
    ...preferred(1, podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    ...preferred(-1, podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  ];
}

function attracting({ footprint }: PodFacts, { terms }: World): readonly OwnedTerm[] {
  return terms.matching(footprint).filter(({ effect }) => effect === 'attracts');
}
