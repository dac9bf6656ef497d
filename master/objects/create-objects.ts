import { type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import { type ApiError, alreadyExists, invalid, isApiError, notFound } from '../../api/meta/errors.ts';
import { copyJson } from '../../api/meta/json.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { validateMetadata } from '../../api/meta/validation.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Cache } from '../store/cache.ts';
import type { Compare, LeaseId, Op, Revision, Store, StoredValue, Transaction } from '../store/store.ts';
import { type AdmissionRule, admit } from './admission/admission.ts';
import { decodeObject, encodeObject, revisionOf, settleObject, withRevision } from './encode.ts';
import { graceSeconds, onDeletionBegun } from './grace.ts';
import {
  desiredStateChanged,
  finalizerFault,
  markDeleted,
  mayGo,
  modified,
  preconditionFault,
  restrictToPart,
  stampNew,
} from './metadata-rules.ts';
import { type DeleteOptions, Deposed, type Objects, type UpdateOptions, type WriteContext } from './objects.ts';
import type { Retention } from './retention.ts';

export interface ObjectsOptions {
  store: Store;
  cache: Cache;
  clock: Clock;
  rng: Rng;
  admission: readonly AdmissionRule[];
  /** Which objects vanish by themselves after a time. Default: none. */
  retention?: Retention;
}

/** Lost races before a writer is told so. Each one means that somebody else's write went through. */
const MAX_ATTEMPTS = 32;
const GENERATED_SUFFIX_LENGTH = 5;
const MAX_GENERATED_NAMES = 8;

export function createObjects(options: ObjectsOptions): Objects {
  return new StoredObjects(options);
}

/** Owns nothing: every call reads the cache or the store, decides, and commits with a compare. */
class StoredObjects implements Objects {
  readonly #store: Store;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #admission: readonly AdmissionRule[];
  readonly #retention: Retention | undefined;

  constructor(options: ObjectsOptions) {
    this.#store = options.store;
    this.#cache = options.cache;
    this.#clock = options.clock;
    this.#rng = options.rng;
    this.#admission = options.admission;
    this.#retention = options.retention;
  }

  async create<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, context: WriteContext): Promise<T> {
    const { name, generateName } = metaOf(object);
    if (name || !generateName) return this.#createNamed(resource, object, context);
    for (let attempt = 1; ; attempt++) {
      // What is derived from the name must follow it, so each try starts from what was asked for.
      const named = copyJson(object, resource.kind) as T;
      metaOf(named).name = `${generateName}${this.#rng.suffix(GENERATED_SUFFIX_LENGTH)}`;
      try {
        return await this.#createNamed(resource, named, context);
      } catch (error) {
        if (attempt >= MAX_GENERATED_NAMES || !isApiError(error, 'AlreadyExists')) throw error;
      }
    }
  }

  async update<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    change: (current: T) => T | void,
    context: WriteContext,
    options: UpdateOptions = {},
  ): Promise<T> {
    return this.#write(resource, namespace, name, options, context, (current) => {
      const given = options.pure ? current : (copyJson(current, resource.kind) as T);
      const changed = change(given) ?? given;
      const next = restrictToPart(resource, changed, current, options.part ?? 'main');
      const fault = finalizerFault(resource, next, current);
      if (fault) throw fault;
      if (options.part === 'status') refuseFaults(resource, next, resource.validateStatus?.(next) ?? []);
      if (options.part === undefined || options.part === 'main' || options.part === 'scale') {
        const refusal = admit(
          this.#admission,
          { operation: 'update', resource, object: next, previous: current, context },
          this.#cache,
        );
        if (refusal) throw refusal;
        const faults = [...validateMetadata(resource, next), ...resource.validate(next)];
        refuseFaults(resource, next, [...faults, ...(resource.validateUpdate?.(next, current) ?? [])]);
      }
      return next;
    });
  }

  async delete<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    context: WriteContext,
    options: DeleteOptions = {},
  ): Promise<{ object: T; gone: boolean }> {
    const object = await this.#write(resource, namespace, name, options, context, (current) => {
      const refusal = admit(this.#admission, { operation: 'delete', resource, object: current, context }, this.#cache);
      if (refusal) throw refusal;
      const grace = graceSeconds(resource, current, options);
      return onDeletionBegun(resource, markDeleted(current, grace, options, this.#clock.now()));
    });
    return { object, gone: mayGo(object) };
  }

  async #createNamed<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    object: T,
    context: WriteContext,
  ): Promise<T> {
    stampNew(resource, object, this.#rng.uuid(), this.#clock.now());
    resource.prepareForCreate?.(object);
    resource.setDefaults(object);
    await this.#admit({ operation: 'create', resource, object, context });
    refuseFaults(resource, object, [...validateMetadata(resource, object), ...resource.validate(object)]);
    return this.#insert(resource, object, context);
  }

  /** The one read-decide-compare-commit loop that updates and deletions share. */
  async #write<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    options: UpdateOptions & DeleteOptions,
    context: WriteContext,
    decide: (current: T) => T,
  ): Promise<T> {
    const key = storeKey(resource, namespace, name);
    const expected = options.preconditions;
    let current = this.#cache.get(resource, namespace, name);
    // The cache may be a moment behind its own writers: what it contradicts is read again before anyone is refused.
    if (!current || preconditionFault(resource, current, expected)) {
      current = await this.#read<T>(key);
    }
    for (let attempt = 1; ; attempt++) {
      if (!current) throw notFound(resource, name);
      const fault = preconditionFault(resource, current, expected);
      if (fault) throw fault;
      const outcome: { done: T } | { found: StoredValue | undefined } = await this.#commit(
        resource,
        key,
        current,
        decide(current),
        context,
      );
      if ('done' in outcome) return outcome.done;
      if (attempt >= MAX_ATTEMPTS) {
        throw modified(resource, name);
      }
      current = outcome.found && decodeObject<T>(outcome.found);
    }
  }

  /** Commits `next` over `current`: writes it, removes it when nothing holds it any more, or does nothing when nothing changed. */
  async #commit<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    key: string,
    current: T,
    changed: T,
    context: WriteContext,
  ): Promise<{ done: T } | { found: StoredValue | undefined }> {
    let next = settleObject(resource, changed, current);
    if (resource.hasStatus && desiredStateChanged(next, current)) {
      next = { ...next, metadata: { ...next.metadata, generation: (metaOf(current).generation ?? 0) + 1 } };
    }
    const removal = mayGo(next);
    if (!removal && next === current) return { done: current };
    if (context.dryRun) return { done: next };
    const lease = removal ? undefined : await this.#retention?.leaseFor(resource);
    const { op, stored } = removal ? removalOf(key, next) : this.#put(resource, key, next, lease);
    const result = await this.#store.commit(fenced({ key, modRevision: revisionOf(current) }, op, context));
    if (result.ok) return { done: stored(result.revision) };
    refuseDeposed(result.found, op, context);
    return { found: result.found.get(key) };
  }

  #put<T extends ApiObject>(resource: ResourceDefinition<T>, key: string, object: T, lease?: LeaseId): Writing<T> {
    const value = encodeObject(resource, object);
    return { op: { type: 'put', key, value, ...(lease && { lease }) }, stored: this.#cache.expect(key, value, object) };
  }

  async #insert<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, context: WriteContext): Promise<T> {
    const { namespace, name = '' } = metaOf(object);
    const key = storeKey(resource, namespace, name);
    if (context.dryRun) {
      if (await this.#store.get(key)) throw alreadyExists(resource, name);
      return object;
    }
    const lease = await this.#retention?.leaseFor(resource);
    const { op, stored } = this.#put(resource, key, settleObject(resource, object), lease);
    const result = await this.#store.commit(fenced({ key, modRevision: 0 }, op, context));
    if (result.ok) return stored(result.revision);
    refuseDeposed(result.found, op, context);
    throw alreadyExists(resource, name);
  }

  /** Refusals are checked against a view that has caught up: the namespace or class may have been made a moment ago. */
  async #admit(request: {
    operation: 'create';
    resource: ResourceDefinition;
    object: ApiObject;
    context: WriteContext;
  }): Promise<void> {
    let refusal: ApiError | undefined = admit(this.#admission, request, this.#cache);
    if (!refusal) return;
    const newest = await this.#store.revision();
    if (newest > this.#cache.revision) {
      await this.#cache.waitFor(newest);
      refusal = admit(this.#admission, request, this.#cache);
    }
    if (refusal) throw refusal;
  }

  async #read<T extends ApiObject>(key: string): Promise<T | undefined> {
    const stored = await this.#store.get(key);
    return stored && decodeObject<T>(stored);
  }
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

/** The operation, if the object is as it was read and the writer still leads. */
const fenced = (compare: Compare, op: Op, { fence }: WriteContext): Transaction => ({
  compares: fence ? [compare, fence] : [compare],
  ops: [op],
});

function refuseDeposed(found: ReadonlyMap<string, unknown>, op: Op, { fence, user }: WriteContext): void {
  if (!fence || !found.has(fence.key)) return;
  throw new Deposed(`Did not write ${op.key}: ${user} no longer holds ${fence.key}, another has taken over.`);
}

function refuseFaults<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  object: T,
  faults: Parameters<typeof invalid>[2],
): void {
  if (faults.length > 0) throw invalid(resource, metaOf(object).name ?? metaOf(object).generateName ?? '', faults);
}
