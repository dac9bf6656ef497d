import { type BackoffPolicy, backoffMs } from '../../../platform/backoff.ts';
import type { Clock, Timer } from '../../../platform/clock.ts';
import type { Rng } from '../../../platform/rng.ts';
import { FairLine } from './fair-line.ts';

/** What came of working on a key. */
export type Outcome =
  /**
   * Forget it until somebody adds it again, or for `wakeAfterMs` at most. Where there is more to do at once (0), that is all; else it is
   * not worked on before `restMs` have passed, whoever adds it.
   */
  | { readonly type: 'done'; readonly wakeAfterMs?: number; readonly restMs?: number }
  /** Work on it again after a back-off that grows with each time in a row. */
  | { readonly type: 'retry' };

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Keys worked on at once. */
  readonly workers: number;
  readonly backoff: BackoffPolicy;
  /** Works on one key. Must not throw. */
  readonly work: (key: string) => Promise<Outcome>;
  /** Told of what goes on; must be quick. */
  readonly watch?: QueueWatch;
}

export interface QueueWatch {
  /** A key came that did not wait yet. */
  added(): void;
  /** Its work begins. */
  taken(waitedMs: number): void;
  /** It is tried again after a failure. */
  retried(): void;
}

/** After this long in one go the queue lets the rest of the process have its turn. */
const TURN_MS = 10;

/**
 * Keys that need work.
 *
 * Owns: keys that wait, namespace by namespace; keys at work; keys that rest; keys added again meanwhile; wake-ups; failures in a row.
 * Invariants: a key waits at most once and is worked on at most once at a time; a key added while at work or at rest is worked on again;
 * a key has at most one wake-up, and none while it waits or is at work.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new FairLine();
  readonly #active = new Map<string, { readonly done: Promise<void>; readonly sinceMs: number }>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  readonly #rests = new Map<string, Timer>();
  readonly #failures = new Map<string, number>();
  #scheduled = false;
  #turnEndsMs = 0;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Keys that wait or are at work. */
  get depth(): number {
    return this.#waiting.size + this.#active.size;
  }

  /** Keys that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** For how long each key that is at work has been, in milliseconds. */
  runningMs(): number[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#active.values()].map(({ sinceMs }) => nowMs - sinceMs);
  }

  add(key: string): void {
    if (this.#stopped) return;
    if (this.#active.has(key) || this.#rests.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#cancelTimer(key);
    if (this.#waiting.add(key, this.#options.clock.monotonicMs())) this.#options.watch?.added();
    this.#schedule();
  }

  /** Takes no more keys and resolves once none is at work. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const timer of [...this.#timers.values(), ...this.#rests.values()]) timer.cancel();
    this.#timers.clear();
    this.#rests.clear();
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  /** Work never starts inside `add`: who adds is in the middle of hearing about a change. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#turnEndsMs = this.#options.clock.monotonicMs() + TURN_MS;
      this.#pump();
    });
  }

  #pump(): void {
    this.#scheduled = false;
    const { clock, workers, watch } = this.#options;
    while (!this.#stopped && this.#active.size < workers && this.#waiting.size > 0) {
      const nowMs = clock.monotonicMs();
      if (nowMs > this.#turnEndsMs) {
        this.#yieldTurn();
        return;
      }
      const next = this.#waiting.take();
      if (!next) return;
      watch?.taken(nowMs - next.addedMs);
      this.#active.set(next.key, { done: this.#process(next.key), sinceMs: nowMs });
    }
  }

  #yieldTurn(): void {
    this.#scheduled = true;
    this.#options.clock.setTimer(0, () => {
      this.#turnEndsMs = this.#options.clock.monotonicMs() + TURN_MS;
      this.#pump();
    });
  }

  async #process(key: string): Promise<void> {
    // The key must stand among those at work before its work begins.
    await Promise.resolve();
    const outcome = await this.#options.work(key);
    this.#active.delete(key);
    if (this.#stopped) return;
    this.#settle(key, outcome);
    if (!this.#scheduled) this.#pump();
  }

  #settle(key: string, outcome: Outcome): void {
    const again = this.#again.delete(key);
    if (outcome.type === 'done') {
      const { wakeAfterMs, restMs = 0 } = outcome;
      this.#failures.delete(key);
      if (restMs > 0 && wakeAfterMs !== 0) this.#rest(key, restMs);
      if (again) this.add(key);
      else if (wakeAfterMs !== undefined) this.#wake(key, wakeAfterMs);
      return;
    }
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#options.watch?.retried();
    // What was added meanwhile waits as well: its change is most likely what the failed attempt itself wrote.
    this.#wake(key, backoffMs(this.#options.backoff, failures, this.#options.rng));
  }

  #rest(key: string, restMs: number): void {
    const timer = this.#options.clock.setTimer(restMs, () => {
      this.#rests.delete(key);
      if (this.#again.delete(key)) this.add(key);
    });
    this.#rests.set(key, timer);
  }

  #wake(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    this.#cancelTimer(key);
    const timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, timer);
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }
}
