import { apiVersionOf, type ResourceName } from '../../api/meta/definition.ts';
import { ApiError, unavailable } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient, CallOptions } from '../../client/client.ts';
import { ServerRefusal } from '../../client/failure.ts';
import { type WatchLine, watch } from '../../client/watching.ts';
import { type BackoffPolicy, backoffMs } from '../../platform/backoff.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';

export type RemoteCall = Pick<CallOptions, 'query' | 'body' | 'contentType' | 'signal'>;

export interface RemoteApiOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** A request that has no answer after this long fails; whether it did anything is then unknown. */
const TIMEOUT_MS = 30_000;
/** A server that is busy is asked this often. */
const TRIES = 5;
const BUSY: BackoffPolicy = { baseMs: 250, maxMs: 5_000 };

/** Where objects of a resource are: `/apis/apps/v1/namespaces/shop/deployments/web`. Without a namespace, those of all. */
export function pathOf(resource: ResourceName, namespace?: string, name?: string): string {
  const root = resource.group ? `/apis/${apiVersionOf(resource)}` : `/api/${resource.version}`;
  const space = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${space}/${resource.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/**
 * An API server as the rest of the house knows one: what it refuses is an `ApiError`, and so is not being reached (503). A server that
 * is busy (429) is asked again a few times.
 */
export class RemoteApi {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #rng: Rng;

  constructor({ client, clock, rng }: RemoteApiOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#rng = rng;
  }

  get server(): string {
    return this.#client.access.server;
  }

  async call<T>(method: string, path: string, call: RemoteCall = {}): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once<T>(method, path, call);
      } catch (error) {
        const failure = failureOf(error, call.signal);
        if (!(failure instanceof ApiError) || failure.code !== 429 || tries >= TRIES) throw failure;
        const askedMs = (failure.status.details?.retryAfterSeconds ?? 0) * 1000;
        await sleep(this.#clock, askedMs + backoffMs(BUSY, tries, this.#rng), call.signal);
      }
    }
  }

  /** The changes of a watch, until the server ends it. Throws as `call` does; ends quietly when the signal aborts. */
  async *watch(path: string, call: RemoteCall): AsyncGenerator<WatchLine> {
    try {
      yield* watch(this.#client, path, call);
    } catch (error) {
      throw failureOf(error, call.signal);
    }
  }

  async #once<T>(method: string, path: string, { signal, ...call }: RemoteCall): Promise<T> {
    const late = new AbortController();
    const timer = this.#clock.setTimer(TIMEOUT_MS, () =>
      late.abort(unavailable(`${method} ${path}: no answer from ${this.server} in ${TIMEOUT_MS / 1000} s`)),
    );
    const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
    try {
      return await this.#client.json<T>(method, path, { ...call, signal: either });
    } catch (error) {
      throw late.signal.aborted && !signal?.aborted ? late.signal.reason : error;
    } finally {
      timer.cancel();
    }
  }
}

function failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof ApiError || signal?.aborted) return error;
  if (!(error instanceof ServerRefusal))
    return unavailable(error instanceof Error ? error.message : String(error), error);
  const { code, reason = '', message = '', details } = error.status;
  return new ApiError(code, reason, message, details, error);
}

/** What the list of a resource answers. */
export interface RemoteList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: ApiObject[] | null;
}
