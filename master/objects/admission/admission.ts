import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiError } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { WriteContext } from '../objects.ts';

/** One write on its way in. `object` may be changed in place (not for `delete`). */
export interface AdmissionRequest<T extends ApiObject = ApiObject> {
  readonly operation: 'create' | 'update' | 'delete';
  readonly resource: ResourceDefinition<T>;
  readonly object: T;
  /** State before an update. */
  readonly previous?: T;
  readonly context: WriteContext;
}

/**
 * A rule over writes that may need to look at other objects: it completes the object or refuses it. Synchronous and pure over
 * the cache's view. (What needs only the object itself belongs to the kind's definition.)
 */
export interface AdmissionRule {
  readonly name: string;
  /** Returns why the write is refused, or nothing. */
  admit(request: AdmissionRequest, view: CacheReader): ApiError | undefined;
}

/** The first refusal of the rules in their order. */
export function admit(
  rules: readonly AdmissionRule[],
  request: AdmissionRequest,
  view: CacheReader,
): ApiError | undefined {
  for (const rule of rules) {
    const refusal = rule.admit(request, view);
    if (refusal) return refusal;
  }
  return undefined;
}
