import { type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import { ApiError, alreadyExists } from '../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import type { Cache } from '../store/cache.ts';
import type { Compare, LeaseId, Op, Revision, Store, StoredValue, Transaction } from '../store/store.ts';
import type { CountingRight } from './counting-rights.ts';
import { decodeObject, encodeObject, revisionOf, settleObject, withRevision } from './encode.ts';
import { desiredStateChanged, mayGo } from './metadata-rules.ts';
import { Deposed, type WriteContext } from './objects.ts';
import type { Retention } from './retention.ts';
import type { Claims } from './service-addresses/holdings.ts';

/** What comes of a commit: it is done, or somebody else's write came first and this is what stands there now. */
export type Outcome<T> = { done: T } | { found: StoredValue | undefined };

export interface ObjectWriterOptions {
  readonly store: Store;
  readonly cache: Cache;
  readonly retention?: Retention;
  /** What no two objects may have. Default: nothing. */
  readonly claims?: Claims;
  /** What is to be written with the removal of an object. Default: nothing. */
  readonly remains?: (resource: ResourceDefinition<never>, object: ApiObject) => Op[];
}

/** Puts what has been decided into the store, with a compare each; the cache is told to expect it. Owns nothing. */
export class ObjectWriter {
  readonly #store: Store;
  readonly #cache: Cache;
  readonly #retention: Retention | undefined;
  readonly #claims: Claims | undefined;
  readonly #remains: ObjectWriterOptions['remains'];

  constructor({ store, cache, retention, claims, remains }: ObjectWriterOptions) {
    this.#store = store;
    this.#cache = cache;
    this.#retention = retention;
    this.#claims = claims;
    this.#remains = remains;
  }

  /** Commits `changed` over `current`: writes it, removes it when nothing holds it any more, or does nothing when nothing changed. */
  async replace<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    key: string,
    current: T,
    changed: T,
    context: WriteContext,
    right?: CountingRight,
  ): Promise<Outcome<T>> {
    let next = settleObject(resource, changed, current);
    if ((resource.hasStatus || resource.custom) && desiredStateChanged(next, current)) {
      next = { ...next, metadata: { ...next.metadata, generation: (metaOf(current).generation ?? 0) + 1 } };
    }
    const removal = mayGo(next);
    if (!removal && next === current) return { done: current };
    if (context.dryRun) return { done: next };
    const lease = removal ? undefined : await this.#retention?.leaseFor(resource);
    const { op, stored } = removal ? removalOf(key, next) : this.#put(resource, key, next, lease);
    const held = this.#claims?.keysOf(resource, current) ?? [];
    const claims = claiming(held, removal ? [] : (this.#claims?.keysOf(resource, next) ?? []), key);
    const { compares, ops } = withClaims(fenced({ key, modRevision: revisionOf(current) }, op, context, right), claims);
    const remains = removal ? (this.#remains?.(resource, next) ?? []) : [];
    const result = await this.#store.commit({ compares, ops: [...ops, ...remains] });
    right?.settled(result);
    if (result.ok) return { done: stored(result.revision) };
    refuseDeposed(result.found, op, context);
    if (!result.found.has(key)) {
      // Somebody else has what this object is to have, or counts by now: whoever decides again should know of it.
      await this.#cache.waitFor(result.revision);
      return { found: await this.#store.get(key) };
    }
    return { found: result.found.get(key) };
  }

  /** Rejects with 409 where an object of that name stands already, and with `Deposed` where the writer leads no more. */
  async insert<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    object: T,
    context: WriteContext,
    right?: CountingRight,
  ): Promise<T> {
    const { namespace, name = '' } = metaOf(object);
    const key = storeKey(resource, namespace, name);
    if (context.dryRun) {
      if (await this.#store.get(key)) throw alreadyExists(resource, name);
      return object;
    }
    const lease = await this.#retention?.leaseFor(resource);
    const { op, stored } = this.#put(resource, key, settleObject(resource, object), lease);
    const claims = claiming([], this.#claims?.keysOf(resource, object) ?? [], key);
    const result = await this.#store.commit(withClaims(fenced({ key, modRevision: 0 }, op, context, right), claims));
    right?.settled(result);
    if (result.ok) return stored(result.revision);
    refuseDeposed(result.found, op, context);
    if (result.found.has(key)) throw alreadyExists(resource, name);
    const why = right && result.found.has(right.compare.key) ? COUNTED : CLAIMED;
    throw new Outrun(resource, name, why, result.revision);
  }

  /** What the store itself has, where the cache may not know it yet. */
  async read<T extends ApiObject>(key: string): Promise<T | undefined> {
    const stored = await this.#store.get(key);
    return stored && decodeObject<T>(stored);
  }

  #put<T extends ApiObject>(resource: ResourceDefinition<T>, key: string, object: T, lease?: LeaseId): Writing<T> {
    const value = encodeObject(resource, object);
    refuseTooLong(resource, object, value);
    return { op: { type: 'put', key, value, ...(lease && { lease }) }, stored: this.#cache.expect(key, value, object) };
  }
}

/** Of one object; every store has room for so much (etcd takes 1.5 MiB in one write, Kubernetes' limit). */
const MAX_OBJECT_BYTES = 1_500_000;

function refuseTooLong(resource: ResourceDefinition<never>, object: ApiObject, value: string): void {
  // No character takes more than three bytes for each of its units.
  if (value.length * 3 <= MAX_OBJECT_BYTES) return;
  const bytes = Buffer.byteLength(value);
  if (bytes <= MAX_OBJECT_BYTES) return;
  const what = `${resource.kind} "${metaOf(object).name ?? ''}"`;
  const why = `${what} would take ${bytes} bytes; at most ${MAX_OBJECT_BYTES} are kept of one object`;
  throw new ApiError(413, 'RequestEntityTooLarge', why);
}

/** An operation on one object, and how to have the object once it has happened. */
interface Writing<T extends ApiObject> {
  readonly op: Op;
  readonly stored: (revision: Revision) => T;
}

const removalOf = <T extends ApiObject>(key: string, last: T): Writing<T> => ({
  op: { type: 'delete', key },
  stored: (revision) => withRevision({ ...last }, revision),
});

/** The operation, if the object is as it was read, the writer still leads, and nobody else counts what was counted for it. */
const fenced = (compare: Compare, op: Op, { fence }: WriteContext, right?: CountingRight): Transaction => ({
  compares: [compare, ...(fence ? [fence] : []), ...(right ? [right.compare] : [])],
  ops: [op],
});

const CLAIMED = 'was to have an address or a port that another was given just now';
const COUNTED = 'was to have room in a quota that another master was giving away just now';

/** Another object got what this one was to have, at the same moment. Decided again, it is refused, or gets something else. */
export class Outrun extends ApiError {
  /** By when it had. */
  readonly revision: Revision;

  constructor(resource: ResourceDefinition<never>, name: string, why: string, revision: Revision) {
    super(409, 'Conflict', `${resource.kind} "${name}" ${why}: try again`);
    this.revision = revision;
  }
}

interface Claiming {
  readonly compares: readonly Compare[];
  readonly ops: readonly Op[];
}

/** From what an object has to what it is to have. `value`: who has it, for people who look into the store. */
function claiming(held: readonly string[], wanted: readonly string[], value: string): Claiming {
  const more = wanted.filter((key) => !held.includes(key));
  const less = held.filter((key) => !wanted.includes(key));
  return {
    compares: more.map((key) => ({ key, modRevision: 0 })),
    ops: [...more.map((key): Op => ({ type: 'put', key, value })), ...less.map((key): Op => ({ type: 'delete', key }))],
  };
}

const withClaims = ({ compares, ops }: Transaction, claims: Claiming): Transaction => ({
  compares: [...compares, ...claims.compares],
  ops: [...ops, ...claims.ops],
});

function refuseDeposed(found: ReadonlyMap<string, unknown>, op: Op, { fence, user }: WriteContext): void {
  if (!fence || !found.has(fence.key)) return;
  throw new Deposed(`Did not write ${op.key}: ${user} no longer holds ${fence.key}, another has taken over.`);
}
