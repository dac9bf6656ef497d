/** Bounds of one priority level. */
export interface LevelBounds {
  /** Seats there are. */
  readonly seats: number;
  /** Requests that may wait, of one flow and of all. */
  readonly waitingPerFlow: number;
  readonly waiting: number;
}

/** Somebody who waits for a seat; told exactly one of both, unless he gives up. */
export interface Waiter {
  readonly width: number;
  seated(seat: Seat): void;
  /** Another flow, which had less, took the place in the queue. */
  pushedOut(): void;
}

/** A flow may hold this part of a level's seats, so that there is always room for another one. */
const FLOW_PART = 1 / 2;
/** A request is never wider than this part of its level, as in Kubernetes. */
const WIDTH_PART = 0.15;
/** Flows that are remembered though nothing of them is here. */
const MAX_FLOWS = 2_048;

/** Owns: what one flow (one user) has here. */
interface Flow {
  used: number;
  readonly waiting: Waiter[];
  /** In the ring: its first could sit down if seats were free. */
  ready: boolean;
}

/** Owns: seats that are taken, until it leaves. */
export class Seat {
  readonly width: number;
  readonly #level: LevelQueue | undefined;
  readonly #flow: Flow | undefined;
  #left = false;

  /** Without a level: of those who are never counted. */
  constructor(width: number, level?: LevelQueue, flow?: Flow) {
    this.width = width;
    this.#level = level;
    this.#flow = flow;
  }

  /** Gives the seats back. Of no effect the second time. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#level && this.#flow) this.#level.leave(this.#flow, this.width);
  }
}

/**
 * The seats of one priority level and the queues before them. Fair among flows: of those with somebody waiting each seats one in
 * turn, and none holds more than half of the seats. A wide request at the head of the turn is waited for, so that narrow ones
 * cannot pass it for ever. Synchronous, and knows no time: whoever waits too long gives up by himself.
 *
 * Owns: the counts of seats, and who waits. Invariants: no more seats are taken than there are; a flow is in the ring if and only if
 * its first waiter could sit down within the flow's part; while the head of the ring would fit, it does not wait.
 */
export class LevelQueue {
  readonly bounds: LevelBounds;
  readonly #perFlow: number;
  readonly #maxWidth: number;
  readonly #flows = new Map<string, Flow>();
  readonly #ring: Flow[] = [];
  #used = 0;
  #executing = 0;
  #waiting = 0;

  constructor(bounds: LevelBounds) {
    this.bounds = bounds;
    this.#perFlow = Math.max(1, Math.floor(bounds.seats * FLOW_PART));
    this.#maxWidth = Math.min(this.#perFlow, Math.max(1, Math.ceil(bounds.seats * WIDTH_PART)));
  }

  get usedSeats(): number {
    return this.#used;
  }

  /** Requests that are seated. */
  get executing(): number {
    return this.#executing;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get rememberedFlows(): number {
    return this.#flows.size;
  }

  /** The seats of a request that asks for so many. */
  widthOf(asked: number): number {
    return Math.min(asked, this.#maxWidth);
  }

  /** Takes seats at once, where there are and nobody waits for them. */
  enter(name: string, width: number): Seat | undefined {
    const flow = this.#flowOf(name);
    const isFree = this.#ring.length === 0 && flow.waiting.length === 0;
    if (!isFree || this.#used + width > this.bounds.seats || !this.#isWithin(flow, width)) return undefined;
    return this.#seat(flow, width);
  }

  /** Waits in the flow's turn. Returns how to give up, or undefined when the queue is full. */
  wait(name: string, waiter: Waiter): (() => void) | undefined {
    const flow = this.#flowOf(name);
    if (flow.waiting.length >= this.bounds.waitingPerFlow) return undefined;
    if (this.#waiting >= this.bounds.waiting && !this.#pushOut(flow)) return undefined;
    flow.waiting.push(waiter);
    this.#waiting++;
    this.#settle(flow);
    this.#dispatch();
    return () => this.#giveUp(flow, waiter);
  }

  /** For {@link Seat} alone. */
  leave(flow: Flow, width: number): void {
    this.#used -= width;
    this.#executing--;
    flow.used -= width;
    this.#settle(flow);
    this.#dispatch();
  }

  #seat(flow: Flow, width: number): Seat {
    this.#used += width;
    this.#executing++;
    flow.used += width;
    return new Seat(width, this, flow);
  }

  #isWithin(flow: Flow, width: number): boolean {
    return flow.used + width <= this.#perFlow;
  }

  /** Seats whom it can, one of each flow in turn. */
  #dispatch(): void {
    for (;;) {
      const flow = this.#ring[0];
      const first = flow?.waiting[0];
      if (!flow || !first || this.#used + first.width > this.bounds.seats) return;
      this.#ring.shift();
      flow.ready = false;
      flow.waiting.shift();
      this.#waiting--;
      const seat = this.#seat(flow, first.width);
      this.#settle(flow);
      first.seated(seat);
    }
  }

  /** Puts a flow into the ring, at its end, or takes it out. */
  #settle(flow: Flow): void {
    const first = flow.waiting[0];
    const ready = first !== undefined && this.#isWithin(flow, first.width);
    if (ready === flow.ready) return;
    flow.ready = ready;
    if (ready) this.#ring.push(flow);
    else this.#ring.splice(this.#ring.indexOf(flow), 1);
  }

  #giveUp(flow: Flow, waiter: Waiter): void {
    const at = flow.waiting.indexOf(waiter);
    if (at < 0) return;
    flow.waiting.splice(at, 1);
    this.#waiting--;
    this.#settle(flow);
    this.#dispatch();
  }

  /** Makes room for `flow` at the cost of the one that waits for most; false where that is `flow` itself. */
  #pushOut(flow: Flow): boolean {
    let longest = flow;
    for (const other of this.#flows.values()) if (other.waiting.length > longest.waiting.length) longest = other;
    if (longest.waiting.length <= flow.waiting.length + 1) return false;
    const last = longest.waiting.at(-1)!;
    this.#giveUp(longest, last);
    last.pushedOut();
    return true;
  }

  #flowOf(name: string): Flow {
    let flow = this.#flows.get(name);
    if (flow) return flow;
    if (this.#flows.size >= MAX_FLOWS) this.#forgetIdle();
    flow = { used: 0, waiting: [], ready: false };
    this.#flows.set(name, flow);
    return flow;
  }

  #forgetIdle(): void {
    for (const [name, { used, waiting }] of this.#flows) {
      if (used === 0 && waiting.length === 0) this.#flows.delete(name);
    }
  }
}
