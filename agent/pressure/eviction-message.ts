import { quantityOf } from '../../api/core/resource-units.ts';
import { type Pod, specOf } from '../pod-types.ts';
import type { Shortage } from './pressure.ts';

/** Why a pod is evicted, as the kubelet tells it: what was short, and which of the pod's containers use more than they asked for. */
export function evictionMessage(
  resource: string,
  shortage: Shortage,
  pod: Pod,
  uses: ReadonlyMap<string, number>,
): string {
  const { least, available } = shortage;
  const amount = (units: number) => rounded(resource, units);
  const { initContainers = [], containers } = specOf(pod);
  const told = [...initContainers, ...containers].flatMap(({ name, resources }) => {
    const used = uses.get(name);
    const request = (resources?.requests ?? resources?.limits)?.[resource] ?? '0';
    return used ? [` Container ${name} was using ${amount(used)}, request is ${request}.`] : [];
  });
  const low = `The node was low on resource: ${resource}. Threshold quantity: ${amount(least)}, available: ${amount(available)}.`;
  return `${low}${told.join('')}`;
}

/** Bytes in whole KiB. */
const rounded = (resource: string, units: number): string =>
  quantityOf(resource, resource === 'pids' ? Math.ceil(units) : Math.ceil(units / 1024) * 1024);
