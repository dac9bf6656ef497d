import type { Clock, Timer } from '../../platform/clock.ts';
import type { LeaseId } from './store.ts';
import type { StoredLease } from './table.ts';

interface Entry {
  readonly ttlMs: number;
  deadlineMs: number;
}

/**
 * Owns the deadlines of a store's leases, and one timer: for the earliest. Deadlines are not stored; a store that is opened again
 * gives every lease its whole time anew, for its holder could not keep it alive while the store was away.
 */
export class LeaseTable {
  readonly #entries = new Map<LeaseId, Entry>();
  readonly #clock: Clock;
  readonly #onExpired: (leases: readonly LeaseId[]) => void;
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onExpired: (leases: readonly LeaseId[]) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  add({ id, ttlMs }: StoredLease): void {
    this.#entries.set(id, { ttlMs, deadlineMs: this.#clock.monotonicMs() + ttlMs });
    this.#schedule();
  }

  alive(id: LeaseId): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && this.#clock.monotonicMs() < entry.deadlineMs;
  }

  /** Gives the lease its whole time again; false when it has ended. */
  keepAlive(id: LeaseId): boolean {
    const entry = this.#entries.get(id);
    if (!entry || !this.alive(id)) return false;
    entry.deadlineMs = this.#clock.monotonicMs() + entry.ttlMs;
    return true;
  }

  remove(id: LeaseId): void {
    this.#entries.delete(id);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#entries.clear();
  }

  /** A deadline that moved back leaves the timer alone: it fires early once, and is set again. */
  #schedule(): void {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.#entries.values()) earliestMs = Math.min(earliestMs, deadlineMs);
    if (earliestMs === Number.POSITIVE_INFINITY || (this.#timer && this.#timerMs <= earliestMs)) return;
    this.#timer?.cancel();
    this.#timerMs = earliestMs;
    this.#timer = this.#clock.setTimer(Math.max(0, Math.ceil(earliestMs - this.#clock.monotonicMs())), () => {
      this.#timer = undefined;
      this.#expire();
      this.#schedule();
    });
  }

  #expire(): void {
    const nowMs = this.#clock.monotonicMs();
    const expired = [...this.#entries].filter(([, { deadlineMs }]) => deadlineMs <= nowMs).map(([id]) => id);
    for (const id of expired) this.#entries.delete(id);
    if (expired.length > 0) this.#onExpired(expired);
  }
}
