import { join } from 'node:path';
import { quantityValue } from '../../api/meta/quantity.ts';
import type { PodEnding } from '../plan/state.ts';
import { type Pod, podKey, specOf } from '../pod-types.ts';
import { diskUse } from './disk-use.ts';

export interface SizeLimitParts {
  /** Pods that run here, or are about to. */
  readonly pods: () => Iterable<Pod>;
  readonly podDir: (uid: string) => string;
  readonly end: (uid: string, ending: PodEnding) => void;
}

export interface LimitedVolume {
  readonly name: string;
  readonly path: string;
  readonly limit: string;
  readonly limitBytes: number;
}

/** The pod's volumes on disk that may hold only so much. What is in memory, the kernel bounds. */
export function limitedVolumes(pod: Pod, podDir: string): LimitedVolume[] {
  return (specOf(pod).volumes ?? []).flatMap(({ name, emptyDir }) => {
    const { sizeLimit: limit, medium } = emptyDir ?? {};
    const limitBytes = limit === undefined ? 0 : quantityValue(limit);
    if (limit === undefined || medium || limitBytes <= 0) return [];
    return [{ name, path: join(podDir, 'volumes', name), limit, limitBytes }];
  });
}

/**
 * Ends pods whose volumes hold more than they may (Kubernetes, "emptyDir", `sizeLimit`; "Node-pressure Eviction"). Only volumes
 * with a limit are measured, one after the other.
 */
export async function endGreedyPods({ pods, podDir, end }: SizeLimitParts, signal: AbortSignal): Promise<void> {
  for (const pod of [...pods()]) {
    if (!specOf(pod).volumes?.some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined)) continue;
    const { uid } = podKey(pod);
    for (const { name, path, limit, limitBytes } of limitedVolumes(pod, podDir(uid))) {
      if (signal.aborted) return;
      if ((await diskUse(path, limitBytes)) <= limitBytes) continue;
      const message = `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}".`;
      end(uid, { reason: 'Evicted', message, graceSeconds: 1 });
      break;
    }
  }
}
