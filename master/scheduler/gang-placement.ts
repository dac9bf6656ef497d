import { bestSlot, type PendingPod } from './pending.ts';
import type { Eviction } from './preemption.ts';
import type { Resident, World } from './world.ts';

export interface Place {
  readonly pending: PendingPod;
  readonly slot: number;
}

export type Together =
  | { readonly placed: true; readonly places: readonly Place[]; readonly evictions: readonly Eviction[] }
  /** The first pod for which there was no room, after how many. */
  | { readonly placed: false; readonly stuck: PendingPod; readonly after: number };

/**
 * Finds places for as many of the pods as there is room for, one after another, each seeing those before it; fewer than `required`
 * count for nothing. `evict` says who could leave for a pod that finds none. The world is left as it was found.
 */
export function placeTogether(
  pods: Iterable<PendingPod>,
  required: number,
  world: World,
  evict: (pending: PendingPod) => Eviction | undefined,
): Together {
  const places: (Place & { readonly resident: Resident })[] = [];
  const evictions: Eviction[] = [];
  let stuck: PendingPod | undefined;
  for (const pending of pods) {
    const free = bestSlot(pending, world);
    const eviction = free < 0 && places.length < required ? evict(pending) : undefined;
    const slot = eviction?.slot ?? free;
    if (slot < 0) {
      stuck ??= pending;
      if (places.length < required) break;
      continue;
    }
    if (eviction) {
      evictions.push(eviction);
      for (const victim of eviction.victims) world.remove(slot, victim);
    }
    const resident = residentOf(pending, false);
    world.place(world.cell.nameAt(slot), resident);
    places.push({ pending, slot, resident });
  }
  for (const { slot, resident } of places) world.remove(slot, resident);
  for (const { slot, victims } of evictions) for (const victim of victims) world.place(world.cell.nameAt(slot), victim);
  if (stuck && places.length < required) return { placed: false, stuck, after: places.length };
  return { placed: true, places, evictions };
}

export function residentOf({ uid, pod, priority, template }: PendingPod, held: boolean): Resident {
  return { uid, pod, priority, footprint: template.footprint, held };
}
