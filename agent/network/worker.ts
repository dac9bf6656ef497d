import { type BackoffPolicy, backoffMs } from '../../platform/backoff.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';

const RETRY: BackoffPolicy = { baseMs: 500, maxMs: 30_000 };

export interface WorkerParts {
  /** Makes what is so as it should be. May be called again at any time. */
  readonly work: () => Promise<void>;
  /** Hears of each failure that is news; it is tried again until it works. */
  readonly failed: (error: unknown) => void;
  /** What comes within this time is done together. Default: at once. */
  readonly gatherMs?: number;
  readonly clock: Clock;
  readonly rng: Rng;
}

/**
 * Does one thing whenever it is asked to, once at a time; what is asked for meanwhile is done once more. Owns the timer of the next time,
 * and the run under way.
 */
export class Worker {
  readonly #parts: WorkerParts;
  #running: Promise<void> | undefined;
  #asked = false;
  #timer: Timer | undefined;
  #failures = 0;
  #lastWords = '';
  #stopped = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  ask(): void {
    this.#asked = true;
    if (!this.#running) this.#later(this.#parts.gatherMs ?? 0);
  }

  /** Waits for the run under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer ??= this.#parts.clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    const { work, failed, gatherMs = 0, rng } = this.#parts;
    this.#asked = false;
    let delayMs = gatherMs;
    try {
      await work();
      this.#failures = 0;
      this.#lastWords = '';
    } catch (error) {
      this.#asked = true;
      delayMs = backoffMs(RETRY, ++this.#failures, rng);
      const words = String(error);
      if (words !== this.#lastWords) failed(error);
      this.#lastWords = words;
    }
    this.#running = undefined;
    if (this.#asked) this.#later(delayMs);
  }
}
