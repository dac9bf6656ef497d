import type { TopologySpreadConstraint } from '../../../api/core/affinity.ts';
import type { PodFacts } from '../constraints/constraint.ts';
import { topologySpread } from '../constraints/topology-spread.ts';
import { Tally } from '../tally.ts';
import { NO_DOMAIN } from '../topology.ts';
import type { World } from '../world.ts';

/** What a spread constraint makes of a slot's domain. */
export interface Skew {
  /** Pods that the domain would hold with this one. */
  readonly count: number;
  /** Pods in the domain with the fewest, or 0 where there are fewer domains than there have to be. */
  readonly least: number;
}

/** One required spread constraint of a pod, as the cell stands. */
export interface Evenness {
  /** Where it stands in the pod's spec. */
  readonly index: number;
  readonly constraint: TopologySpreadConstraint;
  /** How many domains there are. */
  readonly domains: number;
  /** Nothing for a slot that is in no domain of its key. */
  skewOf(slot: number): Skew | undefined;
}

/** The pod's required spread constraints. Costs a look at every node for each. */
export function evennessOf(facts: PodFacts, world: World): Evenness[] {
  const compiled = topologySpread.compile(facts, world);
  const constraints = facts.spec.topologySpreadConstraints ?? [];
  const found = (compiled?.domains ?? []).flatMap((rule, index): Evenness[] => {
    if (rule.type !== 'even') return [];
    const tally = new Tally(world.topology.key(rule.topologyKey), rule.population, rule.counts);
    for (const [slot, node] of world.cell.nodes()) {
      tally.setNode(slot, node);
      tally.refresh(slot, () => undefined);
    }
    const least = tally.domains < rule.minDomains ? 0 : tally.least;
    const skewOf = (slot: number): Skew | undefined => {
      const domain = tally.key.domainAt(slot);
      return domain === NO_DOMAIN ? undefined : { count: tally.total(domain) + (rule.self ? 1 : 0), least };
    };
    return [{ index, constraint: constraints[index]!, domains: tally.domains, skewOf }];
  });
  compiled?.release?.();
  return found;
}
