import { SELECTED_NODE } from '../../api/core/persistent-volume-binding.ts';
import { persistentVolumeClaims } from '../../api/core/persistent-volume-claim.ts';
import { sleep } from '../../platform/clock.ts';
import type { SchedulerContext } from './scheduler-context.ts';

/** A claim that is to get its volume; `selectedNode` where a provisioner was asked to make it for that node. */
export interface Expected {
  readonly name: string;
  readonly selectedNode?: string;
}

/** The claims did not get their volumes; the message is for whoever wonders why the pod is not placed. */
export class Unsettled extends Error {}

/**
 * Resolves once every claim has its volume. Rejects with `Unsettled` when one is gone, when a provisioner takes back the node that was
 * selected (by which it says that it cannot make the volume there), or after `timeoutMs` (the claims' volumes may still come; the
 * pod is then placed anew); with another error when `stopped`.
 */
export async function claimsSettled(
  { cache, clock }: Pick<SchedulerContext, 'cache' | 'clock'>,
  namespace: string,
  claims: readonly Expected[],
  timeoutMs: number,
  stopped: AbortSignal,
): Promise<void> {
  // What the cache shows may be older than our own writes.
  const asked = new Set<string>();
  const isSettled = ({ name, selectedNode }: Expected) => {
    const claim = cache.get(persistentVolumeClaims, namespace, name);
    if (!claim) throw new Unsettled(`persistentvolumeclaim "${name}" is gone`);
    if (claim.status?.phase === 'Bound') return true;
    if (selectedNode === undefined) return false;
    if (claim.metadata?.annotations?.[SELECTED_NODE] === selectedNode) asked.add(name);
    else if (asked.has(name))
      throw new Unsettled(`the provisioner could not make a volume for claim ${name} on ${selectedNode}`);
    return false;
  };
  // Each is looked at, whatever the others say.
  const areSettled = () => claims.map(isSettled).every(Boolean);
  if (areSettled()) return;
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const unsubscribe = cache.subscribe(persistentVolumeClaims, () => {
    try {
      if (areSettled()) resolve();
    } catch (error) {
      reject(error);
    }
  });
  const timeout = sleep(clock, timeoutMs, AbortSignal.any([stopped, ended.signal])).then(() => {
    const names = claims.map(({ name }) => name).join(', ');
    throw new Unsettled(`claims ${names} got no volume within ${timeoutMs / 1000} s`);
  });
  try {
    await Promise.race([promise, timeout]);
  } finally {
    unsubscribe();
    ended.abort();
    timeout.catch(() => undefined);
  }
}
