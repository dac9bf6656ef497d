import type { IRangeRequest, IRangeResponse, ITxnResponse } from 'etcd3';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { Misconfigured } from '../../platform/misconfigured.ts';
import { checkKeys } from './apply-transaction.ts';
import { EtcdClient, type EtcdCredentials, type EtcdUser, MessageTooLarge } from './etcd-client.ts';
import { EtcdCommitQueue } from './etcd-commit-queue.ts';
import { EtcdKeys } from './etcd-keys.ts';
import { etcdLease, KeepAliveStream } from './etcd-lease.ts';
import { EtcdWatch } from './etcd-watch.ts';
import { SharedCall } from './shared-call.ts';
import {
  type CommitResult,
  type Lease,
  type ListOptions,
  type ListResult,
  type Revision,
  RevisionCompacted,
  type Store,
  type StoredValue,
  StoreUnavailable,
  type Transaction,
  type Watch,
  type WatchHandlers,
} from './store.ts';

export interface EtcdStoreOptions {
  /** URLs of the members of one etcd cluster. */
  readonly endpoints: readonly string[];
  /** Before every key. Default `/stowage`; cells that share an etcd need one each. */
  readonly prefix?: string;
  readonly credentials?: EtcdCredentials;
  readonly user?: EtcdUser;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long any call may take. Default 5,000. */
  readonly timeoutMs?: number;
  /** The longest answer that is taken. Default 1 GiB: as much as a small page of the largest values. */
  readonly maxAnswerBytes?: number;
  /** Revisions of history to keep; etcd is told to forget older ones, whoever made them. Default 10,000. */
  readonly historyRevisions?: number;
}

/** Values fetched at once, where more are asked for. Few pages, since etcd counts all that follow for each. */
const PAGE = 10_000;
/** The same where so many turned out to be too much for one answer. */
const SMALL_PAGE = 500;
const MAX_ANSWER_BYTES = 2 ** 30;
/** How long a watch may lag behind a revision before the revision is taken for somebody else's. */
const FOREIGN_AFTER_MS = 50;

/**
 * Opens the store in etcd (version 3.4 or newer). Rejects with `StoreUnavailable`, in one sentence, when no endpoint answers in
 * time.
 */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  for (const endpoint of options.endpoints) checkEndpoint(endpoint);
  if (options.endpoints.length === 0) throw new StoreUnavailable('No etcd endpoint is given; name at least one URL.');
  const store = new EtcdStore(options);
  try {
    await store.revision();
    return store;
  } catch (error) {
    await store.close();
    throw notLetIn(error) ?? error;
  }
}

/** etcd is there, and a person has to say more before it lets us in. */
function notLetIn(error: unknown): Misconfigured | undefined {
  const { message } = error as Error;
  const advice = [
    {
      words: /permission denied|user name is empty|authentication failed|invalid auth token/i,
      what: 'a user that may read and write the keys of the cell, with --etcd-userfile',
    },
    {
      words: /self-signed|unable to (verify|get)|certificate (required|unknown|has expired)|bad certificate|altname/i,
      what: 'its authority with --etcd-cafile, and a certificate that it takes with --etcd-certfile and --etcd-keyfile',
    },
  ].find(({ words }) => words.test(message));
  return advice && new Misconfigured(`${message}. Name ${advice.what}`, { cause: error });
}

function checkEndpoint(endpoint: string): void {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return;
  throw new StoreUnavailable(`"${endpoint}" is not an etcd endpoint; give a URL such as http://127.0.0.1:2379.`);
}

/** Owns the connection, the queue of commits and the watches. */
class EtcdStore implements Store {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #timeoutMs: number;
  readonly #historyRevisions: number;
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #commits: EtcdCommitQueue;
  readonly #keepAlives: KeepAliveStream;
  readonly #watches = new Set<EtcdWatch>();
  /** Newest revision known to have changed a key of ours: watches tell of it, or have. */
  #ownRevision: Revision = 0;
  #compactedAt: Revision = 0;
  /** Every read of the API asks for the newest revision: those that ask together go together. */
  readonly #newest = new SharedCall(() => this.#fetchNewest());
  #moveOn: Promise<Revision> | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor({ endpoints, prefix = '/stowage', credentials, user, clock, log, ...options }: EtcdStoreOptions) {
    const { timeoutMs = 5_000, historyRevisions = 10_000, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
    this.#clock = clock;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#historyRevisions = historyRevisions;
    this.#client = new EtcdClient({ endpoints, credentials, user, clock, timeoutMs, maxAnswerBytes });
    this.#keys = new EtcdKeys(prefix);
    this.#keepAlives = new KeepAliveStream(this.#client, clock, timeoutMs);
    this.#commits = new EtcdCommitQueue(this.#keys, (request) =>
      this.#client.call<ITxnResponse>((deadline) => this.#client.etcd.kv.txn(request, deadline)),
    );
  }

  /**
   * etcd's revision counts the writes of all who use it, and a watch hears only of ours. So where watches lag behind a revision
   * that may be somebody else's, a key of our own is written to move them on, and that revision is the answer.
   */
  async revision(): Promise<Revision> {
    const newest = await this.#newest.ask();
    if (this.#watches.size === 0 || (await this.#seenSoon(newest))) return newest;
    this.#moveOn ??= this.#writeProgress().finally(() => {
      this.#moveOn = undefined;
    });
    const moved = await this.#moveOn;
    // Joined a write that was under way before `newest` was: once more.
    return moved >= newest ? moved : this.revision();
  }

  async get(key: string): Promise<StoredValue | undefined> {
    this.#check();
    const response = await this.#client.read((deadline) =>
      this.#client.etcd.kv.range({ key: this.#keys.encode(key) }, deadline),
    );
    return response.kvs[0] && this.#keys.value(response.kvs[0]);
  }

  async list(prefix: string, { revision, limit, after }: ListOptions = {}): Promise<ListResult> {
    this.#check();
    const values: StoredValue[] = [];
    let at = revision ?? 0;
    let most = PAGE;
    for (;;) {
      const range = this.#keys.range(prefix, values.at(-1)?.key ?? after);
      const page = Math.min(most, (limit ?? Number.MAX_SAFE_INTEGER) - values.length);
      const response = await this.#page({ ...range, revision: at, limit: page });
      if (!response) {
        most = SMALL_PAGE;
        continue;
      }
      at ||= Number(response.header.revision);
      for (const kv of response.kvs) values.push(this.#keys.value(kv));
      const remaining = Number(response.count) - response.kvs.length;
      if (remaining === 0 || values.length === limit) return { values, revision: at, remaining };
    }
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    this.#check();
    checkKeys(transaction);
    const { result, changed } = await this.#commits.add(transaction);
    if (changed) this.#own(result.revision);
    this.#forgetOld(result.revision);
    return result;
  }

  watch(prefix: string, after: Revision, handlers: WatchHandlers): Watch {
    const watch = new EtcdWatch({
      client: this.#client,
      keys: this.#keys,
      clock: this.#clock,
      timeoutMs: this.#timeoutMs,
      prefix,
      after,
      handlers,
      onRevision: (revision) => this.#own(revision),
      onEnd: (ended) => this.#watches.delete(ended),
    });
    this.#watches.add(watch);
    return watch;
  }

  grantLease(ttlMs: number): Promise<Lease> {
    this.#check();
    return etcdLease(this.#client, this.#keepAlives, ttlMs);
  }

  async compact(revision: Revision): Promise<void> {
    this.#check();
    try {
      await this.#client.call((deadline) => this.#client.etcd.kv.compact({ revision }, deadline));
    } catch (error) {
      // Somebody has compacted further already.
      if (!(error instanceof RevisionCompacted)) throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const reason = this.#closedError();
    await this.#commits.close(reason);
    for (const watch of [...this.#watches]) watch.end(reason);
    this.#keepAlives.close();
    this.#client.close();
  }

  /** Undefined where a large page was too long for one answer, or took too long. */
  async #page(request: IRangeRequest & { limit: number }): Promise<IRangeResponse | undefined> {
    try {
      return await this.#client.read((deadline) => this.#client.etcd.kv.range(request, deadline));
    } catch (error) {
      const tooMuch = error instanceof MessageTooLarge || error instanceof StoreUnavailable;
      if (tooMuch && request.limit > SMALL_PAGE && !this.#closed) return undefined;
      throw error;
    }
  }

  async #fetchNewest(): Promise<Revision> {
    this.#check();
    const key = this.#keys.progress;
    const response = await this.#client.read((deadline) =>
      this.#client.etcd.kv.range({ key, count_only: true }, deadline),
    );
    return Number(response.header.revision);
  }

  /** True once a key of ours is known to have changed at or after `revision`; false when that does not come about soon. */
  #seenSoon(revision: Revision): Promise<boolean> {
    if (this.#ownRevision >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(FOREIGN_AFTER_MS, () => resolve(false));
      const look = () => {
        if (this.#ownRevision < revision) return void this.#waiting.push(look);
        timer.cancel();
        resolve(true);
      };
      look();
    });
  }

  async #writeProgress(): Promise<Revision> {
    const key = this.#keys.progress;
    const response = await this.#client.call((deadline) =>
      this.#client.etcd.kv.put({ key, value: Buffer.from('') }, deadline),
    );
    const revision = Number(response.header.revision);
    this.#own(revision);
    return revision;
  }

  #own(revision: Revision): void {
    if (revision <= this.#ownRevision) return;
    this.#ownRevision = revision;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  /** Keeps etcd's history bounded, in strides. Nobody waits for it; what fails is done by a later stride. */
  #forgetOld(revision: Revision): void {
    this.#compactedAt ||= revision - this.#historyRevisions;
    const stride = Math.ceil(this.#historyRevisions / 8);
    const target = revision - this.#historyRevisions;
    if (target - this.#compactedAt < stride) return;
    this.#compactedAt = target;
    this.compact(target).catch((error: unknown) => {
      if (!this.#closed) this.#log.warn({ revision: target, error: String(error) }, 'could not compact etcd');
    });
  }

  #check(): void {
    if (this.#closed) throw this.#closedError();
  }

  #closedError(): StoreUnavailable {
    return new StoreUnavailable('The connection to etcd is closed.');
  }
}
