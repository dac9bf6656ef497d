import type { PodFacts } from '../constraints/constraint.ts';
import { HostPortBook } from '../host-ports.ts';
import type { OwnedTerm } from '../owned-terms.ts';
import { selectorOfTerms } from '../pod-terms.ts';
import type { Resident } from '../resident.ts';
import { NO_DOMAIN } from '../topology.ts';
import type { World } from '../world.ts';

/** Which pods are in a pod's way, by name: `namespace/name`. Of several it is always the same one, however the cell came about. */

const nameOf = ({ pod: { metadata } }: Resident): string => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

const firstByName = (residents: readonly Resident[]): Resident | undefined =>
  residents.reduce<Resident | undefined>(
    (first, one) => (first && nameOf(first) <= nameOf(one) ? first : one),
    undefined,
  );

/** Terms of pods that are there which keep the pod out of their domains. */
export function repellingTerms({ footprint }: PodFacts, { terms }: World): OwnedTerm[] {
  const repelling = terms.matching(footprint).filter(({ effect, owners }) => effect === 'repels' && owners.total > 0);
  return repelling.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** `default/db-0 and 3 more`. */
export function ownersOf(terms: readonly OwnedTerm[], world: World): string {
  const found: Resident[] = [];
  for (let slot = 0; slot < world.cell.slotCount; slot++) {
    if (terms.every(({ owners }) => owners.at(slot) === 0)) continue;
    for (const resident of world.residents(slot)) {
      if (resident.footprint.terms.some((term) => terms.includes(term))) found.push(resident);
    }
  }
  const first = firstByName(found);
  if (!first) return 'nobody';
  return found.length > 1 ? `${nameOf(first)} and ${found.length - 1} more` : nameOf(first);
}

/** `kubernetes.io/hostname` is the node itself to people. */
export function domainText(topologyKey: string, slot: number, { cell }: World): string {
  const value = cell.node(slot)?.metadata?.labels?.[topologyKey];
  return topologyKey === 'kubernetes.io/hostname' ? 'on it' : `in its ${topologyKey}=${value}`;
}

/** Who has a host port of the slot that the pod asks for: `80/TCP: default/web-1 has it`. */
export function portHolder({ footprint }: PodFacts, slot: number, world: World): string | undefined {
  const takenBy = ({ footprint: { ports } }: Resident) => {
    const book = new HostPortBook();
    book.add(slot, ports);
    return footprint.ports.find((port) => book.conflicts(slot, [port]));
  };
  const holder = firstByName(world.residents(slot).filter((resident) => takenBy(resident)));
  const taken = holder && takenBy(holder);
  return taken && `${taken.port}/${taken.protocol}: ${nameOf(holder)} has it`;
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

/** One that is meant in the slot's domain of the key: in the slot itself, else in the lowest that has one. */
function neighbour(
  topologyKey: string,
  slot: number,
  world: World,
  isMeant: (resident: Resident) => boolean,
): Resident | undefined {
  const key = world.topology.key(topologyKey);
  const domain = key.domainAt(slot);
  if (domain === NO_DOMAIN) return undefined;
  const here = firstByName(world.residents(slot).filter(isMeant));
  if (here) return here;
  let [first, firstSlot]: [Resident | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const near of key.members(domain)) {
    const found = near < firstSlot ? firstByName(world.residents(near).filter(isMeant)) : undefined;
    if (found) [first, firstSlot] = [found, near];
  }
  return first;
}
