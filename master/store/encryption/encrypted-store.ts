import { internalError } from '../../../api/meta/errors.ts';
import type { Logger } from '../../../platform/log.ts';
import type {
  CommitResult,
  Lease,
  ListOptions,
  ListResult,
  Op,
  Revision,
  Store,
  StoredValue,
  Transaction,
  Watch,
  WatchEvent,
  WatchHandlers,
} from '../store.ts';
import type { Protection } from './key-file.ts';
import { ProtectedKeys } from './protected-keys.ts';
import { isSealed, open, SealBroken, seal } from './seal.ts';

/**
 * A store that holds some values encrypted; whoever uses it sees them as they are. Besides the errors of a store, reading a value that
 * no key opens rejects with `ApiError` 500, and leaves it there. Watches cannot fail for one value: they pass it on as it stands, which
 * no reader takes for an object, and log it.
 */
export class EncryptedStore implements Store {
  /** What holds the values as they stand. */
  readonly inner: Store;
  readonly #protected: ProtectedKeys;
  readonly #protection: Protection;
  readonly #log: Logger;

  constructor(store: Store, protection: Protection, log: Logger) {
    this.inner = store;
    this.#protection = protection;
    this.#protected = new ProtectedKeys(protection);
    this.#log = log;
  }

  revision(): Promise<Revision> {
    return this.inner.revision();
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const found = await this.inner.get(key);
    return found && this.#opened(found);
  }

  async list(prefix: string, options?: ListOptions): Promise<ListResult> {
    const result = await this.inner.list(prefix, options);
    return { ...result, values: result.values.map((value) => this.#opened(value)) };
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    const ops = transaction.ops.map((op) => this.#sealed(op));
    const result = await this.inner.commit({ ...transaction, ops });
    if (result.ok) return result;
    const found = [...result.found].map(([key, value]) => [key, value && this.#opened(value)] as const);
    return { ...result, found: new Map(found) };
  }

  watch(prefix: string, after: Revision, handlers: WatchHandlers): Watch {
    return this.inner.watch(prefix, after, {
      events: (events, revision) =>
        handlers.events(
          events.map((event) => this.#openedEvent(event)),
          revision,
        ),
      lost: (reason) => handlers.lost(reason),
    });
  }

  grantLease(ttlMs: number): Promise<Lease> {
    return this.inner.grantLease(ttlMs);
  }

  compact(revision: Revision): Promise<void> {
    return this.inner.compact(revision);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  #sealed(op: Op): Op {
    const key = op.type === 'put' ? this.#protected.ruleOf(op.key)?.writesWith : undefined;
    return op.type === 'put' && key ? { ...op, value: seal(op.key, op.value, key) } : op;
  }

  #opened(stored: StoredValue): StoredValue {
    try {
      const value = openValue(stored, this.#protection, this.#protected);
      return value === stored.value ? stored : { ...stored, value };
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      throw internalError(`${stored.key} ${error.message}; see --encryption-key`, error);
    }
  }

  #openedEvent(event: WatchEvent): WatchEvent {
    if (event.type === 'delete') return event;
    try {
      return { type: 'put', value: this.#opened(event.value) };
    } catch (error) {
      const { key, modRevision } = event.value;
      this.#log.error({ key, revision: modRevision, error: String(error) }, 'a value that was written cannot be read');
      return event;
    }
  }
}

/** The value as whoever wrote it gave it. Throws {@link SealBroken}. */
export function openValue({ key, value }: StoredValue, { keys }: Protection, known: ProtectedKeys): string {
  if (isSealed(value)) return open(key, value, keys);
  if (known.ruleOf(key)?.readsPlain === false)
    throw new SealBroken(
      'is not encrypted, and the encryption key file does not allow that: add the provider identity',
    );
  return value;
}
