import { tooManyRequests } from '../../api/meta/errors.ts';
import type { ClientWrites } from '../client-writes.ts';
import type { RequestMetrics } from './metrics.ts';
import type { RequestInfo } from './request.ts';

export interface InFlightLimits {
  /** Seats for requests being served, which the priority levels share (`fairness/`). Watches and other streams take one to begin. */
  readonly requests: number;
  /** Watches, followed logs and other streams open at once. */
  readonly longRunning: number;
}

export const DEFAULT_LIMITS: InFlightLimits = { requests: 400, longRunning: 10_000 };
const RETRY_AFTER_SECONDS = 1;

/** Counts what is under way, and refuses more streams than may be open. Owns the counts. */
export class InFlight {
  /** Ordinary requests that are being served. */
  readonly counts = { mutating: 0, readOnly: 0 };
  readonly #limits: InFlightLimits;
  readonly #metrics: RequestMetrics;
  readonly #clientWrites: ClientWrites | undefined;
  #longRunning = 0;

  constructor(limits: InFlightLimits, metrics: RequestMetrics, clientWrites?: ClientWrites) {
    this.#limits = limits;
    this.#metrics = metrics;
    this.#clientWrites = clientWrites;
    metrics.readInFlight(() => this.counts);
  }

  /** Counts an ordinary request; call the result when it is answered. */
  enter(method: string): () => void {
    const isReadOnly = method === 'GET' || method === 'HEAD';
    this.counts[isReadOnly ? 'readOnly' : 'mutating']++;
    if (isReadOnly) return this.#leaveReadOnly;
    this.#clientWrites?.began();
    return this.#leaveMutating;
  }

  /** Admits a watch, a followed log or another stream; call the result when it ends. Throws 429. */
  enterLongRunning(info: RequestInfo): () => void {
    if (this.#longRunning >= this.#limits.longRunning) {
      this.#metrics.refused();
      throw tooManyRequests(
        `${this.#limits.longRunning} watches and other streams are open, which is all that may be; please try again later`,
        RETRY_AFTER_SECONDS,
      );
    }
    this.#longRunning++;
    const leave = this.#metrics.longRunning(info);
    return () => {
      this.#longRunning--;
      leave();
    };
  }

  /** Made once: a request allocates nothing for them. */
  readonly #leaveReadOnly = (): void => {
    this.counts.readOnly--;
  };
  readonly #leaveMutating = (): void => {
    this.counts.mutating--;
    this.#clientWrites?.ended();
  };
}
