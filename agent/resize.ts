import { type Booked, grown, heldOf, requestsOf } from './admission/booked.ts';
import type { Amounts } from './node-options.ts';
import type { ResizeRefusal } from './plan/state.ts';
import type { Pod, PodStatus } from './pod-types.ts';

/**
 * Why a running pod is not granted what it asks for now (Kubernetes, "Resize CPU and Memory Resources assigned to Containers", "Pod
 * resize status"): Infeasible when it exceeds what the node has for pods, Deferred while others hold it. Asking for less is always
 * granted. `others` is asked for only when the pod asks for more.
 */
export function resizeRefusal(
  pod: Pod,
  status: PodStatus | undefined,
  others: () => Iterable<Booked>,
  room: Amounts,
): ResizeRefusal | undefined {
  const names = grown(pod, status);
  if (names.length === 0) return undefined;
  const asked = requestsOf(pod);
  for (const name of names) {
    const [requested, capacity] = [asked[name] ?? 0, room[name]];
    if (capacity === undefined || requested <= capacity) continue;
    return {
      reason: 'Infeasible',
      message: `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`,
    };
  }
  const booked = [...others()];
  for (const name of names) {
    const [requested, used, capacity] = [asked[name] ?? 0, heldOf(name, booked), room[name]];
    if (capacity === undefined || requested + used <= capacity) continue;
    return { reason: 'Deferred', message: lack(name, requested, used, capacity) };
  }
  return undefined;
}

/** As the kubelet says it. */
export const lack = (name: string, requested: number, used: number, capacity: number): string =>
  `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
