import {
  type CommitResult,
  type Lease,
  type ListOptions,
  type ListResult,
  type Revision,
  type Store,
  type StoredValue,
  StoreUnavailable,
  type Transaction,
  type Watch,
  type WatchEvent,
  type WatchHandlers,
} from '../../master/store/store.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Network } from '../network/network.ts';
import type { Life } from '../time/life.ts';
import type { StoreWeather } from './weather.ts';

/** As long as an adapter waits for an answer. */
const TIMEOUT_MS = 5_000;
/** So often a connection is asked for anew that is not made. */
const CONNECT_MS = 1_000;

export interface StoreLinkParts {
  readonly store: Store;
  readonly host: string;
  readonly life: Life;
  /** That of the store, which outlives everybody. */
  readonly storeLife: Life;
  readonly network: Network;
  readonly weather: StoreWeather;
  readonly rng: Rng;
  /** Hears of each commit before it happens and after; may end the life that asked. */
  readonly tap?: CommitTap;
}

export interface CommitTap {
  before(transaction: Transaction, asker: Life): void;
  after(transaction: Transaction, asker: Life, result: CommitResult): void;
}

/** What never comes. */
const silence = <T>(): Promise<T> => new Promise(() => {});

/** The name of the store among the hosts. */
export const STORE_HOST = 'store';

/**
 * The store as one master sees it, over the network: requests and answers take time, and get lost. Whether a commit without an answer has
 * happened nobody knows; it may still happen after whoever asked has given up or died.
 */
export class StoreLink implements Store {
  readonly #parts: StoreLinkParts;

  constructor(parts: StoreLinkParts) {
    this.#parts = parts;
  }

  revision(): Promise<Revision> {
    return this.#ask('revision', () => this.#parts.store.revision());
  }

  get(key: string): Promise<StoredValue | undefined> {
    return this.#ask('get', () => this.#parts.store.get(key));
  }

  list(prefix: string, options?: ListOptions): Promise<ListResult> {
    return this.#ask('list', () => this.#parts.store.list(prefix, options));
  }

  commit(transaction: Transaction): Promise<CommitResult> {
    const { store, tap, network, life } = this.#parts;
    return this.#ask('commit', async () => {
      if (life.alive) tap?.before(transaction, life);
      // Whoever dies before it is sent has asked for nothing.
      if (tap && !life.alive) return silence();
      for (const op of transaction.ops) network.timeline.trace.content(op.type === 'put' ? op.value : op.key);
      const result = await store.commit(transaction);
      if (life.alive) tap?.after(transaction, life, result);
      return result;
    });
  }

  async grantLease(ttlMs: number): Promise<Lease> {
    const { store } = this.#parts;
    const lease = await this.#ask('grant', () => store.grantLease(ttlMs));
    return {
      id: lease.id,
      keepAlive: () => this.#ask('keep', () => lease.keepAlive()),
      revoke: () => this.#ask('revoke', () => lease.revoke()),
    };
  }

  compact(revision: Revision): Promise<void> {
    return this.#ask('compact', () => this.#parts.store.compact(revision));
  }

  /** The store itself is others' too. */
  async close(): Promise<void> {}

  watch(prefix: string, after: Revision, handlers: WatchHandlers): Watch {
    const { network, life, host, store, storeLife } = this.#parts;
    let inner: Watch | undefined;
    let over = false;
    const end = () => {
      over = true;
      inner?.stop();
    };
    const connection = network.connect([
      {
        ...{ host, life },
        received: (told) => {
          if (over) return;
          if (told instanceof Error) {
            end();
            handlers.lost(told);
            return;
          }
          const { events, revision } = told as { events: readonly WatchEvent[]; revision: Revision };
          handlers.events(events, revision);
        },
        lost: (reason) => {
          if (over) return;
          end();
          handlers.lost(new StoreUnavailable(`The watch of the store was lost: ${reason.message}.`));
        },
      },
      { host: STORE_HOST, life: storeLife, received: () => {}, lost: end },
    ]);
    const begin = () => {
      if (over) return;
      // Nothing is begun over a way that is cut: it is tried again, as TCP does.
      if (!network.reaches(host, STORE_HOST) || !network.reaches(STORE_HOST, host)) {
        network.timeline.after(CONNECT_MS, 'watch', begin);
        return;
      }
      inner = store.watch(prefix, after, {
        events: (events, revision) => connection.send(1, { events, revision }),
        lost: (reason) => connection.send(1, reason),
      });
    };
    network.timeline.after(network.delayMs(), 'watch', begin);
    return {
      stop: () => {
        end();
        connection.close(0);
      },
    };
  }

  /** One request: there, done, and back. */
  #ask<T>(what: string, act: () => Promise<T>): Promise<T> {
    const { network, weather, life, host, rng } = this.#parts;
    const { timeline } = network;
    return new Promise((resolve, reject) => {
      const late = life.after(TIMEOUT_MS, 'store-timeout', () =>
        reject(new StoreUnavailable(`The store did not answer within ${TIMEOUT_MS / 1000} s.`)),
      );
      const settle = (fn: () => void) => {
        const delayMs = network.delayMs();
        life.after(delayMs, `${what}>`, () => {
          if (!network.reaches(STORE_HOST, host) || rng.next() < weather.lostAnswers) return;
          late.cancel();
          fn();
        });
      };
      const [least, most] = weather.delayMs;
      const busyMs = Math.max(0, weather.stalledUntilMs - timeline.nowMs);
      const delayMs = network.delayMs() + least + (most - least) * rng.next() + busyMs;
      timeline.after(delayMs, what, () => {
        if (!network.reaches(host, STORE_HOST) || rng.next() < weather.lostRequests) return;
        act().then(
          (result) => settle(() => resolve(result)),
          (error) => settle(() => reject(error)),
        );
      });
    });
  }
}
