import type { DomainRule } from '../domain-rules.ts';
import type { OwnedTerm } from '../owned-terms.ts';
import type { World } from '../world.ts';
import type { Constraint, PodFacts } from './constraint.ts';

/** Pods that are there keep those that their required anti-affinity means out of their domains: the symmetry of that rule. */
export const existingAntiAffinity: Constraint = {
  name: 'ExistingAntiAffinity',
  bearing(pod, world) {
    const terms = repelling(pod, world);
    return terms.length > 0 ? terms.map(({ key }) => key).join(' ') : undefined;
  },
  compile(pod, world) {
    const terms = repelling(pod, world);
    if (terms.length === 0) return undefined;
    const refusal = "node(s) didn't satisfy existing pods anti-affinity rules";
    const domains = terms.map(
      ({ topologyKey, owners }): DomainRule => ({ type: 'repel', topologyKey, population: owners, refusal }),
    );
    return { domains };
  },
};

function repelling({ footprint }: PodFacts, { terms }: World): readonly OwnedTerm[] {
  return terms.matching(footprint).filter(({ effect }) => effect === 'repels');
}
