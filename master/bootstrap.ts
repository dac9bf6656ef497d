import { localPathClass } from '../api/core/local-path.ts';
import { namespaces } from '../api/core/namespace.ts';
import type { ResourceDefinition } from '../api/meta/definition.ts';
import { isApiError } from '../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../api/meta/object.ts';
import { builtInPriorityClasses } from '../api/scheduling/bands.ts';
import { priorityClasses } from '../api/scheduling/priority-class.ts';
import { storageClasses } from '../api/storage/storage-class.ts';
import { POLICY_NAME, schedulingPolicies } from '../api/stowage/scheduling-policy.ts';
import { ensureDefaultRoles } from './auth/defaults/ensure-defaults.ts';
import { PERMANENT_NAMESPACES } from './objects/admission/namespace-lifecycle.ts';
import type { Objects } from './objects/objects.ts';
import type { CacheReader } from './store/cache.ts';

const CONTEXT = { user: 'system:stowage:bootstrap' };

/**
 * Makes what every cell has from its first day: the permanent namespaces, the priority classes of the bands, the scheduling
 * policy, a storage class for what claims say nothing else of, and the default roles. What is there is left as somebody may have changed it.
 */
export async function bootstrap(cache: CacheReader, objects: Objects): Promise<void> {
  const spaces = PERMANENT_NAMESPACES.map((name) => ({ metadata: { name } }));
  await Promise.all(spaces.map((space) => ensure(cache, objects, namespaces, space)));
  await Promise.all(builtInPriorityClasses().map((each) => ensure(cache, objects, priorityClasses, each)));
  await ensure(cache, objects, storageClasses, localPathClass());
  await ensure(cache, objects, schedulingPolicies, { metadata: { name: POLICY_NAME } });
  await ensureDefaultRoles(cache, objects);
}

async function ensure<T extends ApiObject>(
  cache: CacheReader,
  objects: Objects,
  resource: ResourceDefinition<T>,
  object: T,
): Promise<void> {
  if (cache.get(resource, undefined, metaOf(object).name ?? '')) return;
  try {
    await objects.create(resource, object, CONTEXT);
  } catch (error) {
    // Another master of the same cell may be starting too.
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}
