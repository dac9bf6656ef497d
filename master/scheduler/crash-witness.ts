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
  #seen: { readonly ownerUid: string; readonly nodeName: string }[] = [];

  constructor(book: CrashBook) {
    this.#book = book;
  }

  /** The pod has ended, or is going away, on the node. */
  ended(pod: Pod, nodeName: string): void {
    const owner = ownerOf(pod);
    if (owner && hasCrashed(pod)) this.#seen.push({ ownerUid: owner.uid, nodeName });
  }

  enter(nowMs: number, policy: CrashPolicy): void {
    for (const { ownerUid, nodeName } of this.#seen.splice(0)) this.#book.record(ownerUid, nodeName, nowMs, policy);
    this.#book.expire(nowMs);
  }
}

/** It failed by itself (not by eviction), or was left in a loop of crashes. */
function hasCrashed({ status }: Pod): boolean {
  if (status?.phase === 'Failed') return !status.reason;
  return status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff') ?? false;
}
