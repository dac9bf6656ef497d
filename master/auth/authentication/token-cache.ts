import type { Clock } from '../../../platform/clock.ts';
import type { Bearer } from './token-authenticator.ts';

const KEPT_MS = 30_000;
const MOST_TOKENS = 4096;

interface Entry {
  readonly bearer: Bearer;
  readonly untilMs: number;
}

/**
 * Tokens that were found good a moment ago, so that a request costs no signature check. What a token rests on is looked at
 * every time; only the signature is taken on trust.
 *
 * Owns: at most 4,096 tokens, each for 30 s; the oldest makes room.
 */
export class TokenCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(token: string): Bearer | undefined {
    const entry = this.#entries.get(token);
    if (!entry) return undefined;
    if (entry.untilMs > this.#clock.now() && entry.bearer.holds?.() !== false) return entry.bearer;
    this.#entries.delete(token);
    return undefined;
  }

  set(token: string, bearer: Bearer): void {
    if (this.#entries.size >= MOST_TOKENS) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    const untilMs = Math.min(this.#clock.now() + KEPT_MS, bearer.expiresAtMs ?? Number.POSITIVE_INFINITY);
    this.#entries.set(token, { bearer, untilMs });
  }
}
