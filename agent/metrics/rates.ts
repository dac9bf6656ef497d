import type { ContainerUsage, MeasuredUsage, PodUsage } from '../../proto/messages.ts';
import type { Usage } from './cgroup.ts';

/** What something had used up to a moment. */
export interface Reading extends Usage {
  /** Monotonic. */
  readonly atMs: number;
}

/** A mean over less says nothing: the kernel accounts in steps, and reading takes time itself. */
const SHORTEST_WINDOW_MS = 1_000;

/** Use between two readings; undefined when they are too near, or do not belong together (a count went back). */
export function usageBetween(before: Pick<Reading, 'atMs' | 'cpuSeconds'>, now: Reading): MeasuredUsage | undefined {
  const windowMs = Math.round(now.atMs - before.atMs);
  const cpuSeconds = now.cpuSeconds - before.cpuSeconds;
  if (windowMs < SHORTEST_WINDOW_MS || cpuSeconds < 0) return undefined;
  const cpuNanocores = Math.round((cpuSeconds * 1e9) / (windowMs / 1000));
  return { windowMs, cpuNanocores, memoryBytes: Math.round(now.workingSetBytes) };
}

/** A pod's containers with what each used; undefined unless there are any and all of them were measured. */
export function podUsage(uid: string, containers: ContainerUsage[]): PodUsage | undefined {
  return containers.length > 0 && containers.every(({ usage }) => usage) ? { uid, containers } : undefined;
}

/** What pods use together: the use of a machine that cannot be looked at itself. The shortest window holds for all of it. */
export function sumOf(pods: readonly PodUsage[]): MeasuredUsage | undefined {
  const all = pods.flatMap(({ containers }) => containers.flatMap(({ usage }) => usage ?? []));
  if (all.length === 0) return undefined;
  return {
    windowMs: Math.min(...all.map(({ windowMs }) => windowMs)),
    cpuNanocores: all.reduce((sum, { cpuNanocores }) => sum + cpuNanocores, 0),
    memoryBytes: all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}
