import type { Pod } from '../../api/core/pod.ts';
import type { CrashBook, CrashPolicy } from './crashes.ts';
import { ownerOf } from './templates.ts';

/**
 * Notices pods that crash.
 *
 * Owns: crashes seen since they were last entered in the book.
 */
export class CrashWitness {
  readonly #book: CrashBook;
  #seen: { readonly ownerUid: string; readonly nodeName: string; readonly count: number }[] = [];

  constructor(book: CrashBook) {
    this.#book = book;
  }

  /** The pod has ended, or is gone, from the node. */
  ended(pod: Pod, nodeName: string): void {
    const owner = ownerOf(pod);
    const count = owner ? crashesOf(pod) : 0;
    if (owner && count > 0) this.#seen.push({ ownerUid: owner.uid, nodeName, count });
  }

  enter(nowMs: number, policy: CrashPolicy): void {
    const seen = this.#seen;
    if (seen.length > 0) this.#seen = [];
    for (const { ownerUid, nodeName, count } of seen) this.#book.record(ownerUid, nodeName, count, nowMs, policy);
    this.#book.expire(nowMs);
  }
}

/**
 * Once when it failed by itself: not by eviction, which gives a reason, and not because it was told to stop. As often as it was
 * restarted when it was taken out of a loop of crashes.
 */
export function crashesOf({ metadata, status }: Pod): number {
  if (status?.phase === 'Failed') return status.reason || metadata?.deletionTimestamp ? 0 : 1;
  if (status?.phase === 'Succeeded') return 0;
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const looping = all.filter(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff');
  return looping.reduce((most, { restartCount }) => Math.max(most, restartCount ?? 0, 1), 0);
}
