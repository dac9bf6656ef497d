import type { Pod } from '../../api/core/pod.ts';
import type { Footprint } from './footprint.ts';
import { Resident } from './resident.ts';
import type { World } from './world.ts';

interface Placement {
  readonly slot: number;
  readonly nodeName: string;
  readonly resident: Resident;
}

/**
 * Which pod is where.
 *
 * Owns: the place of every pod that has one or whose bind is under way; places held are not among them.
 */
export class Placements {
  readonly #world: World;
  readonly #places = new Map<string, Placement>();

  constructor(world: World) {
    this.#world = world;
  }

  get(uid: string): Placement | undefined {
    return this.#places.get(uid);
  }

  place(pod: Pod, nodeName: string, footprint: Footprint): number {
    const uid = pod.metadata?.uid ?? '';
    const resident = new Resident(pod, footprint, false);
    const slot = this.#world.place(nodeName, resident);
    this.#places.set(uid, { slot, nodeName, resident });
    return slot;
  }

  remove(uid: string): Placement | undefined {
    const place = this.#places.get(uid);
    if (!place) return undefined;
    this.#places.delete(uid);
    this.#world.remove(place.slot, place.resident);
    return place;
  }
}
