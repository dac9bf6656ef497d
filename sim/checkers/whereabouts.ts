import type { Observation } from '../history.ts';

type ContainerSeen = Extract<Observation, { type: 'container' }>;

export interface Place {
  readonly machine: string;
  readonly containers: Set<string>;
}

/** Owns which containers of which pods run on which machine, as seen at the machines. */
export class Whereabouts {
  /** By pod's uid. */
  private readonly places = new Map<string, Place[]>();

  /** The places of the pod, when one of its containers has begun or ended. */
  take(seen: Observation): readonly Place[] | undefined {
    if (seen.type === 'machine' && !seen.up) this.dark(seen.machine);
    return seen.type === 'container' ? this.container(seen) : undefined;
  }

  placesOf(podUid: string): readonly Place[] {
    return this.places.get(podUid) ?? [];
  }

  running(): Iterable<readonly [string, readonly Place[]]> {
    return this.places;
  }

  private container({ podUid, machine, container, running }: ContainerSeen): readonly Place[] {
    const places = this.places.get(podUid) ?? [];
    const place = places.find((each) => each.machine === machine) ?? { machine, containers: new Set<string>() };
    if (running) place.containers.add(container);
    else place.containers.delete(container);
    const others = places.filter((each) => each !== place);
    const now = place.containers.size > 0 ? [...others, place] : others;
    if (now.length > 0) this.places.set(podUid, now);
    else this.places.delete(podUid);
    return now;
  }

  private dark(machine: string): void {
    for (const [uid, places] of [...this.places]) {
      const lit = places.filter((each) => each.machine !== machine);
      if (lit.length > 0) this.places.set(uid, lit);
      else this.places.delete(uid);
    }
  }
}
