import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { ApiError } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { type BackoffPolicy, backoffMs } from '../../platform/backoff.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import { pathOf, type RemoteApi, type RemoteList } from './remote-api.ts';

/** Who is told what a server has of one resource. */
export interface Mirror {
  /** These are all there are. */
  replace(objects: readonly ApiObject[], version: string): void;
  put(object: ApiObject): void;
  remove(object: ApiObject): void;
}

export interface ReflectorOptions {
  readonly resource: ResourceDefinition;
  /** Whether servers may lack the resource: then it counts as one without objects. */
  readonly optional: boolean;
  readonly mirror: Mirror;
  readonly api: Pick<RemoteApi, 'call' | 'watch'>;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** Objects per page of a list. */
const PAGE = 500;
/** Servers end a watch after this long, or half as long again; then it goes on from where it was (client-go: 5 to 10 minutes). */
const WATCH_SECONDS = 400;
/** A watch that ends sooner than this and says nothing counts as failed. */
const SHORTEST_WATCH_MS = 1_000;
/** As client-go's. */
const RETRY: BackoffPolicy = { baseMs: 800, maxMs: 30_000 };
/** A resource that the server lacks may be installed later. */
const ABSENT_MS = 300_000;

const isExpired = (error: unknown) => error instanceof ApiError && error.code === 410;
/** Whoever may read nothing of a group is not told whether the server has it. */
const isAbsence = (error: unknown) => error instanceof ApiError && (error.code === 404 || error.code === 403);

/**
 * Follows one resource of an API server: lists it, page by page, and then watches from that version, for as long as it runs. A
 * watch that ends goes on from the last version it told of, bookmarks included; where the server has forgotten that (410), it lists
 * again. (Kubernetes docs, "API concepts", efficient detection of changes.)
 *
 * Owns: the version up to which the mirror shows the server, and the request under way.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  #version: string | undefined;
  #failures = 0;
  /** Ends what is under way: the reflector is to list anew. */
  #attempt = new AbortController();
  #listed: PromiseWithResolvers<void> | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
  }

  /** Resolves once the mirror shows all that was there when this was called. Never rejects: it tries until `run` ends. */
  refresh(): Promise<void> {
    this.#version = undefined;
    this.#listed ??= Promise.withResolvers();
    this.#attempt.abort(new Error('to be listed anew'));
    return this.#listed.promise;
  }

  /** Until `stopping` aborts. Never rejects. */
  async run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      this.#attempt = new AbortController();
      const signal = AbortSignal.any([stopping, this.#attempt.signal]);
      try {
        await (this.#version === undefined ? this.#list(signal) : this.#watch(signal));
      } catch (error) {
        if (!signal.aborted) await this.#afterFailure(error, signal).catch(() => undefined);
      }
    }
    this.#listed?.resolve();
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { mirror } = this.#options;
    const { objects, version } = await this.#pages(PAGE, signal).catch((error) => {
      // The pages have outlived their version.
      if (isExpired(error)) return this.#pages(undefined, signal);
      throw error;
    });
    if (signal.aborted) return;
    mirror.replace(objects, version);
    this.#version = version;
    this.#settled();
  }

  async #pages(limit: number | undefined, signal: AbortSignal): Promise<{ objects: ApiObject[]; version: string }> {
    const { resource, api } = this.#options;
    const objects: ApiObject[] = [];
    let next: string | undefined;
    let version = '';
    do {
      const query = { limit: limit === undefined ? undefined : String(limit), continue: next };
      const list = await api.call<RemoteList>('GET', pathOf(resource), { query, signal });
      for (const object of list.items ?? []) objects.push(object);
      version = list.metadata?.resourceVersion ?? '';
      next = list.metadata?.continue || undefined;
    } while (next);
    return { objects, version };
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { resource, api, mirror, clock, rng } = this.#options;
    const seconds = Math.round(WATCH_SECONDS * (1 + rng.next() / 2));
    const query = { resourceVersion: this.#version, allowWatchBookmarks: 'true', timeoutSeconds: String(seconds) };
    const sinceMs = clock.monotonicMs();
    let heard = false;
    for await (const { type, object } of api.watch(pathOf(resource), { query, signal })) {
      if (signal.aborted) return;
      heard = true;
      this.#failures = 0;
      if (type === 'DELETED') mirror.remove(object);
      else if (type !== 'BOOKMARK') mirror.put(object);
      this.#version = object.metadata?.resourceVersion ?? this.#version;
    }
    if (!heard && clock.monotonicMs() - sinceMs < SHORTEST_WATCH_MS && !signal.aborted)
      throw new Error('the server ended a watch at once');
  }

  async #afterFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const { resource, optional, mirror, clock, rng, log } = this.#options;
    if (optional && isAbsence(error)) {
      log.info({ resource: resource.plural, group: resource.group }, 'the server has none of these');
      mirror.replace([], '');
      this.#settled();
      this.#version = undefined;
      return sleep(clock, ABSENT_MS, signal);
    }
    this.#failures += 1;
    if (isExpired(error)) this.#version = undefined;
    // The first time, the server has merely forgotten.
    const pauseMs = isExpired(error) && this.#failures === 1 ? 0 : backoffMs(RETRY, this.#failures, rng);
    log.warn({ resource: resource.plural, error: String(error), pauseMs }, 'cannot follow the server; trying again');
    await sleep(clock, pauseMs, signal);
  }

  #settled(): void {
    this.#failures = 0;
    this.#listed?.resolve();
    this.#listed = undefined;
  }
}
