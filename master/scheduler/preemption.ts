import type { BandPolicy } from '../../api/stowage/scheduling-policy.ts';
import type { Budgets } from './budgets.ts';
import type { PendingPod } from './pending.ts';
import { type Appraisal, Appraiser, type Claim } from './preemption/appraisal.ts';
import { isBetter } from './preemption/cost.ts';
import { Outlook, Vantage } from './preemption/outlook.ts';
import { type Evictions, Rosters } from './preemption/rosters.ts';
import type { Resident } from './resident.ts';
import type { Shape } from './shape.ts';
import type { Templates } from './templates.ts';
import type { World } from './world.ts';

/**
 * Who would have to leave which slot. Held places among them are given up, not evicted; who is leaving anyhow is waited for.
 */
export interface Eviction {
  readonly slot: number;
  readonly victims: readonly Resident[];
}

/** Costs of slots that are kept, over all outlooks; at most two hundred bytes each. */
const MAX_COSTS = 2 ** 19;
/** Above all priorities there can be. */
const ABOVE_ALL = 2 ** 31;

/**
 * Finds room by pushing out less important pods (docs/SCHEDULING.md, "Preemption").
 *
 * Owns: an outlook for each shape and priority that has asked, the one unused longest first; none is true for another policy.
 */
export class Preemption {
  readonly #world: World;
  readonly #templates: Templates;
  readonly #rosters: Rosters;
  readonly #appraiser: Appraiser;
  readonly #vantage: Vantage;
  #outlooks = new WeakMap<Shape, Map<number, Outlook>>();
  readonly #used = new Set<Outlook>();
  #kept = 0;

  constructor(world: World, templates: Templates, budgets: Budgets, evictions: Evictions) {
    this.#world = world;
    this.#templates = templates;
    this.#rosters = new Rosters(world, evictions);
    this.#appraiser = new Appraiser(world, this.#rosters, budgets);
    this.#vantage = new Vantage(world, this.#rosters, budgets, this.#appraiser);
  }

  /** The eviction that costs least, or nothing when none would let the pod in. */
  find({ pod, pins, shape, priority }: PendingPod): Eviction | undefined {
    if (pod.spec?.preemptionPolicy === 'Never') return undefined;
    this.#heedPolicy();
    const best = pins
      ? this.#bestOf(pins, shape, priority)
      : this.#ask(shape, priority, (outlook) => outlook.best(shape));
    return best && { slot: best.cost.slot, victims: [...best.victims, ...best.awaited] };
  }

  /** Whether asking is worth while: a no is final until something changes, a yes costs little and may be wrong. */
  mayFind({ pod, pins, shape, priority }: PendingPod): boolean {
    if (pod.spec?.preemptionPolicy === 'Never') return false;
    this.#heedPolicy();
    if (pins) return this.#bestOf(pins, shape, priority) !== undefined;
    return this.#ask(shape, priority, (outlook) => outlook.mayHave(shape));
  }

  /** When a pod in the slot started, or when it will be gone, is told otherwise than before. */
  retimed(slot: number): void {
    this.#rosters.retimed(slot);
  }

  /** It was waited for in vain: it counts as staying until it is gone. Its slot must change before the next question. */
  giveUpOn(resident: Resident): void {
    this.#rosters.giveUpOn(resident);
  }

  #ask<T>(shape: Shape, priority: number, question: (outlook: Outlook) => T): T {
    const outlook = this.#outlook(shape, priority);
    if (this.#used.delete(outlook)) this.#kept -= outlook.weight;
    const answer = question(outlook);
    this.#used.add(outlook);
    this.#kept += outlook.weight;
    this.#letGo(outlook);
    return answer;
  }

  /** Of some nodes only. Not kept: as a rule it is one node. */
  #bestOf(pins: readonly string[], shape: Shape, priority: number): Appraisal | undefined {
    const claim = this.#claim(shape, priority);
    let best: Appraisal | undefined;
    for (const name of pins) {
      const slot = this.#world.cell.slotOf(name);
      const found = slot === undefined ? undefined : this.#vantage.appraise(slot, claim, shape);
      if (found && (!best || isBetter(found.cost, best.cost))) best = found;
    }
    return best;
  }

  #outlook(shape: Shape, priority: number): Outlook {
    const byPriority = this.#outlooks.get(shape) ?? new Map<number, Outlook>();
    this.#outlooks.set(shape, byPriority);
    const outlook = byPriority.get(priority) ?? new Outlook(this.#vantage, this.#claim(shape, priority));
    byPriority.set(priority, outlook);
    return outlook;
  }

  #claim({ facts }: Shape, priority: number): Claim {
    const { preemptsWithin, minPriority } = this.#templates.bandOf(priority);
    return { priority, bar: preemptsWithin ? priority : minPriority, demand: facts.footprint.demand };
  }

  #letGo(latest: Outlook): void {
    for (const outlook of this.#used) {
      if (this.#kept <= MAX_COSTS || outlook === latest) return;
      this.#used.delete(outlook);
      this.#kept -= outlook.weight;
      outlook.clear();
    }
  }

  #heedPolicy(): void {
    const bands = bandsOf(this.#templates);
    const known = this.#appraiser.bands;
    if (bands.length === known.length && bands.every((band, rank) => band === known[rank])) return;
    this.#appraiser.bands = bands;
    this.#outlooks = new WeakMap();
    this.#used.clear();
    this.#kept = 0;
  }
}

/** From the most important to the least. */
function bandsOf(templates: Templates): BandPolicy[] {
  const bands: BandPolicy[] = [];
  for (let band = templates.bandOf(ABOVE_ALL); band !== bands.at(-1); band = templates.bandOf(band.minPriority - 1))
    bands.push(band);
  return bands;
}
