import { type LimitRangeItem, limitRanges } from '../../../api/core/limit-range.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { isSameResource, type ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { AdmissionRequest, AdmissionRule } from './admission.ts';
import { boundFaults, type Wish, wishesOf } from './limit-range-bounds.ts';
import { setLimitRangeDefaults } from './limit-range-defaults.ts';

/**
 * What each pod, container and claim of a namespace asks for is within its LimitRanges, and containers that say nothing get what
 * these have for them (Kubernetes docs, "Limit Ranges"). Before quotas, which count what is asked for.
 */
export const limitRange: AdmissionRule = {
  name: 'LimitRanger',
  admit(request, view) {
    if (!isBounded(request)) return undefined;
    const { resource, object, operation } = request;
    const limits = limitsOf(view, metaOf(object).namespace ?? '');
    if (limits.length === 0) return undefined;
    if (operation === 'create' && isSameResource(resource, pods)) setLimitRangeDefaults(object as Pod, limits);
    return refusalOf(resource, object, limits);
  },
};

/** Pods ask when they are made and when they are resized; claims may come to ask for more. */
const isBounded = ({ operation, resource, part }: AdmissionRequest): boolean =>
  isSameResource(resource, pods)
    ? operation === 'create' || part === 'resize'
    : isSameResource(resource, persistentVolumeClaims) && operation !== 'delete';

const limitsOf = (view: CacheReader, namespace: string): LimitRangeItem[] =>
  view.list(limitRanges, namespace).flatMap(({ spec }) => spec?.limits ?? []);

function refusalOf(
  resource: ResourceDefinition,
  object: AdmissionRequest['object'],
  limits: readonly LimitRangeItem[],
): ApiError | undefined {
  const wishes = wishesOf(resource, object);
  const faults = limits.flatMap((item) =>
    wishes.filter(({ type }: Wish) => type === item.type).flatMap((wish) => boundFaults(item, wish)),
  );
  if (faults.length === 0) return undefined;
  const { name, generateName = '' } = metaOf(object);
  return forbidden(resource, name ?? generateName, faults.length === 1 ? faults[0]! : `[${faults.join(', ')}]`);
}
