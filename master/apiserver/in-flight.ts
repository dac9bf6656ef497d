import { tooManyRequests } from '../../api/meta/errors.ts';
import type { RequestMetrics } from './metrics.ts';
import type { RequestInfo } from './request.ts';

export interface InFlightLimits {
  /** Requests served at once, watches and followed logs aside. */
  readonly requests: number;
  /** Watches and followed logs open at once. */
  readonly longRunning: number;
}

export const DEFAULT_LIMITS: InFlightLimits = { requests: 400, longRunning: 10_000 };
const RETRY_AFTER_SECONDS = 1;

/** Counts what is under way and refuses more than the limits. Owns the counts. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #metrics: RequestMetrics;
  readonly #counts = { mutating: 0, readOnly: 0 };
  #longRunning = 0;

  constructor(limits: InFlightLimits, metrics: RequestMetrics) {
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Admits an ordinary request; call the result when it is answered. Throws 429. */
  enter(method: string): () => void {
    if (this.#counts.mutating + this.#counts.readOnly >= this.#limits.requests) this.#refuse();
    const kind = method === 'GET' || method === 'HEAD' ? 'readOnly' : 'mutating';
    this.#count(kind, 1);
    return () => this.#count(kind, -1);
  }

  /** Admits a watch or a followed log; call the result when it ends. Throws 429. */
  enterLongRunning(info: RequestInfo): () => void {
    if (this.#longRunning >= this.#limits.longRunning) this.#refuse();
    this.#longRunning++;
    const leave = this.#metrics.longRunning(info);
    return () => {
      this.#longRunning--;
      leave();
    };
  }

  #count(kind: 'mutating' | 'readOnly', change: number): void {
    this.#counts[kind] += change;
    this.#metrics.setInFlight(kind, this.#counts[kind]);
  }

  #refuse(): never {
    this.#metrics.refused();
    throw tooManyRequests('too many requests are being served, please try again later', RETRY_AFTER_SECONDS);
  }
}
