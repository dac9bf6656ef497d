import type { Clock } from '../../../platform/clock.ts';
import type { MetricAnswer, MetricReader } from './metric-source.ts';

/** An answer is asked for anew when it is this old, */
const FRESH_MS = 10_000;
/** and counts for so long while no newer one comes. */
const STALE_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** Queries remembered; the one that was asked longest ago goes first. */
const MOST_QUERIES = 1_000;
const MOST_ASKING = 8;

/** GETs a URL; resolves with the status and the body as JSON. */
export type FetchJson = (
  url: string,
  signal: AbortSignal,
) => Promise<{ readonly code: number; readonly body: unknown }>;

interface Entry {
  answer: MetricAnswer;
  askedMs: number;
  atMs: number;
}

/**
 * Metrics from a Prometheus server's query API (Prometheus, "HTTP API", "Instant queries"). Owns the newest answer to each query;
 * nothing is asked that nobody wants to know.
 */
export class PrometheusReader implements MetricReader {
  readonly #url: string;
  readonly #fetch: FetchJson;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #asking = 0;

  constructor(url: string, fetch: FetchJson, clock: Clock) {
    this.#url = url.replace(/\/+$/, '');
    this.#fetch = fetch;
    this.#clock = clock;
  }

  ask(query: string): MetricAnswer {
    const nowMs = this.#clock.now();
    const known = this.#entries.get(query) ?? { answer: { state: 'pending' }, askedMs: 0, atMs: nowMs };
    this.#remember(query, known);
    if (nowMs - known.askedMs >= FRESH_MS && this.#asking < MOST_ASKING) void this.#refresh(query, known);
    return nowMs - known.atMs > STALE_MS && known.answer.state === 'known' ? { state: 'pending' } : known.answer;
  }

  #remember(query: string, entry: Entry): void {
    this.#entries.delete(query);
    this.#entries.set(query, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_QUERIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  async #refresh(query: string, entry: Entry): Promise<void> {
    entry.askedMs = this.#clock.now();
    this.#asking++;
    const deadline = new AbortController();
    const timer = this.#clock.setTimer(TIMEOUT_MS, () =>
      deadline.abort(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`)),
    );
    try {
      const { code, body } = await this.#fetch(
        `${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`,
        deadline.signal,
      );
      entry.answer = answerOf(code, body);
    } catch (error) {
      entry.answer = { state: 'failed', message: `cannot ask ${this.#url}: ${(error as Error).message}` };
    } finally {
      entry.atMs = this.#clock.now();
      this.#asking--;
      timer.cancel();
    }
  }
}

interface QueryBody {
  readonly status?: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType?: string;
    readonly result?: readonly {
      readonly metric?: Record<string, string>;
      readonly value?: readonly [number, string];
    }[];
  };
}

function answerOf(code: number, body: unknown): MetricAnswer {
  const { status, error, data } = (body ?? {}) as QueryBody;
  if (status !== 'success' || data?.resultType !== 'vector') {
    return { state: 'failed', message: `the query was refused (HTTP ${code}): ${error ?? 'no vector'}` };
  }
  const values = new Map<string, number>();
  for (const { metric = {}, value } of data.result ?? []) {
    const number = Number(value?.[1]);
    if (Number.isFinite(number)) values.set(metric.pod ?? '', number);
  }
  return { state: 'known', values };
}
