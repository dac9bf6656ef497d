import type { Clock, Timer } from './clock.ts';

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that stands still until it is told to advance; timers fire in order of time, then of setting. */
export class ManualClock implements Clock {
  private nowMs: number;
  private readonly startMs: number;
  private readonly timers = new Set<Due>();
  private orders = 0;

  constructor(startMs = Date.parse('2030-01-01T00:00:00Z')) {
    this.startMs = startMs;
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs - this.startMs;
  }

  setTimer(delayMs: number, fn: () => void): Timer {
    this.orders += 1;
    const due = { atMs: this.nowMs + Math.max(0, delayMs), order: this.orders, fn };
    this.timers.add(due);
    return { cancel: () => this.timers.delete(due) };
  }

  /** Timers that are set. */
  get pending(): number {
    return this.timers.size;
  }

  /** When the next timer is due. */
  get nextMs(): number | undefined {
    return this.first()?.atMs;
  }

  /** Lets `ms` pass: fires what is due, and lets promises settle before and after each timer. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settled();
    for (let due = this.first(); due && due.atMs <= untilMs; due = this.first()) {
      this.timers.delete(due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.fn();
      await settled();
    }
    this.nowMs = untilMs;
  }

  private first(): Due | undefined {
    let first: Due | undefined;
    for (const due of this.timers) {
      if (!first || due.atMs < first.atMs || (due.atMs === first.atMs && due.order < first.order)) first = due;
    }
    return first;
  }
}

/** A few turns of the event loop: what needs no time is done by then. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
