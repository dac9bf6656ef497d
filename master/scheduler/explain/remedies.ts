import type { Remedy } from '../explanation.ts';
import type { World } from '../world.ts';
import { amountsOf, atMostOf } from './amounts.ts';
import { type Change, changesFor } from './changes.ts';
import { distanceOf, type Need } from './needs.ts';
import type { Group, Situation } from './situation.ts';
import { type Supposed, takers } from './trial.ts';

/** A remedy, and how much it is to ask for. */
export interface Candidate extends Remedy {
  readonly cost: number;
}

/** Placements that are tried for one explanation; each looks at nodes once more. */
const MOST_TRIALS = 16;
/** Sets of changes that are tried together. */
const MOST_SETS = 4;
/** A set is worth a try beside a part of it that does already, where it would open so many times as many nodes. */
const MANY_TIMES = 3;
/** Nobody follows a longer list of conditions. */
const MOST_CHANGES = 4;

/**
 * Changes with which the pod would fit, each tried on the model: first those that do it alone, then sets of which no part would
 * do, or on far fewer nodes.
 *
 * Owns: what has been tried.
 */
export class Remedies {
  readonly #world: World;
  readonly #supposed: Supposed;
  readonly #slots: readonly number[];
  readonly #situation: Situation;
  readonly #found: Candidate[] = [];
  readonly #helping: { readonly needs: readonly Need[]; readonly nodes: number }[] = [];
  #trials = 0;

  constructor(world: World, supposed: Supposed, slots: readonly number[], situation: Situation) {
    this.#world = world;
    this.#supposed = supposed;
    this.#slots = slots;
    this.#situation = situation;
  }

  find(): Candidate[] {
    const groups = [...this.#situation.groups].sort((a, b) => a.weight - b.weight || b.slots.length - a.slots.length);
    for (const group of groups) if (group.needs.length === 1) this.#tryOne(group);
    let sets = 0;
    for (const group of groups) {
      if (sets >= MOST_SETS) break;
      const isWorthATry = isSet(group) && !this.#isHelpedByLess(group);
      if (isWorthATry && this.#trySet(group)) sets++;
    }
    return this.#found;
  }

  #tryOne({ needs, slots }: Group): void {
    const need = needs[0]!;
    const isAmount = need.type === 'amount';
    const changes = isAmount
      ? amountsOf(need.resource, slots, this.#supposed, this.#world)
      : changesFor(need, slots, this.#supposed, this.#world);
    let most = 0;
    for (const change of changes) {
      const found = this.#try([change], needs);
      // More that is given up must be good for more.
      if (!found || found.nodes <= most) continue;
      most = found.nodes;
      this.#found.push(found);
    }
    if (most > 0) this.#helping.push({ needs, nodes: most });
  }

  #isHelpedByLess({ needs, slots }: Group): boolean {
    const isLess = (less: readonly Need[]) => less.every((need) => needs.includes(need));
    return this.#helping.some((less) => isLess(less.needs) && less.nodes * MANY_TIMES > slots.length);
  }

  /** Returns whether there was anything to try. */
  #trySet(group: Group): boolean {
    const alternatives = this.#setsOf(group);
    let most = 0;
    for (const changes of alternatives) {
      const found = this.#try(changes, group.needs);
      if (!found || found.nodes <= most * MANY_TIMES) continue;
      most = found.nodes;
      this.#found.push(found);
    }
    if (most > 0) this.#helping.push({ needs: group.needs, nodes: most });
    return alternatives.length > 0;
  }

  /** What does it in any case, for each need, with the amounts of the nearest, and with what most have; none where a need cannot be met. */
  #setsOf({ needs, slots }: Group): Change[][] {
    const changes: Change[] = [];
    for (const need of needs) {
      if (need.type === 'amount') continue;
      const surest = changesFor(need, slots, this.#supposed, this.#world).at(-1);
      if (!surest) return [];
      changes.push(surest);
    }
    const short = needs.flatMap((need) => (need.type === 'amount' ? need.resource : []));
    if (short.length === 0) return [changes];
    const { cell } = this.#world;
    const nearest = nearestOf(slots, (slot) => distanceOf(needs, slot, this.#supposed.facts, this.#world));
    const least = short.map((id) => [id, cell.free(id, nearest)] as const);
    const usual = short.map((id) => [id, usualOf(slots.map((slot) => cell.free(id, slot)))] as const);
    return [least, usual].flatMap((limits) => {
      const less = atMostOf(limits, this.#supposed, this.#world);
      return less ? [[...changes, less]] : [];
    });
  }

  #try(changes: readonly Change[], needs: readonly Need[]): Candidate | undefined {
    if (this.#trials++ >= MOST_TRIALS) return undefined;
    const changed = changes.reduce((supposed, change) => change.apply(supposed), this.#supposed);
    const found = takers(changed, this.#concerned(needs), this.#world);
    if (found.length === 0) return undefined;
    const where = found.length === 1 ? this.#world.cell.nameAt(found[0]!) : `${found.length} nodes`;
    const text = `fits on ${where} if ${changes.map(({ words }) => words).join(' and ')}`;
    return { text, nodes: found.length, cost: changes.reduce((sum, { cost }) => sum + cost, 0) };
  }

  /** The slots whose verdict may change when some needs are met. */
  #concerned(needs: readonly Need[]): readonly number[] {
    const { isSociable, groups } = this.#situation;
    if (isSociable) return this.#slots;
    const isMet = (need: Need) => needs.some((met) => met === need || covers(met, need));
    return groups.filter((group) => group.needs.every(isMet)).flatMap(({ slots }) => slots);
  }
}

const isSet = ({ needs }: Group): boolean => needs.length > 1 && needs.length <= MOST_CHANGES;

function nearestOf(slots: readonly number[], distanceOfSlot: (slot: number) => number): number {
  const distances = slots.map(distanceOfSlot);
  return slots[distances.indexOf(distances.reduce((least, distance) => Math.min(least, distance)))]!;
}

/** What three of four have. */
function usualOf(amounts: number[]): number {
  amounts.sort((a, b) => b - a);
  return amounts[Math.ceil((3 * amounts.length) / 4) - 1]!;
}

/** Who tolerates a key without a value tolerates it with any. */
const covers = (one: Need, other: Need): boolean =>
  one.type === other.type &&
  'taint' in one &&
  'taint' in other &&
  one.taint.key === other.taint.key &&
  !one.taint.value;
