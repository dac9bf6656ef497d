import { isApiError } from '../../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import type { EventNote, EventRecorder } from '../../objects/events.ts';
import { Deposed, type Objects, type WriteContext } from '../../objects/objects.ts';
import type { Revision } from '../../store/store.ts';
import type { CreateDecision, Decision, DeleteDecision, UpdateDecision } from './decision.ts';

export interface Hands {
  readonly objects: Objects;
  readonly events: EventRecorder;
  readonly context: WriteContext;
  /** Asked before each write of many; see `ClientWrites.room`. */
  readonly room?: () => Promise<void> | undefined;
}

/** What carrying out a pass' decisions came to. */
export interface Execution {
  /** The newest revision written; 0 when nothing was. */
  readonly revision: Revision;
  /** The earliest wake-up asked for. */
  readonly wakeAfterMs?: number;
  /** Some writes found another state than the one decided on: decide again. */
  readonly overtaken: boolean;
  /** Whoever decided this leads no longer, and decides nothing again before it leads anew. */
  readonly deposed: boolean;
  /** Anything else that went wrong. */
  readonly errors: readonly unknown[];
}

type Performers = {
  [K in Decision['type']]: (decision: Extract<Decision, { type: K }>, hands: Hands) => Promise<Revision>;
};

const NOTHING_WRITTEN = 0;
/** Pods and the like that a pass makes and takes away beyond so many are bulk work, which leaves room to clients. */
const SOON = 16;

const PERFORMERS: Performers = {
  create: performCreate,
  update: performUpdate,
  delete: performDelete,
  async event({ note }, hands) {
    hands.events.record(note);
    return NOTHING_WRITTEN;
  },
  async wake() {
    return NOTHING_WRITTEN;
  },
};

/**
 * Carries out the decisions of one pass, together, since the store makes one durable write of what arrives together. Of many
 * creations one goes first: where it is refused (a quota, a policy), the others would be too and are not tried. What is more than a
 * few leaves room to those who write meanwhile.
 */
export async function execute(decisions: readonly Decision[], hands: Hands): Promise<Execution> {
  const creations = decisions.filter((decision) => decision.type === 'create');
  const others = decisions.filter((decision) => decision.type !== 'create');
  const settled = await Promise.all([performAll(others, hands), performCreations(creations, hands)]);
  const results = settled.flat();
  const failures = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
  const errors = failures.filter((error) => !isOvertaken(error));
  return {
    revision: Math.max(0, ...results.map((result) => (result.status === 'fulfilled' ? result.value : 0))),
    wakeAfterMs: earliestWake(decisions),
    overtaken: failures.length > errors.length,
    deposed: errors.some((error) => error instanceof Deposed),
    errors,
  };
}

/** The object is gone, is another one, or changed: not a fault, just a view that was a moment old. */
const isOvertaken = (error: unknown): boolean =>
  isApiError(error, 'Conflict') || isApiError(error, 'NotFound') || isApiError(error, 'AlreadyExists');

async function performCreations(
  creations: readonly CreateDecision[],
  hands: Hands,
): Promise<PromiseSettledResult<Revision>[]> {
  const first = await performAll(creations.slice(0, 1), hands);
  if (first[0]?.status === 'rejected') return first;
  return [...first, ...(await performAll(creations.slice(1), hands))];
}

async function performAll(decisions: readonly Decision[], hands: Hands): Promise<PromiseSettledResult<Revision>[]> {
  const begun: Promise<Revision>[] = [];
  for (const decision of decisions) {
    const room = begun.length < SOON ? undefined : hands.room?.();
    if (room) await room;
    const done = perform(decision, hands);
    // Heard of at the end, with all others.
    done.catch(() => {});
    begun.push(done);
  }
  return Promise.allSettled(begun);
}

function perform<K extends Decision['type']>(
  decision: Extract<Decision, { type: K }>,
  hands: Hands,
): Promise<Revision> {
  return PERFORMERS[decision.type as K](decision, hands);
}

async function performCreate(decision: CreateDecision, { objects, events, context }: Hands): Promise<Revision> {
  try {
    const stored = await objects.create(decision.resource, decision.object, context);
    announce(events, decision.announce);
    return revisionOf(stored);
  } catch (error) {
    if (decision.complain && !isOvertaken(error) && !(error instanceof Deposed)) {
      const why = error instanceof Error ? error.message : String(error);
      events.record({ ...decision.complain, message: `${decision.complain.message}: ${why}` });
    }
    throw error;
  }
}

async function performUpdate(decision: UpdateDecision, { objects, events, context }: Hands): Promise<Revision> {
  const { resource, namespace, name, uid, resourceVersion, part } = decision;
  const stored = await objects.update(resource, namespace, name, (current) => decision.change(current), context, {
    part,
    preconditions: { uid, resourceVersion },
  });
  announce(events, decision.announce);
  return revisionOf(stored);
}

async function performDelete(decision: DeleteDecision, { objects, events, context }: Hands): Promise<Revision> {
  const { resource, namespace, name, uid, options } = decision;
  const { object } = await objects.delete(resource, namespace, name, context, { ...options, preconditions: { uid } });
  announce(events, decision.announce);
  return revisionOf(object);
}

function announce(events: EventRecorder, note: EventNote | undefined): void {
  if (note) events.record(note);
}

function earliestWake(decisions: readonly Decision[]): number | undefined {
  let earliest: number | undefined;
  for (const decision of decisions) {
    if (decision.type === 'wake' && (earliest === undefined || decision.delayMs < earliest))
      earliest = decision.delayMs;
  }
  return earliest;
}

const revisionOf = (object: ApiObject): Revision => Number(metaOf(object).resourceVersion ?? 0);
