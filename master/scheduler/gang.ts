import {
  POD_GROUP_API_GROUP,
  type PodGroup,
  type PodGroupReference,
  X_POD_GROUP_API_GROUP,
} from '../../api/stowage/pod-group.ts';
import type { XPodGroup } from '../../api/stowage/x-pod-group.ts';
import type { GangPhase } from './decision.ts';
import type { PendingGang, PendingPod } from './pending.ts';

const NEVER = Number.POSITIVE_INFINITY;

export interface GangSpec {
  readonly minMember: number;
  /** How long it waits before it is told that its time is out, and others come first for a while; none: for ever. */
  readonly timeoutMs: number | undefined;
}

/** A pod is in one of `waiting`, `held`, `placed` and `succeeded`. */
export interface Gang {
  readonly uid: string;
  readonly namespace: string;
  readonly reference: PodGroupReference;
  /** Nothing while there is no such object. */
  spec: GangSpec | undefined;
  /** Pods without a place, by uid. */
  readonly waiting: Map<string, PendingPod>;
  /** Pods for whom a place is held. */
  readonly held: Set<string>;
  /** Pods that have one, or whose bind is under way. */
  readonly placed: Set<string>;
  /** Pods that have done their work, with the uids of their controllers. */
  readonly succeeded: Map<string, string>;
  /** Controller of the pod that came to wait last. */
  ownerUid: string | undefined;
  /** Since when it waits; nothing when it does not. */
  waitingSinceMs: number | undefined;
  /** Whether it has waited too long since it was last placed. */
  hasTimedOut: boolean;
  /** Tries that came to nothing since one of its pods was last bound. */
  attempts: number;
  /** Not to be tried before. */
  notBeforeMs: number;
  /** Whether too few of its pods were there, or no object, when last looked at. */
  isIncomplete: boolean;
  /** What it waits for; nothing when it does not. */
  why: string | undefined;
  /** When it and its pods are to be told. */
  tellAtMs: number;
  /** When they last were. */
  toldAtMs: number;
  /** What it was told last. */
  told: { readonly phase: GangPhase; readonly message: string } | undefined;
}

/** Without object and pods. */
export const newGang = (uid: string, namespace: string, reference: PodGroupReference): Gang => ({
  uid,
  namespace,
  reference,
  spec: undefined,
  waiting: new Map(),
  held: new Set(),
  placed: new Set(),
  succeeded: new Map(),
  ownerUid: undefined,
  waitingSinceMs: undefined,
  hasTimedOut: false,
  attempts: 0,
  notBeforeMs: 0,
  isIncomplete: false,
  why: undefined,
  tellAtMs: NEVER,
  toldAtMs: Number.NEGATIVE_INFINITY,
  told: undefined,
});

/** When it will have waited too long. */
export function deadlineMs({ spec, waitingSinceMs, held }: Gang): number {
  if (waitingSinceMs === undefined || spec?.timeoutMs === undefined || held.size > 0) return NEVER;
  return waitingSinceMs + spec.timeoutMs;
}

/**
 * How many pods it still wants before its members may be placed one by one; infinite without an object. Pods that have done their
 * work count for those of the same controller: when the last pod of a job fails it may be replaced, but what is left over from a
 * former job does not help the next.
 */
export function missingMembers({ spec, placed, succeeded, ownerUid }: Gang): number {
  if (!spec) return NEVER;
  let missing = spec.minMember - placed.size;
  if (missing > 0 && ownerUid !== undefined) for (const owner of succeeded.values()) if (owner === ownerUid) missing--;
  return Math.max(0, missing);
}

/** How its pods are to be placed now. */
export type GangState =
  /** Nobody waits. */
  | 'idle'
  /** One by one: the others have their places. */
  | 'open'
  /** Together: enough of them are there. */
  | 'ready'
  /** Not yet: places are held for some, on which it depends. */
  | 'held'
  /** Not at all: there are too few, or there is no object. */
  | 'incomplete';

export function stateOf(gang: Gang): GangState {
  const { waiting, held } = gang;
  const missing = missingMembers(gang);
  if (waiting.size === 0) return 'idle';
  if (missing === 0) return 'open';
  if (held.size > 0) return 'held';
  return waiting.size >= missing ? 'ready' : 'incomplete';
}

/** As important as the least important of its pods: none gets ahead by being in a gang. */
export function entryOf(gang: Gang): PendingGang {
  let [priority, sequence] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const pending of gang.waiting.values()) {
    priority = Math.min(priority, pending.priority);
    sequence = Math.min(sequence, pending.sequence);
  }
  const { namespace, uid } = gang;
  return { kind: 'gang', gang, uid, namespace, priority, sequence };
}

/** Why an incomplete gang waits. */
export function incompleteMessage(gang: Gang): string {
  const { reference, spec, waiting } = gang;
  if (!spec) return `waiting for PodGroup ${reference.name} (${reference.apiGroup}), which does not exist`;
  const there = spec.minMember - missingMembers(gang) + waiting.size;
  return `waiting for the pods of gang ${reference.name}: ${there} of ${spec.minMember} are there`;
}

/** For each pod that was looked at in vain, the gang rests this long, ... */
const LEAST_REST_MS = 0.25;
/** ... doubled with every try, ... */
const MOST_REST_MS = 100;
/** ... but no longer than this. */
const LONGEST_REST_MS = 10_000;

/**
 * How long a gang for which there was no room is left alone. In proportion to what the try cost, so that large gangs which do not
 * fit take no more than a fraction of the scheduler's time, however much goes on in the cell.
 */
export function restMs(asked: number, attempts: number): number {
  const eachMs = Math.min(MOST_REST_MS, LEAST_REST_MS * 2 ** Math.min(attempts, 20));
  return Math.min(LONGEST_REST_MS, asked * eachMs);
}

/** How pods refer to the object. */
export function referenceTo({ apiVersion, metadata }: PodGroup | XPodGroup): PodGroupReference {
  const isOthers = apiVersion?.startsWith(`${X_POD_GROUP_API_GROUP}/`);
  return { apiGroup: isOthers ? X_POD_GROUP_API_GROUP : POD_GROUP_API_GROUP, name: metadata?.name ?? '' };
}

/** Whatever the object says: at least one member, and no time-out that is over before it begins. */
export function gangSpecOf({ spec }: PodGroup | XPodGroup): GangSpec {
  const { minMember = 1, scheduleTimeoutSeconds = 0 } = spec ?? {};
  return {
    minMember: minMember >= 1 ? Math.floor(minMember) : 1,
    timeoutMs: scheduleTimeoutSeconds > 0 ? 1000 * scheduleTimeoutSeconds : undefined,
  };
}
