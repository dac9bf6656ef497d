import type { Pending } from './pending.ts';
import type { SchedulingQueue } from './queue.ts';

/** Put-offs of one entry grow from the first to the second (as kube-scheduler's pod back-off). */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 10_000;

/**
 * Puts off those whose last try has come to nothing, and the next might as well.
 *
 * Owns: how often each pod has been put off since it last had a place; a gang knows that of itself.
 */
export class BackOff {
  readonly #queue: SchedulingQueue<Pending>;
  readonly #attempts = new Map<string, number>();

  constructor(queue: SchedulingQueue<Pending>) {
    this.#queue = queue;
  }

  delay(entry: Pending, nowMs: number): void {
    const attempts = entry.kind === 'gang' ? ++entry.gang.attempts : (this.#attempts.get(entry.uid) ?? 0) + 1;
    if (entry.kind === 'pod') this.#attempts.set(entry.uid, attempts);
    const untilMs = nowMs + Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
    if (entry.kind === 'gang') entry.gang.notBeforeMs = untilMs;
    this.#queue.delay(entry, untilMs);
  }

  /** It has a place, or wants none any more. */
  forget(uid: string): void {
    this.#attempts.delete(uid);
  }
}
