import type { Endpoint } from '../../../api/discovery/endpoint-slice.ts';
import { equalJson } from '../../../api/meta/json.ts';

/** As in Kubernetes: a change of one backend sends at most this many to every watcher. */
export const MAX_ENDPOINTS = 100;

/** Endpoints as a slice has them, or should have them. */
export interface Packed<S> {
  /** Absent: a slice that is yet to be made. */
  readonly slice?: S;
  readonly endpoints: readonly Endpoint[];
  readonly changed: boolean;
}

const uidOf = ({ targetRef }: Endpoint): string => targetRef?.uid ?? '';

/**
 * Distributes endpoints over slices so that few slices change (as Kubernetes' reconciler does): each stays where it is; new ones go
 * first into slices that change anyway, then all together into the fullest slice that has room for them, then into slices of their own.
 * Slices are not levelled out; one that nothing is left in has no endpoints. `desired` is by the uid of the pod.
 */
export function pack<S extends { readonly endpoints?: readonly Endpoint[] }>(
  slices: readonly S[],
  desired: ReadonlyMap<string, Endpoint>,
  max: number = MAX_ENDPOINTS,
): Packed<S>[] {
  const left = new Map(desired);
  const packed = slices.map((slice) => keep(slice, left, max));
  const filled = packed.map((one) => (one.changed && one.endpoints.length > 0 ? add(one, left, max) : one));
  if (left.size > 0) {
    const at = fullestWithRoom(filled, left.size, max);
    if (at >= 0) filled[at] = add(filled[at]!, left, max);
  }
  // Slices that would go are used again before others are made.
  const reused = filled.map((one) => (one.endpoints.length === 0 ? add(one, left, max) : one));
  while (left.size > 0) reused.push(add({ endpoints: [], changed: true }, left, max));
  return reused;
}

/** What stays in the slice, taken out of `left`. */
function keep<S extends { readonly endpoints?: readonly Endpoint[] }>(
  slice: S,
  left: Map<string, Endpoint>,
  max: number,
): Packed<S> {
  const present = slice.endpoints ?? [];
  const endpoints: Endpoint[] = [];
  for (const uid of present.map(uidOf)) {
    const next = endpoints.length < max ? left.get(uid) : undefined;
    if (!next) continue;
    left.delete(uid);
    endpoints.push(next);
  }
  const changed = endpoints.length !== present.length || endpoints.some((next, at) => !equalJson(next, present[at]));
  return { slice, endpoints, changed };
}

function add<S>(to: Packed<S>, left: Map<string, Endpoint>, max: number): Packed<S> {
  const more = [...left].slice(0, max - to.endpoints.length);
  if (more.length === 0) return to;
  for (const [uid] of more) left.delete(uid);
  return { ...to, endpoints: [...to.endpoints, ...more.map(([, endpoint]) => endpoint)], changed: true };
}

function fullestWithRoom(packed: readonly Packed<unknown>[], count: number, max: number): number {
  let best = -1;
  for (const [at, { endpoints }] of packed.entries()) {
    if (endpoints.length === 0 || endpoints.length + count > max) continue;
    if (best < 0 || endpoints.length > packed[best]!.endpoints.length) best = at;
  }
  return best;
}
