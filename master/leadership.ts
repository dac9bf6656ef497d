import { type BackoffPolicy, backoffMs } from '../platform/backoff.ts';
import { type Clock, sleep, type Timer } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Rng } from '../platform/rng.ts';
import type { CacheFeed } from './store/cache.ts';
import { type Compare, type Lease, LeaseLost, type Revision, type Store } from './store/store.ts';

/** The time during which one master leads. */
export interface Term {
  /** Holds as long as the term lasts. What is decided in a term is written with it (`WriteContext.fence`). */
  readonly fence: Compare;
  /** Aborts when the term has ended or may have; whoever leads stops deciding. */
  readonly signal: AbortSignal;
}

export interface LeadershipOptions {
  readonly store: Store;
  /** What must have caught up before a term begins. */
  readonly cache: Pick<CacheFeed, 'waitFor'>;
  /** What is led: `scheduler`, `controllers`. Masters of one cell use the same name. */
  readonly name: string;
  /** This master, and no other, also after it starts again: it takes over from its former self at once. */
  readonly identity: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  /** How long a leader that is silent stays leader. Default 10,000. etcd counts whole seconds, and at least two. */
  readonly ttlMs?: number;
  /** Called when a term begins, with the cache showing all that was written in the terms before. Must not throw. */
  readonly onGained: (term: Term) => void;
}

const TTL_MS = 10_000;
/** A leader says so this often in its time to live. */
const RENEWALS_PER_TTL = 3;
/** How often a leader looks whether its key is still there. */
const CONFIRM_MS = 5_000;
const RETRY: BackoffPolicy = { baseMs: 100, maxMs: 2_000 };

export const leaderKey = (name: string): string => `/stowage/leaders/${name}`;

/**
 * Sees to it that one master at a time leads. The leader is whoever stands under one key of the store, put with a lease that only
 * the living keep. Safety does not rest on clocks: a term is the revision at which its key was put, and each write of the leader
 * compares that, so what a deposed leader still has under way fails. Time only says how soon another takes over.
 *
 * Owns: the campaign, and while it leads the lease and the key.
 */
export class Leadership implements Service {
  readonly #options: LeadershipOptions;
  readonly #key: string;
  readonly #ttlMs: number;
  #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #term: Term | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#key = leaderKey(options.name);
    this.#ttlMs = options.ttlMs ?? TTL_MS;
  }

  /** The term that lasts, if this master leads. */
  get term(): Term | undefined {
    return this.#term;
  }

  /** Begins to campaign; does not wait to win. */
  async start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Ends the term, and lets a successor take over at once. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the leadership is stopping'));
    await this.#running;
  }

  /** Never rejects. */
  async #run(stopping: AbortSignal): Promise<void> {
    const { clock, rng, log, name } = this.#options;
    let failures = 0;
    while (!stopping.aborted) {
      try {
        await this.#campaign(stopping);
        failures = 0;
      } catch (error) {
        if (stopping.aborted) return;
        failures += 1;
        log.warn({ leadership: name, error: String(error) }, 'could not campaign or lead; trying again');
        await sleep(clock, backoffMs(RETRY, failures, rng), stopping).catch(() => undefined);
      }
    }
  }

  /** Waits while another leads; takes the place where it is free; leads until that ends. */
  async #campaign(stopping: AbortSignal): Promise<void> {
    const { store, identity, clock } = this.#options;
    // The key may have been put longer ago than the store remembers: it is watched from now on.
    const now = await store.revision();
    const found = await store.get(this.#key);
    if (found && found.value !== identity) return this.#untilGone(now, stopping);
    const heldSinceMs = clock.monotonicMs();
    const lease = await store.grantLease(this.#ttlMs);
    try {
      const compare = { key: this.#key, modRevision: found?.modRevision ?? 0 };
      const put = { type: 'put', key: this.#key, value: identity, lease: lease.id } as const;
      const result = await store.commit({ compares: [compare], ops: [put] });
      if (result.ok) await this.#lead(lease, { key: this.#key, modRevision: result.revision }, heldSinceMs, stopping);
    } finally {
      // Whether or not the key was put: with the lease it goes.
      await lease.revoke().catch(() => undefined);
    }
  }

  /** Resolves once the key has gone after this revision, or stopped with. Rejects when the store cannot be watched. */
  #untilGone(after: Revision, stopping: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const watch = this.#options.store.watch(this.#key, after, {
        events: (events) => {
          if (events.some((event) => event.type === 'delete' && event.key === this.#key)) end(resolve);
        },
        lost: (reason) => end(() => reject(reason)),
      });
      const onStop = () => end(resolve);
      const end = (then: () => void) => {
        watch.stop();
        stopping.removeEventListener('abort', onStop);
        then();
      };
      stopping.addEventListener('abort', onStop, { once: true });
      if (stopping.aborted) onStop();
    });
  }

  async #lead(lease: Lease, fence: Compare, heldSinceMs: number, stopping: AbortSignal): Promise<void> {
    const { log, name, identity, onGained } = this.#options;
    const ending = new AbortController();
    const onStop = () => ending.abort(stopping.reason);
    stopping.addEventListener('abort', onStop, { once: true });
    if (stopping.aborted) onStop();
    const kept = this.#keep(lease, fence, heldSinceMs, ending);
    try {
      if (!(await this.#caughtUp(fence, ending.signal))) return;
      this.#term = { fence, signal: ending.signal };
      log.info({ leadership: name, identity, term: fence.modRevision }, 'this master leads');
      onGained(this.#term);
      await kept;
    } finally {
      this.#term = undefined;
      onStop();
      stopping.removeEventListener('abort', onStop);
      await kept;
      log.info({ leadership: name, identity, term: fence.modRevision, why: String(ending.signal.reason) }, 'term over');
    }
  }

  /** Until the cache shows all that earlier leaders wrote: false when the term ends before that. */
  async #caughtUp({ modRevision }: Compare, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const seen = await this.#options.cache.waitFor(modRevision, this.#ttlMs).then(
        () => true,
        () => false,
      );
      if (seen) return !signal.aborted;
      // The cache says at once that it cannot when it is stopping too.
      await sleep(this.#options.clock, RETRY.maxMs, signal).catch(() => undefined);
    }
    return false;
  }

  /** Keeps the lease alive, and ends the term when that fails for a whole time to live or the key is not ours. Never rejects. */
  async #keep(lease: Lease, fence: Compare, heldSinceMs: number, ending: AbortController): Promise<void> {
    const { clock, rng } = this.#options;
    const everyMs = this.#ttlMs / RENEWALS_PER_TTL;
    let deadline: Timer | undefined;
    let confirmMs = heldSinceMs + CONFIRM_MS;
    const aliveSince = (sinceMs: number) => {
      deadline?.cancel();
      const late = () => ending.abort(new LeaseLost(`the store did not answer for ${this.#ttlMs / 1000} s`));
      deadline = clock.setTimer(Math.max(0, sinceMs + this.#ttlMs - clock.monotonicMs()), late);
    };
    aliveSince(heldSinceMs);
    while (!ending.signal.aborted) {
      await sleep(clock, everyMs * (0.8 + 0.2 * rng.next()), ending.signal).catch(() => undefined);
      if (ending.signal.aborted) break;
      const askedMs = clock.monotonicMs();
      if (askedMs >= confirmMs) {
        confirmMs = askedMs + CONFIRM_MS;
        void this.#confirm(fence, ending);
      }
      try {
        await lease.keepAlive();
        aliveSince(askedMs);
      } catch (error) {
        if (error instanceof LeaseLost) ending.abort(error);
      }
    }
    deadline?.cancel();
  }

  /**
   * Ends the term where the key is not ours though its lease lives: somebody has removed it. Where the store does not say, the term
   * goes on, since a read waits for more than the lease does. Never rejects.
   */
  async #confirm({ key, modRevision }: Compare, ending: AbortController): Promise<void> {
    const found = await this.#options.store.get(key).catch(() => 'not said' as const);
    if (found === 'not said' || found?.modRevision === modRevision) return;
    ending.abort(new LeaseLost(found ? `${found.value} has taken over` : `somebody has removed ${key}`));
  }
}
