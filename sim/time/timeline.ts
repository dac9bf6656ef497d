import type { Timer } from '../../platform/clock.ts';
import { Trace } from './trace.ts';

/** One event to come. `life`: it happens only if that process still lives then. */
interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly what: string;
  readonly life: Mortal | undefined;
  fn: (() => void) | undefined;
}

/** Something that may be dead by the time that its event is due. */
export interface Mortal {
  readonly alive: boolean;
}

/** The real ones: whatever else replaces them, the simulation itself goes on by them. */
const { nextTick } = process;
const nextTurn = setImmediate;
/** After so many events the event loop has a real turn: rejections that nobody handles are told of, and memory is given back. */
const EVENTS_PER_TURN = 256;

/**
 * Time, as far as the simulation is concerned: a heap of events, each at a moment. Between two of them every promise that can settle does so,
 * and nothing else happens: no work takes time unless an event says so.
 *
 * Owns: the moment, and what is to come. Invariant: events happen in the order of their times, and at one time in the order in which they
 * were planned.
 */
export class Timeline {
  readonly trace = new Trace();
  #nowMs = 0;
  #orders = 0;
  #heap: Due[] = [];
  #cancelled = 0;
  #onEvent: (count: number) => void = () => {};

  /** Milliseconds since the simulation began; may have fractions. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How much is planned. */
  get planned(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Calls back before each event with the number of those before it: how a fault strikes at an exact point. One listener. */
  set onEvent(listener: (count: number) => void) {
    this.#onEvent = listener;
  }

  /** Plans an event `delayMs` from now (negative: now). `what` names it in traces. */
  after(delayMs: number, what: string, fn: () => void, life?: Mortal): Timer {
    this.#orders += 1;
    const due: Due = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#orders, what, life, fn };
    this.#push(due);
    return {
      cancel: () => {
        if (!due.fn) return;
        due.fn = undefined;
        this.#cancelled += 1;
        if (this.#cancelled > 4096 && this.#cancelled > this.#heap.length / 2) this.#sweep();
      },
    };
  }

  /** Lets everything happen until the moment `untilMs`, or `enough` says so after an event, or nothing is left. */
  run(untilMs: number, enough: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let events = 0;
      const step = () => {
        try {
          if (enough()) return resolve();
          const due = this.#next(untilMs);
          if (!due) {
            this.#nowMs = Math.max(this.#nowMs, untilMs);
            return resolve();
          }
          this.#happen(due);
        } catch (error) {
          return reject(error);
        }
        events += 1;
        // A tick that is asked for by a promise comes when none is left to settle, and costs a fraction of a turn.
        if (events % EVENTS_PER_TURN === 0) nextTurn(step);
        else queueMicrotask(() => nextTick(step));
      };
      nextTurn(step);
    });
  }

  #happen(due: Due): void {
    const { fn } = due;
    due.fn = undefined;
    this.#nowMs = due.atMs;
    this.#onEvent(this.trace.events);
    if (due.life && !due.life.alive) return;
    this.trace.event(due.what, due.atMs);
    fn?.();
  }

  /** The next event that has not been cancelled, if it is due by then. */
  #next(untilMs: number): Due | undefined {
    for (;;) {
      const [first] = this.#heap;
      if (!first || (first.fn && first.atMs > untilMs)) return undefined;
      this.#pop();
      if (first.fn) return first;
      this.#cancelled -= 1;
    }
  }

  #sweep(): void {
    this.#heap = this.#heap.filter(({ fn }) => fn).sort((a, b) => (before(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(due, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const before = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
