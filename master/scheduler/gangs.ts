import {
  POD_GROUP_API_GROUP,
  type PodGroup,
  type PodGroupReference,
  X_POD_GROUP_API_GROUP,
} from '../../api/stowage/pod-group.ts';
import type { XPodGroup } from '../../api/stowage/x-pod-group.ts';
import type { PendingPod } from './pending.ts';

export interface GangSpec {
  readonly minMember: number;
  /** How long its pods wait for each other and for room before the gang stands back; none: for ever. */
  readonly timeoutMs?: number;
}

export interface Gang {
  readonly uid: string;
  readonly namespace: string;
  readonly reference: PodGroupReference;
  /** Nothing while there is no such object. */
  spec: GangSpec | undefined;
  /** Pods without a place, by uid, in order of arrival. */
  readonly waiting: Map<string, PendingPod>;
  /** Pods that have one, or whose bind is under way. */
  readonly placed: Set<string>;
  /** Since when it waits; nothing when it does not. */
  waitingSinceMs: number | undefined;
}

/**
 * Which pods belong to which gang. Nothing is held for a gang that is not complete, so gangs cannot block one another.
 *
 * Owns: the gangs that have an object or a pod.
 */
export class Gangs {
  readonly #gangs = new Map<string, Gang>();
  readonly #byPod = new Map<string, Gang>();

  of(uid: string): Gang | undefined {
    return this.#byPod.get(uid);
  }

  set(namespace: string, reference: PodGroupReference, spec: GangSpec | undefined): Gang {
    const gang = this.#gang(namespace, reference);
    gang.spec = spec;
    this.#forgetIfIdle(gang);
    return gang;
  }

  wait(pending: PendingPod, reference: PodGroupReference): Gang {
    const gang = this.#join(pending.uid, pending.namespace, reference);
    gang.placed.delete(pending.uid);
    gang.waiting.set(pending.uid, pending);
    return gang;
  }

  settle(uid: string, namespace: string, reference: PodGroupReference): Gang {
    const gang = this.#join(uid, namespace, reference);
    gang.waiting.delete(uid);
    gang.placed.add(uid);
    return gang;
  }

  /** Returns the gang it left. */
  leave(uid: string): Gang | undefined {
    const gang = this.#byPod.get(uid);
    if (!gang) return undefined;
    this.#byPod.delete(uid);
    gang.waiting.delete(uid);
    gang.placed.delete(uid);
    this.#forgetIfIdle(gang);
    return gang;
  }

  /** When the first gang has waited long enough; infinite when none minds. */
  get nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const gang of this.#gangs.values()) next = Math.min(next, deadlineOf(gang));
    return next;
  }

  overdue(nowMs: number): Gang[] {
    return [...this.#gangs.values()].filter((gang) => deadlineOf(gang) <= nowMs);
  }

  all(): Iterable<Gang> {
    return this.#gangs.values();
  }

  #join(uid: string, namespace: string, reference: PodGroupReference): Gang {
    const gang = this.#gang(namespace, reference);
    if (this.#byPod.get(uid) !== gang) this.leave(uid);
    this.#byPod.set(uid, gang);
    return gang;
  }

  #gang(namespace: string, reference: PodGroupReference): Gang {
    const uid = `${reference.apiGroup}/${namespace}/${reference.name}`;
    const known = this.#gangs.get(uid);
    if (known) return known;
    const gang: Gang = {
      uid,
      namespace,
      reference,
      spec: undefined,
      waiting: new Map(),
      placed: new Set(),
      waitingSinceMs: undefined,
    };
    this.#gangs.set(uid, gang);
    return gang;
  }

  #forgetIfIdle(gang: Gang): void {
    if (!gang.spec && gang.waiting.size === 0 && gang.placed.size === 0) this.#gangs.delete(gang.uid);
  }
}

function deadlineOf({ spec, waitingSinceMs }: Gang): number {
  if (waitingSinceMs === undefined || !spec?.timeoutMs) return Number.POSITIVE_INFINITY;
  return waitingSinceMs + spec.timeoutMs;
}

/** Pods it still wants before its members may be placed one by one. */
export const missingMembers = ({ spec, placed }: Gang): number => Math.max(0, (spec?.minMember ?? 0) - placed.size);

/** Whether all that it takes are there to be placed together. */
export const isComplete = (gang: Gang): boolean =>
  gang.spec !== undefined && gang.waiting.size > 0 && gang.waiting.size >= missingMembers(gang);

/** How pods refer to the object. */
export function referenceTo({ apiVersion, metadata }: PodGroup | XPodGroup): PodGroupReference {
  const isOthers = apiVersion?.startsWith(`${X_POD_GROUP_API_GROUP}/`);
  return { apiGroup: isOthers ? X_POD_GROUP_API_GROUP : POD_GROUP_API_GROUP, name: metadata?.name ?? '' };
}

export function gangSpecOf({ spec }: PodGroup | XPodGroup): GangSpec {
  const timeoutMs = spec?.scheduleTimeoutSeconds ? 1000 * spec.scheduleTimeoutSeconds : undefined;
  return { minMember: Math.max(1, spec?.minMember ?? 1), timeoutMs };
}
