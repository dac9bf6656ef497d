import { quantityValue } from '../../api/meta/quantity.ts';
import { type Pod, specOf } from '../pod-types.ts';
import type { Uses } from './relief.ts';

const STORAGE = 'ephemeral-storage';

/** How much each container that says so may write, by name, as it is written in the spec. */
export function storageLimits(pod: Pod): ReadonlyMap<string, string> {
  const { initContainers = [], containers } = specOf(pod);
  return new Map(
    [...initContainers, ...containers].flatMap(({ name, resources }) => {
      const limit = resources?.limits?.[STORAGE];
      return limit === undefined ? [] : [[name, limit] as const];
    }),
  );
}

/**
 * Why a pod is to be ended for what it has written (Kubernetes, "Local ephemeral storage"): a container more than it may, or, where all
 * containers have a limit, all of them and the pod's volumes more than the limits together.
 */
export function storageExcess(pod: Pod, uses: Uses): string | undefined {
  const limits = storageLimits(pod);
  for (const [name, limit] of limits) {
    if ((uses.get(name) ?? 0) > quantityValue(limit))
      return `Container ${name} exceeded its local ephemeral storage limit "${limit}".`;
  }
  if (limits.size === 0 || specOf(pod).containers.some(({ name }) => !limits.has(name))) return undefined;
  const most = sum([...limits.values()].map(quantityValue));
  const used = sum(uses.values());
  return used > most
    ? `Pod ephemeral local storage usage of ${used} bytes exceeds the total limit of containers of ${most} bytes.`
    : undefined;
}

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((total, amount) => total + amount, 0);
