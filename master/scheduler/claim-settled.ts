import { persistentVolumeClaims } from '../../api/core/persistent-volume-claim.ts';
import { sleep } from '../../platform/clock.ts';
import type { SchedulerContext } from './scheduler-context.ts';

/**
 * Resolves once every claim has its volume. Rejects when one is gone, or after `timeoutMs` (the claims' volumes may still come;
 * the pod is then placed anew), or when `stopped`.
 */
export async function claimSettled(
  { cache, clock }: Pick<SchedulerContext, 'cache' | 'clock'>,
  namespace: string,
  names: readonly string[],
  timeoutMs: number,
  stopped: AbortSignal,
): Promise<void> {
  const isBound = (name: string) => {
    const claim = cache.get(persistentVolumeClaims, namespace, name);
    if (!claim) throw new Error(`persistentvolumeclaim "${name}" is gone`);
    return claim.status?.phase === 'Bound';
  };
  if (names.every(isBound)) return;
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const unsubscribe = cache.subscribe(persistentVolumeClaims, () => {
    try {
      if (names.every(isBound)) resolve();
    } catch (error) {
      reject(error);
    }
  });
  const timeout = sleep(clock, timeoutMs, AbortSignal.any([stopped, ended.signal])).then(() => {
    throw new Error(`claims ${names.join(', ')} got no volume within ${timeoutMs / 1000} s`);
  });
  try {
    await Promise.race([promise, timeout]);
  } finally {
    unsubscribe();
    ended.abort();
    timeout.catch(() => undefined);
  }
}
