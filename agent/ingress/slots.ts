/**
 * Places of a backend's servers in HAProxy's configuration. Whoever is in one stays there, so that a change of endpoints is told to the
 * running process server by server; only where there are too few, it has to begin anew with more. Pure.
 */
export type Slots = readonly (string | undefined)[];

const LEAST = 4;

/** `wanted`: `10.128.0.2:8080`. */
export function assignSlots(before: Slots, wanted: readonly string[]): Slots {
  const size = sizeFor(wanted.length, before.length);
  const stays = new Set(wanted);
  const slots = Array.from({ length: size }, (_, at) => {
    const holder = before[at];
    return holder !== undefined && stays.delete(holder) ? holder : undefined;
  });
  const fresh = [...stays];
  return slots.map((holder) => holder ?? fresh.shift());
}

/** Grows by doubling, and never shrinks while the backend is there. */
function sizeFor(count: number, before: number): number {
  let size = Math.max(LEAST, before);
  while (size < count) size *= 2;
  return size;
}
