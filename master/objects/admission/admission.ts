import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiError } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { validateMetadata } from '../../../api/meta/validation.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { UpdateOptions, WriteContext } from '../objects.ts';

/** One write on its way in. `object` may be changed in place (not for `delete`). */
export interface AdmissionRequest<T extends ApiObject = ApiObject> {
  readonly operation: 'create' | 'update' | 'delete';
  readonly resource: ResourceDefinition<T>;
  readonly object: T;
  /** State before an update. */
  readonly previous?: T;
  /** Which part an update is about. Default: the whole object. */
  readonly part?: UpdateOptions['part'];
  readonly context: WriteContext;
}

/**
 * A rule over writes that may need to look at other objects: it completes the object or refuses it. Synchronous and pure over
 * the cache's view. (What needs only the object itself belongs to the kind's definition.)
 */
export interface AdmissionRule {
  readonly name: string;
  /** Refuses for reasons that nothing webhooks do to the object can mend. */
  readonly isFinal?: true;
  /** Returns why the write is refused, or nothing. */
  admit(request: AdmissionRequest, view: CacheReader): ApiError | undefined;
  /** Whether it may decide by a sum over many objects of the namespace, so that no two masters may decide at once. */
  counts?(request: AdmissionRequest, view: CacheReader): boolean;
  /** Takes note of a write that every rule lets in, in the same tick. It may still fail. */
  admitted?(request: AdmissionRequest, view: CacheReader): void;
  /** Takes back what `admitted` noted of a creation that has failed for certain. */
  withdrawn?(request: AdmissionRequest): void;
}

/** The first refusal of the rules in their order; where there is none, the write is let in. */
export function admit(
  rules: readonly AdmissionRule[],
  request: AdmissionRequest,
  view: CacheReader,
): ApiError | undefined {
  const refusal = judge(rules, request, view);
  if (!refusal) for (const rule of rules) rule.admitted?.(request, view);
  return refusal;
}

/** The first refusal, of a write that is not let in yet. */
export function judge(
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

/** Lets the rules complete an object that webhooks are going to see, and may mend. */
export function prepare(
  rules: readonly AdmissionRule[],
  request: AdmissionRequest,
  view: CacheReader,
): ApiError | undefined {
  const quiet = { ...request, context: { ...request.context, warn: undefined, annotate: undefined } };
  for (const rule of rules) {
    const refusal = rule.admit(quiet, view);
    if (refusal && rule.isFinal) return refusal;
  }
  return undefined;
}

/** Tells the rules that a creation they let in has failed. */
export function withdraw(rules: readonly AdmissionRule[], request: AdmissionRequest): void {
  for (const rule of rules) rule.withdrawn?.(request);
}

/**
 * Whether an update has no faults of its own, for which it would be refused right after this: growth that was let in counts until
 * it is seen or given up, since another write may wait for the same room.
 */
export function mayStand({ resource, object, previous, part = 'main' }: AdmissionRequest): boolean {
  const rules = resource.partRules?.[part] ?? resource;
  const faults = [...validateMetadata(resource, object), ...resource.validate(object, previous)];
  return faults.length === 0 && (!previous || (rules.validateUpdate?.(object, previous) ?? []).length === 0);
}
