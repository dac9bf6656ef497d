import type { PodGroupReference } from '../../api/stowage/pod-group.ts';
import { deadlineMs, type Gang, type GangSpec, newGang } from './gang.ts';
import type { PendingPod } from './pending.ts';

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Which pods belong to which gang. Nothing is held for a gang that is not complete, so gangs cannot block one another.
 *
 * Owns: the gangs that have an object or a pod, which of them have changed since they were last reviewed, and when the first has
 * something to be told.
 */
export class Gangs {
  readonly #gangs = new Map<string, Gang>();
  readonly #byPod = new Map<string, Gang>();
  readonly #changed = new Set<Gang>();
  /** No gang is due before. */
  #nextDueMs = NEVER;

  of(uid: string): Gang | undefined {
    return this.#byPod.get(uid);
  }

  /** Its object is like this, or there is none. */
  set(namespace: string, reference: PodGroupReference, spec: GangSpec | undefined): void {
    const gang = this.#gang(namespace, reference);
    const before = gang.spec;
    if (before && spec && before.minMember === spec.minMember && before.timeoutMs === spec.timeoutMs) return;
    gang.spec = spec;
    if (!spec) gang.told = undefined;
    this.changed(gang);
  }

  /** The gang is to be reviewed. What goes through `set`, `wait`, `settle`, `succeed` and `leave` is noted without this. */
  changed(gang: Gang): void {
    this.#changed.add(gang);
  }

  /** Visits every gang that has changed since it was last visited, those that change meanwhile among them. */
  review(visit: (gang: Gang) => void): void {
    for (const gang of this.#changed) {
      this.#changed.delete(gang);
      visit(gang);
    }
  }

  wait(pending: PendingPod, reference: PodGroupReference): void {
    const gang = this.#join(pending.uid, pending.namespace, reference);
    gang.waiting.set(pending.uid, pending);
    gang.ownerUid = pending.template.facts.ownerUid;
  }

  /** A pod that waits, if it is one of a gang, has a place, or one in prospect. */
  move(uid: string, to: 'placed' | 'held'): void {
    const gang = this.#byPod.get(uid);
    if (!gang) return;
    removeFrom(gang, uid);
    gang[to].add(uid);
  }

  /** A bind has come about: whatever failed before is over. */
  confirm(uid: string): void {
    const gang = this.#byPod.get(uid);
    if (gang) gang.attempts = 0;
  }

  settle(uid: string, namespace: string, reference: PodGroupReference): void {
    this.#join(uid, namespace, reference).placed.add(uid);
  }

  succeed(uid: string, namespace: string, reference: PodGroupReference, ownerUid: string): void {
    this.#join(uid, namespace, reference).succeeded.set(uid, ownerUid);
  }

  leave(uid: string): void {
    const gang = this.#byPod.get(uid);
    if (!gang) return;
    this.#byPod.delete(uid);
    removeFrom(gang, uid);
    this.changed(gang);
  }

  forgetIfIdle(gang: Gang): void {
    const { uid, spec, waiting, held, placed, succeeded } = gang;
    if (!spec && waiting.size + held.size + placed.size + succeeded.size === 0) this.#gangs.delete(uid);
  }

  /** When {@link due} may have an answer. */
  get nextDueMs(): number {
    return this.#nextDueMs;
  }

  /** The times of the gang have changed. */
  watch(gang: Gang): void {
    this.#nextDueMs = Math.min(this.#nextDueMs, dueMs(gang));
  }

  /** Gangs to be told something. Every one wants a {@link watch} once it has been. */
  due(nowMs: number): Gang[] {
    if (nowMs < this.#nextDueMs) return [];
    this.#nextDueMs = NEVER;
    const due: Gang[] = [];
    for (const gang of this.#gangs.values()) {
      if (dueMs(gang) <= nowMs) due.push(gang);
      else this.watch(gang);
    }
    return due;
  }

  *waiting(): Generator<PendingPod> {
    for (const gang of this.#gangs.values()) yield* gang.waiting.values();
  }

  #join(uid: string, namespace: string, reference: PodGroupReference): Gang {
    const gang = this.#gang(namespace, reference);
    this.leave(uid);
    this.#byPod.set(uid, gang);
    this.changed(gang);
    return gang;
  }

  #gang(namespace: string, reference: PodGroupReference): Gang {
    const uid = `${reference.apiGroup}/${namespace}/${reference.name}`;
    const gang = this.#gangs.get(uid) ?? newGang(uid, namespace, reference);
    this.#gangs.set(uid, gang);
    return gang;
  }
}

function removeFrom({ waiting, held, placed, succeeded }: Gang, uid: string): void {
  waiting.delete(uid);
  held.delete(uid);
  placed.delete(uid);
  succeeded.delete(uid);
}

const dueMs = (gang: Gang): number => Math.min(gang.tellAtMs, deadlineMs(gang));
