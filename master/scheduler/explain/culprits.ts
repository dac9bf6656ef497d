import type { PodFacts } from '../constraints/constraint.ts';
import { HostPortBook } from '../host-ports.ts';
import type { OwnedTerm } from '../owned-terms.ts';
import { selectorOfTerms } from '../pod-terms.ts';
import { NO_DOMAIN } from '../topology.ts';
import type { Resident, World } from '../world.ts';

/** Which pods are in a pod's way, by name: `namespace/name`. */

const nameOf = ({ pod: { metadata } }: Resident): string => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

/** Terms of pods that are there which keep the pod out of their domains. */
export function repellingTerms({ footprint }: PodFacts, { terms }: World): OwnedTerm[] {
  return terms.matching(footprint).filter(({ effect, owners }) => effect === 'repels' && owners.total > 0);
}

/** `default/db-0 and 3 more`. */
export function ownersOf(terms: readonly OwnedTerm[], world: World): string {
  let [first, count] = ['', 0];
  for (let slot = 0; slot < world.cell.slotCount; slot++) {
    if (terms.every(({ owners }) => owners.at(slot) === 0)) continue;
    for (const resident of world.residents(slot)) {
      if (!resident.footprint.terms.some((term) => terms.includes(term))) continue;
      if (count++ === 0) first = nameOf(resident);
    }
  }
  return count > 1 ? `${first} and ${count - 1} more` : first;
}

/** `kubernetes.io/hostname` is the node itself to people. */
export function domainText(topologyKey: string, slot: number, { cell }: World): string {
  const value = cell.node(slot)?.metadata?.labels?.[topologyKey];
  return topologyKey === 'kubernetes.io/hostname' ? 'on it' : `in its ${topologyKey}=${value}`;
}

/** Who has a host port of the slot that the pod asks for: `80/TCP: default/web-1 has it`. */
export function portHolder({ footprint }: PodFacts, slot: number, world: World): string | undefined {
  for (const resident of world.residents(slot)) {
    const book = new HostPortBook();
    book.add(slot, resident.footprint.ports);
    const taken = footprint.ports.find((port) => book.conflicts(slot, [port]));
    if (taken) return `${taken.port}/${taken.protocol}: ${nameOf(resident)} has it`;
  }
  return undefined;
}

/** A pod in one of the slot's domains that the pod's required anti-affinity excludes, and where: `default/web-0 is on it`. */
export function excludedNeighbour(facts: PodFacts, slot: number, world: World): string | undefined {
  const terms = facts.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const term of terms) {
    const selector = selectorOfTerms([term], facts);
    const found = neighbour(term.topologyKey, slot, world, ({ footprint }) =>
      world.populations.selects(selector, footprint),
    );
    if (found) return `${nameOf(found)} is ${domainText(term.topologyKey, slot, world)}`;
  }
  return undefined;
}

/** A pod in one of the slot's domains whose required anti-affinity excludes the pod, and where. */
export function excludingNeighbour(facts: PodFacts, slot: number, world: World): string | undefined {
  for (const term of repellingTerms(facts, world)) {
    const found = neighbour(term.topologyKey, slot, world, ({ footprint }) => footprint.terms.includes(term));
    if (found) return `${nameOf(found)} is ${domainText(term.topologyKey, slot, world)}`;
  }
  return undefined;
}

/** One that is meant in the slot's domain of the key; the slot itself first. */
function neighbour(
  topologyKey: string,
  slot: number,
  world: World,
  isMeant: (resident: Resident) => boolean,
): Resident | undefined {
  const key = world.topology.key(topologyKey);
  const domain = key.domainAt(slot);
  if (domain === NO_DOMAIN) return undefined;
  for (const near of [slot, ...key.members(domain)]) {
    const found = world.residents(near).find(isMeant);
    if (found) return found;
  }
  return undefined;
}
