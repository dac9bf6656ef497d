import { createHash } from 'node:crypto';
import type { Clock } from '../../platform/clock.ts';
import type { MasterAnswer } from '../master-call.ts';

/** What becomes of a request for metrics that shows a token: HTTP's codes. */
export type Verdict = 200 | 401 | 403;

/** POSTs a review to the master; rejects when it cannot be asked. */
export type Review = (path: string, body: object) => Promise<MasterAnswer>;

const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** What the master has said counts for so long, */
const FRESH_MS = 60_000;
/** and for so long while the master cannot be asked: that is when somebody wants to look. */
const STALE_MS = 10 * 60_000;
const MAX_REMEMBERED = 256;
/** Questions at a time. */
const MAX_ASKING = 16;

interface Remembered {
  readonly verdict: Promise<Verdict>;
  readonly atMs: number;
}

/**
 * Who may read this node's metrics by a bearer token: whom the master knows by it and lets `get nodes/metrics` of this node, as
 * Kubernetes' kubelet has it (its docs, "Kubelet authentication/authorization").
 *
 * Owns: the latest verdicts, by the token's digest, bounded; requests with one token that come together are one question.
 */
export class Readers {
  readonly #nodeName: string;
  readonly #review: Review;
  readonly #clock: Clock;
  readonly #verdicts = new Map<string, Remembered>();
  #asking = 0;

  constructor(nodeName: string, review: Review, clock: Clock) {
    this.#nodeName = nodeName;
    this.#review = review;
    this.#clock = clock;
  }

  /** Rejects when the master cannot be asked and has not said anything lately. */
  async verdict(token: string): Promise<Verdict> {
    const key = createHash('sha256').update(token).digest('base64');
    const nowMs = this.#clock.now();
    const known = this.#verdicts.get(key);
    if (known && nowMs - known.atMs < FRESH_MS) return known.verdict;
    const verdict = this.#ask(token).catch((error: Error) => this.#unanswered(key, known, error));
    this.#remember(key, { verdict, atMs: nowMs });
    return verdict;
  }

  #unanswered(key: string, before: Remembered | undefined, error: Error): Promise<Verdict> {
    this.#verdicts.delete(key);
    if (!before || this.#clock.now() - before.atMs >= STALE_MS) throw error;
    this.#remember(key, before);
    return before.verdict;
  }

  async #ask(token: string): Promise<Verdict> {
    if (this.#asking >= MAX_ASKING) throw new Error(`the master is being asked about ${MAX_ASKING} other tokens`);
    this.#asking++;
    try {
      return await this.#answerOf(token);
    } finally {
      this.#asking--;
    }
  }

  async #answerOf(token: string): Promise<Verdict> {
    const { authenticated, user } = await this.#status(TOKEN_REVIEWS, { token });
    if (authenticated !== true) return 401;
    const { username, uid, groups, extra } = user as Record<string, unknown>;
    const resourceAttributes = { verb: 'get', version: 'v1', resource: 'nodes', subresource: 'metrics' };
    const { allowed } = await this.#status(ACCESS_REVIEWS, {
      ...{ user: username, uid, groups, extra },
      resourceAttributes: { ...resourceAttributes, name: this.#nodeName },
    });
    return allowed === true ? 200 : 403;
  }

  async #status(path: string, spec: object): Promise<Record<string, unknown>> {
    const { code, text, value } = await this.#review(path, { spec });
    if (code !== 201) throw new Error(`the master answered a review with HTTP ${code}: ${text.slice(0, 200)}`);
    return (value.status ?? {}) as Record<string, unknown>;
  }

  #remember(key: string, said: Remembered): void {
    this.#verdicts.delete(key);
    this.#verdicts.set(key, said);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > MAX_REMEMBERED && oldest !== undefined) this.#verdicts.delete(oldest);
  }
}
