import { join } from 'node:path';
import type { ContainerStore } from '../container-store.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { ContainerRuntime } from '../runtime.ts';
import { diskUse } from '../volumes/disk-use.ts';
import { removeTree } from '../volumes/remove-tree.ts';

export interface LeftoverParts {
  readonly runtime: Pick<ContainerRuntime, 'diskBytes' | 'remove'>;
  readonly store: Pick<ContainerStore, 'seenPods' | 'of' | 'forget'>;
  /** Pods of which no container will run again. */
  readonly over: () => Iterable<string>;
  readonly podDir: (uid: string) => string;
}

/**
 * Removes what pods have left on the disk and nobody needs as much as room (Kubernetes, "Node-pressure Eviction", "Reclaiming node level
 * resources"): containers that have ended, and the volumes of pods that are over. Their logs go with them. Resolves with the bytes that
 * were freed, about; rejects with the runtime's errors.
 */
export async function removeLeftovers({ runtime, store, over, podDir }: LeftoverParts): Promise<number> {
  const ended = new Set(over());
  let freed = 0;
  for (const { uid } of [...store.seenPods()]) {
    for (const { id } of deadContainers(store.of(uid), ended.has(uid))) {
      freed += await runtime.diskBytes(id);
      await runtime.remove(id);
      store.forget(id);
    }
  }
  for (const uid of ended) {
    // What still runs is ending, and may still write.
    if (store.of(uid).some(({ state }) => state === 'running')) continue;
    const volumes = join(podDir(uid), 'volumes');
    freed += await diskUse(volumes, Number.POSITIVE_INFINITY);
    await removeTree(volumes);
  }
  return freed;
}

/** All ended containers of pods that are over, and of others each attempt but the last. */
export function deadContainers(containers: readonly ObservedContainer[], over: boolean): ObservedContainer[] {
  const last = new Map<string, number>();
  for (const { role, name, attempt } of containers)
    last.set(`${role}/${name}`, Math.max(attempt, last.get(`${role}/${name}`) ?? 0));
  return containers.filter(
    ({ role, name, attempt, state }) =>
      state === 'exited' && role !== 'sandbox' && (over || attempt < (last.get(`${role}/${name}`) ?? 0)),
  );
}
