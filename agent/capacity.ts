import { quantityOf } from '../api/core/resource-units.ts';
import type { Machine } from './machine.ts';
import type { Amounts, NodeOptions } from './node-options.ts';
import { leastOf, type Signal } from './pressure/thresholds.ts';

export interface Capacity {
  /** What the machine has, and what of it pods may have; in the units of `unitsOf`. */
  readonly capacity: Amounts;
  readonly allocatable: Amounts;
}

/** Resources of which some must be left over for the machine not to be short of them. */
const KEPT_FREE: readonly (readonly [string, Signal])[] = [
  ['memory', 'memory.available'],
  ['ephemeral-storage', 'nodefs.available'],
];

/**
 * Allocatable = capacity - reserved - hard eviction thresholds (Kubernetes, "Reserve Compute Resources for System Daemons"). Huge
 * pages are taken out of the machine's memory.
 */
export function capacityOf(machine: Machine, options: NodeOptions): Capacity {
  const hugePages = machine.hugePages ?? {};
  const capacity: Record<string, number> = {
    ...options.extendedResources,
    cpu: machine.cpuMilli,
    memory: machine.memoryBytes,
    'ephemeral-storage': machine.diskBytes,
    pods: options.maxPods,
    ...hugePages,
  };
  const hugeBytes = Object.values(hugePages).reduce((sum, bytes) => sum + bytes, 0);
  const left = (name: string, amount: number) => Math.max(0, amount - keptBack(name, amount, options));
  const allocatable = Object.fromEntries(Object.entries(capacity).map(([name, amount]) => [name, left(name, amount)]));
  return { capacity, allocatable: { ...allocatable, memory: Math.max(0, (allocatable.memory ?? 0) - hugeBytes) } };
}

function keptBack(name: string, capacity: number, options: NodeOptions): number {
  const { systemReserved, kubeReserved, evictionHard } = options;
  const signal = KEPT_FREE.find(([resource]) => resource === name)?.[1];
  const least = evictionHard.filter((threshold) => threshold.signal === signal).map((one) => leastOf(one, capacity));
  return (systemReserved[name] ?? 0) + (kubeReserved[name] ?? 0) + Math.floor(Math.max(0, ...least));
}

/** As quantities; bytes in whole KiB. */
export function quantities(amounts: Amounts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, quantityOf(name, whole(name, amount))]),
  );
}

const BYTES = /^(memory|ephemeral-storage|hugepages-.*)$/;
const whole = (name: string, amount: number): number => (BYTES.test(name) ? amount - (amount % 1024) : amount);
