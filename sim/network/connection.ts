import type { Life } from '../time/life.ts';
import type { Network } from './network.ts';

/** One end of a connection: a process on a host. */
export interface End {
  readonly host: string;
  readonly life: Life;
  /** Messages come in the order in which they were sent. */
  received(message: unknown): void;
  /** Nothing more will come, and what was sent last may not have arrived. Not told to who has closed it. */
  lost(reason: Error): void;
}

export type Side = 0 | 1;

/** After so long without a sign of life both ends take a connection for broken (keepalive). */
const SILENCE_MS = 20_000;
/** The last thing that comes from an end that has closed. */
const GOODBYE = Symbol('goodbye');

interface Lane {
  readonly waiting: unknown[];
  /** When the last of them is due. */
  lastMs: number;
}

/**
 * A connection as TCP gives it: in each direction messages keep their order and none is missing, or the connection breaks. While the way is
 * cut they wait to be sent again; both ways count, for what arrives must be acknowledged.
 *
 * Owns: what is under way. Invariant: an end that has closed or was told of the loss hears nothing more.
 */
export class Connection {
  readonly #network: Network;
  readonly #ends: readonly [End, End];
  readonly #onOver: () => void;
  readonly #lanes: readonly [Lane, Lane] = [
    { waiting: [], lastMs: 0 },
    { waiting: [], lastMs: 0 },
  ];
  readonly #deaf: [boolean, boolean] = [false, false];
  readonly #release: (() => void)[];
  #stalled = false;

  constructor(network: Network, ends: readonly [End, End], onOver: () => void) {
    this.#network = network;
    this.#ends = ends;
    this.#onOver = onOver;
    this.#release = ([0, 1] as const).map((side) => ends[side].life.onEnd(() => this.close(side)));
  }

  get hosts(): readonly [string, string] {
    return [this.#ends[0].host, this.#ends[1].host];
  }

  /** Messages under way, both ways. */
  get waiting(): number {
    return this.#lanes[0].waiting.length + this.#lanes[1].waiting.length;
  }

  /** Whether this end has it still. */
  hears(side: Side): boolean {
    return !this.#deaf[side];
  }

  send(side: Side, message: unknown): void {
    if (this.#deaf[side]) return;
    this.#put(side, message);
  }

  /** The other end hears of it after all that was sent. */
  close(side: Side): void {
    if (this.#deaf[side]) return;
    this.#silence(side);
    this.#put(side, GOODBYE);
  }

  /** Both ends lose it, and what is under way. */
  break(why: string): void {
    for (const side of [0, 1] as const) this.#lose(side, why);
  }

  /** The way is cut in one direction or both. */
  stall(): void {
    if (this.#stalled) return;
    this.#stalled = true;
    const { timeline } = this.#network;
    timeline.after(SILENCE_MS, 'silence', () => {
      if (this.#stalled) this.break('nothing was heard for too long');
    });
  }

  /** The way may be free again: what waited for that arrives. */
  flow(): void {
    if (!this.#stalled || !this.#open) return;
    this.#stalled = false;
    for (const side of [0, 1] as const) {
      const { timeline } = this.#network;
      const late = this.#lanes[side].waiting.length;
      for (let n = 0; n < late; n += 1) timeline.after(0, 'again', () => this.#arrive(side));
    }
  }

  get #open(): boolean {
    const [one, other] = this.hosts;
    return this.#network.reaches(one, other) && this.#network.reaches(other, one);
  }

  #put(side: Side, message: unknown): void {
    const lane = this.#lanes[side];
    const { timeline } = this.#network;
    const [from, to] = side === 0 ? this.hosts : [this.hosts[1], this.hosts[0]];
    lane.waiting.push(message);
    lane.lastMs = Math.max(lane.lastMs, timeline.nowMs + this.#network.delayMs());
    timeline.after(lane.lastMs - timeline.nowMs, `${from}>${to}`, () => this.#arrive(side));
  }

  /** The next message of one side gets to the other. */
  #arrive(side: Side): void {
    if (!this.#open) this.stall();
    // Those that came while it was stalled arrive with the flow.
    if (this.#stalled) return;
    const { waiting } = this.#lanes[side];
    if (waiting.length === 0) return;
    const message = waiting.shift();
    const other = side === 0 ? 1 : 0;
    if (message === GOODBYE) this.#lose(other, 'the other side has gone');
    else if (!this.#deaf[other]) this.#ends[other].received(message);
  }

  #lose(side: Side, why: string): void {
    if (this.#deaf[side]) return;
    this.#silence(side);
    this.#ends[side].lost(new Error(why));
  }

  #silence(side: Side): void {
    this.#deaf[side] = true;
    if (!this.#deaf[0] || !this.#deaf[1]) return;
    for (const release of this.#release) release();
    this.#onOver();
  }
}
