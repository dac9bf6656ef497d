import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Compare } from '../store/store.ts';
import type { User } from '../user.ts';

/**
 * Every write of an object, whoever asks (API clients, scheduler, controllers, agents' reports), goes through `Objects`: it
 * applies defaults, admission, validation, the rules of metadata (uid, generation, timestamps, finalizers, graceful deletion),
 * compares and commits. Reads come from the cache.
 *
 * Errors: `ApiError` in Kubernetes' terms (404, 409, 422, 403); `StoreUnavailable` becomes 503 where it leaves the house;
 * {@link Deposed} for writes with a fence.
 *
 * What is resolved with may be shared with the cache: nobody may change it.
 */
export interface WriteContext {
  /** Name of who asks. */
  readonly user: string;
  /** All that is known of a client of the API. Absent for the cell's own components, which admission trusts. */
  readonly requester?: User;
  /**
   * Whose fields these become (`metadata.managedFields`). Absent: ownership of fields stays as it is. Clients of the API name one; the
   * cell's own components need not, and what they write is nobody's until somebody applies to it or changes it.
   */
  readonly manager?: FieldManager;
  /** Tells the client something that does not make the write fail: one sentence, in plain ASCII. May come more than once. */
  readonly warn?: (sentence: string) => void;
  /** Notes something for the audit log. A later value of the same key takes the place of the former. */
  readonly annotate?: (key: string, value: string) => void;
  /** The definition through which a client asks. Absent: the one in whose form the object is kept. */
  readonly asked?: ResourceDefinition;
  /** Run every check, commit nothing. */
  readonly dryRun?: boolean;
  /** Must hold when the write is committed: the leadership under which it was decided (`leadership.ts`). */
  readonly fence?: Compare;
}

/** Who sets fields, and how (Kubernetes docs, "Server-Side Apply", field management). */
export interface FieldManager {
  /** At most 128 printable characters. */
  readonly name: string;
  readonly subresource?: string;
  /** The object says already whose its fields are now, in `metadata.managedFields`: a configuration was applied to it. */
  readonly settled?: true;
}

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface DeleteOptions {
  /** Default: the kind's own (pods: `spec.terminationGracePeriodSeconds`; else 0). */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: Preconditions;
}

export interface UpdateOptions {
  /** Which part may change: the whole object, or one subresource. Default `main`. */
  readonly part?: 'main' | 'status' | 'scale' | 'binding' | 'finalize' | 'approval' | 'ephemeralcontainers' | 'resize';
  readonly preconditions?: Preconditions;
  /**
   * `change` leaves its argument alone and returns a new object, which may share parts with it: then it is given the object
   * itself and not a copy. Only for parts whose rules write nothing into an object: `status` and `binding`.
   */
  readonly pure?: boolean;
}

/** The fence of a write no longer held: whoever decided it leads no longer. Nothing was written; it must not be tried again. */
export class Deposed extends Error {
  override readonly name = 'Deposed';
}

export interface Objects {
  /** `object` is decoded (api/meta/decode.ts) and owned by the callee from here on. Resolves with the object as stored. */
  create<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, context: WriteContext): Promise<T>;
  /**
   * Reads, lets `change` edit a private copy (or return another object), checks, commits; on a lost race reads again and calls
   * `change` again, unless preconditions pin a resourceVersion. An edit that changes nothing commits nothing.
   */
  update<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    change: (current: T) => T | void,
    context: WriteContext,
    options?: UpdateOptions,
  ): Promise<T>;
  /**
   * Removes the object, or marks it with `deletionTimestamp` where grace, finalizers or foreground deletion hold it. Resolves
   * with its last state and whether it is gone.
   */
  delete<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
    context: WriteContext,
    options?: DeleteOptions,
  ): Promise<{ object: T; gone: boolean }>;
}
