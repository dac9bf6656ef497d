import type { ObservedContainer } from '../plan/state.ts';

/**
 * Containers whose files nobody needs as much as room on the disk (Kubernetes, "Garbage collection of unused containers and images"):
 * all of pods that are over, and of others each attempt but the last.
 */
export function deadContainers(containers: readonly ObservedContainer[], over: boolean): ObservedContainer[] {
  const last = new Map<string, number>();
  for (const { role, name, attempt } of containers)
    last.set(`${role}/${name}`, Math.max(attempt, last.get(`${role}/${name}`) ?? 0));
  return containers.filter(
    ({ role, name, attempt, state }) =>
      state === 'exited' && role !== 'sandbox' && (over || attempt < (last.get(`${role}/${name}`) ?? 0)),
  );
}
