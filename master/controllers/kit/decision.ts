import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { EventNote } from '../../objects/events.ts';
import type { DeleteOptions, UpdateOptions } from '../../objects/objects.ts';

/**
 * What a controller wants done, as data. The decisions of one pass must not depend on one another: they are carried out
 * together. What has to come after something else is decided by the next pass, which sees that it has happened.
 */
export type Decision = CreateDecision | UpdateDecision | DeleteDecision | EventDecision | WakeDecision;

export interface CreateDecision {
  readonly type: 'create';
  readonly resource: ResourceDefinition;
  readonly object: ApiObject;
  /** Recorded once the object stands. */
  readonly announce?: EventNote;
  /** Recorded with the error's message added when it is refused. */
  readonly complain?: EventNote;
}

export interface UpdateDecision extends Target {
  readonly type: 'update';
  readonly part: NonNullable<UpdateOptions['part']>;
  /** Refuse when the object is no longer at this version (what depends on exact counts says so). */
  readonly resourceVersion?: string;
  /** Pure; may be called again on a newer state of the same object. */
  change(current: ApiObject): void;
  readonly announce?: EventNote;
}

export interface DeleteDecision extends Target {
  readonly type: 'delete';
  readonly options: Pick<DeleteOptions, 'gracePeriodSeconds' | 'propagationPolicy'>;
  readonly announce?: EventNote;
}

export interface EventDecision {
  readonly type: 'event';
  readonly note: EventNote;
}

/** Reconcile the same key again after a while, even when nothing changes. The earliest of several counts. */
export interface WakeDecision {
  readonly type: 'wake';
  readonly delayMs: number;
}

/** The object meant: by name, and by uid so that a namesake made since is left alone. */
interface Target {
  readonly resource: ResourceDefinition;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
}

const targetOf = (resource: ResourceDefinition, object: ApiObject): Target => {
  const { namespace, name = '', uid = '' } = metaOf(object);
  return { resource, namespace, name, uid };
};

export function create<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  object: T,
  notes: Pick<CreateDecision, 'announce' | 'complain'> = {},
): CreateDecision {
  return { type: 'create', resource, object, ...notes };
}

/** An edit of the whole object but its status. */
export function update<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  object: T,
  change: (current: T) => void,
  options: { announce?: EventNote; part?: UpdateDecision['part'] } = {},
): UpdateDecision {
  const edit: UpdateDecision['change'] = (current) => change(current as T);
  return {
    type: 'update',
    ...targetOf(resource, object),
    part: options.part ?? 'main',
    change: edit,
    announce: options.announce,
  };
}

/** An edit of the status alone. `exact` refuses it when anything has changed since the object was read. */
export function updateStatus<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  object: T,
  change: (current: T) => void,
  options: { exact?: boolean } = {},
): UpdateDecision {
  const decision = update(resource, object, change, { part: 'status' });
  return options.exact ? { ...decision, resourceVersion: metaOf(object).resourceVersion } : decision;
}

export function remove<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  object: T,
  options: DeleteDecision['options'] & { announce?: EventNote } = {},
): DeleteDecision {
  const { announce, ...rest } = options;
  return { type: 'delete', ...targetOf(resource, object), options: rest, announce };
}

export const event = (note: EventNote): EventDecision => ({ type: 'event', note });

export const wake = (delayMs: number): WakeDecision => ({ type: 'wake', delayMs: Math.max(0, delayMs) });

/** Writes that one pass may make; what is left over is decided by the pass after it. */
export const MAX_WRITES_PER_PASS = 500;

/** At most a pass' worth of writes; where some are left over, the key comes straight back. */
export function bounded(decisions: readonly Decision[], limit: number = MAX_WRITES_PER_PASS): Decision[] {
  if (decisions.length <= limit) return [...decisions];
  return [...decisions.slice(0, limit), wake(0)];
}
