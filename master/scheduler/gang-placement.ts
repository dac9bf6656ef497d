import { bestSlot, type PendingPod } from './pending.ts';
import type { Eviction } from './preemption.ts';
import { Resident } from './resident.ts';
import type { VolumeChoice } from './volumes/volume-resolution.ts';
import type { World } from './world.ts';

export interface Place {
  readonly pending: PendingPod;
  readonly slot: number;
}

export type Together =
  | { readonly placed: true; readonly places: readonly Place[]; readonly evictions: readonly Eviction[] }
  /** The first pod for which there was no room, why, for how many there was, and how many were looked at to find out. */
  | {
      readonly placed: false;
      readonly stuck: PendingPod;
      readonly why: string;
      readonly found: number;
      readonly asked: number;
    };

/** What is asked about one pod while those before it have their places. */
export interface Questions {
  /** The pod with the shape it has by now: what volumes are left bears on it. */
  current(pending: PendingPod): PendingPod;
  /** Who could leave for it. */
  evict(pending: PendingPod): Eviction | undefined;
  /** Why it has no place. */
  refusal(pending: PendingPod): string;
}

/**
 * Finds places for as many of the pods as there is room for, one after another, each seeing those before it; fewer than `required`
 * count for nothing. Pods that depend on others by affinity are asked again as long as more of these have places. The world is left
 * as it was found.
 */
export function placeTogether(
  pods: readonly PendingPod[],
  required: number,
  world: World,
  questions: Questions,
): Together {
  const trial = new Trial(pods.length, required, world, questions);
  for (let left = pods, before = -1; left.length > 0 && trial.places.length > before; ) {
    before = trial.places.length;
    left = trial.round(left);
  }
  const { places, evictions, asked, stuck = pods[0]! } = trial;
  const isEnough = places.length >= required;
  // Asked while its siblings are where they would be.
  const why = isEnough ? '' : questions.refusal(stuck);
  trial.undo();
  if (isEnough) return { placed: true, places, evictions };
  return { placed: false, stuck, why, found: places.length, asked };
}

/** Owns: what it has put into the world and taken out of it, until it is undone. */
class Trial {
  readonly places: (Place & { readonly resident: Resident; readonly volumes: readonly VolumeChoice[] })[] = [];
  readonly evictions: Eviction[] = [];
  /** The first for which there is no room. */
  stuck: PendingPod | undefined;
  asked = 0;
  readonly #required: number;
  readonly #world: World;
  readonly #questions: Questions;
  /** Pods, one of each kind, for which there will be no room whatever comes of the others. */
  readonly #hopeless: PendingPod[] = [];
  /** How many more may be without hope. */
  #spare: number;
  /** The last that was refused, when so many had their places. */
  #last: { readonly pending: PendingPod; readonly found: number } | undefined;

  constructor(count: number, required: number, world: World, questions: Questions) {
    this.#spare = count - required;
    this.#required = required;
    this.#world = world;
    this.#questions = questions;
  }

  /** Returns those that may be asked again. */
  round(pods: readonly PendingPod[]): PendingPod[] {
    const left: PendingPod[] = [];
    if (this.#spare >= 0 && this.stuck?.shape.isSociable) this.stuck = undefined;
    for (const given of pods) {
      if (this.#spare < 0) return [];
      const pending = this.#questions.current(given);
      if (this.#hopeless.some((other) => isAlike(other, pending))) this.#spare--;
      else if (this.#wasJustRefused(pending) || !this.#place(pending)) this.#refuse(pending, left);
    }
    return left;
  }

  undo(): void {
    for (const { slot, resident, volumes } of this.places.toReversed()) {
      this.#world.remove(slot, resident);
      if (volumes.length > 0) this.#world.volumes.forget(volumes);
    }
    for (const { slot, victims } of this.evictions)
      for (const victim of victims) this.#world.place(this.#world.cell.nameAt(slot), victim);
  }

  #wasJustRefused(pending: PendingPod): boolean {
    return this.#last?.found === this.places.length && isAlike(this.#last.pending, pending);
  }

  #place(pending: PendingPod): boolean {
    this.asked++;
    const world = this.#world;
    const free = bestSlot(pending, world);
    // Nobody has to leave for a gang that has all it needs.
    const eviction = free < 0 && this.places.length < this.#required ? this.#questions.evict(pending) : undefined;
    const slot = eviction?.slot ?? free;
    const volumes = slot < 0 ? undefined : this.#volumesFor(pending, slot);
    if (!volumes) return false;
    if (eviction) this.evictions.push(eviction);
    for (const victim of eviction?.victims ?? []) world.remove(slot, victim);
    if (volumes.length > 0) world.volumes.assume(volumes);
    const resident = residentOf(pending, false);
    world.place(world.cell.nameAt(slot), resident);
    this.places.push({ pending, slot, resident, volumes });
    return true;
  }

  #volumesFor({ template }: PendingPod, slot: number): readonly VolumeChoice[] | undefined {
    const { cell, volumes } = this.#world;
    const needs = template.footprint.volumes;
    return needs ? volumes.choose(needs, cell.node(slot)!) : [];
  }

  /** Room only gets less, but pods that are there may attract others. */
  #refuse(pending: PendingPod, left: PendingPod[]): void {
    this.stuck ??= pending;
    this.#last = { pending, found: this.places.length };
    if (pending.shape.isSociable) left.push(pending);
    else {
      this.#hopeless.push(pending);
      this.#spare--;
    }
  }
}

/** Whether where one has no place, the other has none. */
const isAlike = (a: PendingPod, b: PendingPod): boolean =>
  a.shape === b.shape && a.priority === b.priority && !a.pins && !b.pins;

export const residentOf = ({ pod, template }: PendingPod, held: boolean): Resident =>
  new Resident(pod, template.footprint, held);
