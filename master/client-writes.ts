import type { Clock, Timer } from '../platform/clock.ts';

/** Writes of clients for each of the bulk work. */
const CLIENTS_PER_BULK = 10;
/** Clients that wrote a moment ago write again: answers to many of them come together. */
const STILL_MS = 20;
/** Bulk writes in the first 20 ms in which nobody else writes; twice as many in each of the next. */
const FIRST_BURST = 32;
const LARGEST_BURST = 4_096;
/** Bulk work that comes after so long begins slowly again. */
const FORGET_MS = 1_000;

/**
 * Who rolls over five thousand pods would have the machine to himself, and everybody else's pods would wait. While clients write, bulk
 * work of the controllers has a tenth as many writes as they have, and no fewer than one in 20 ms, so that it comes to its end. While
 * nobody else writes it has as many as it wants, after a slow start: what is under way cannot be taken back when a client comes.
 * Waiting writes go first come, first served: who has many asks for one after the other.
 *
 * Owns: the count of clients' writes under way, the line of those who wait, and the timer for their next turn.
 */
export class ClientWrites {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #endedMs = Number.NEGATIVE_INFINITY;
  /** Clients' writes since bulk work last had a turn. */
  #passed = 0;
  #burst = FIRST_BURST;
  /** What is left of the burst that was granted last, and when that was. */
  #left = 0;
  #grantedMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  began(): void {
    this.#underWay++;
  }

  ended(): void {
    this.#underWay--;
    this.#endedMs = this.#clock.monotonicMs();
    if (this.#waiting.length > 0 && ++this.#passed >= CLIENTS_PER_BULK) this.#serve();
  }

  /** Asked before each write of bulk work. `undefined`: there is room; otherwise it is to wait for its turn. */
  room(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#still) {
      this.#grant();
      if (this.#left > 0) {
        this.#left--;
        return undefined;
      }
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#timer ??= this.#clock.setTimer(STILL_MS, this.#onTimer);
    });
  }

  get #still(): boolean {
    return this.#underWay === 0 && this.#clock.monotonicMs() - this.#endedMs >= STILL_MS;
  }

  /** The next burst, when it is time for one. */
  #grant(): void {
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = nowMs - this.#grantedMs;
    if (sinceMs < STILL_MS) return;
    this.#burst = sinceMs >= FORGET_MS ? FIRST_BURST : Math.min(2 * this.#burst, LARGEST_BURST);
    this.#left = this.#burst;
    this.#grantedMs = nowMs;
  }

  #serve(): void {
    this.#passed = 0;
    this.#waiting.shift()?.();
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#still) {
      this.#grant();
      for (const go of this.#waiting.splice(0, this.#left)) {
        this.#left--;
        go();
      }
    } else {
      this.#burst = FIRST_BURST / 2;
      this.#serve();
    }
    if (this.#waiting.length > 0) this.#timer = this.#clock.setTimer(STILL_MS, this.#onTimer);
  };
}
