import type { Pod } from '../../api/core/pod.ts';
import { podGroupOf } from '../../api/stowage/pod-group.ts';
import type { Pending, PendingGang, PendingPod } from './pending.ts';
import type { Reservation } from './reservations.ts';
import type { SchedulerState } from './scheduler-state.ts';

/**
 * The pods that want a place, and where each of them waits for it: in the queue, with its gang, or for one that is held.
 *
 * Owns: how many they are, the order in which they came, and which of them have which claim. Invariant: every pending pod uses its
 * shape.
 */
export class PendingPods {
  readonly #state: SchedulerState;
  readonly #claimants = new Map<string, Set<string>>();
  #sequence = 0;
  #count = 0;

  constructor(state: SchedulerState) {
    this.#state = state;
  }

  get count(): number {
    return this.#count;
  }

  get(uid: string): PendingPod | undefined {
    const { queue, gangs, reservations } = this.#state;
    const queued = queue.get(uid);
    if (queued?.kind === 'pod') return queued;
    return (
      gangs.of(uid)?.waiting.get(uid) ??
      reservations.of(uid)?.places.find(({ pending }) => pending.uid === uid)?.pending
    );
  }

  /** What is in the queue for the pod: itself, or its gang. */
  entryOf(uid: string): Pending | undefined {
    const { queue, gangs } = this.#state;
    return queue.get(uid) ?? queue.get(gangs.of(uid)?.uid ?? '');
  }

  /** Those for whom no place is held, in the order in which they came. */
  waiting(): PendingPod[] {
    const { queue, gangs } = this.#state;
    const all = new Set(gangs.waiting());
    for (const entry of queue.entries()) if (entry.kind === 'pod') all.add(entry);
    return [...all].sort((a, b) => a.sequence - b.sequence);
  }

  /** The pod is pending, or still is but otherwise than before. */
  add(uid: string, pod: Pod): void {
    const { templates, shapes } = this.#state;
    const { template, pins } = templates.read(pod);
    const known = this.get(uid);
    const priority = pod.spec?.priority ?? 0;
    const isSame = known?.template === template && known.priority === priority && String(known.pins) === String(pins);
    if (isSame && isSameGroup(known.pod, pod)) return;
    if (known) this.drop(uid);
    const shapeKey = shapes.keyOf(template);
    const pending: PendingPod = {
      kind: 'pod',
      uid,
      pod,
      template,
      pins,
      shapeKey,
      shape: shapes.use(shapeKey, template),
      priority,
      namespace: pod.metadata?.namespace ?? '',
      sequence: known?.sequence ?? this.#sequence++,
    };
    this.#count++;
    this.#noteClaims(pending, true);
    this.lineUp(pending);
  }

  /** The pod is no longer pending, if it was. */
  drop(uid: string): void {
    this.cancelFor(uid);
    const pending = this.get(uid);
    this.#state.gangs.leave(uid);
    if (pending) this.leave(pending);
  }

  /** It has its place, or wants none any more; its gang is told by the caller. */
  leave(pending: PendingPod): void {
    const { queue, explanations, shapes } = this.#state;
    queue.remove(pending.uid);
    explanations.forget(pending.uid);
    this.#count--;
    shapes.leave(pending.shapeKey);
    this.#noteClaims(pending, false);
  }

  /** The entry with the shape it has by now. */
  current(pending: PendingPod): PendingPod {
    const { shapes, queue, gangs } = this.#state;
    const shapeKey = shapes.keyOf(pending.template);
    if (shapeKey === pending.shapeKey) return pending;
    shapes.leave(pending.shapeKey);
    const current = { ...pending, shapeKey, shape: shapes.use(shapeKey, pending.template) };
    if (queue.get(pending.uid)) queue.add(current);
    const gang = gangs.of(pending.uid);
    if (gang?.waiting.has(pending.uid)) gang.waiting.set(pending.uid, current);
    return current;
  }

  /** It waits as it would without any place held for it. */
  lineUp(pending: PendingPod): void {
    const reference = podGroupOf(pending.pod);
    if (reference) this.#state.gangs.wait(pending, reference);
    else this.#state.queue.add(pending);
  }

  lineUpGang(entry: PendingGang): void {
    const { queue, nowMs } = this.#state;
    const { notBeforeMs } = entry.gang;
    if (notBeforeMs > nowMs) queue.delay(entry, notBeforeMs);
    else queue.add(entry);
  }

  /** No place is held for them any more. */
  cancel(reservation: Reservation): void {
    this.#state.reservations.release(reservation);
    for (const { pending } of reservation.places) this.lineUp(pending);
  }

  /** One of those for whom the places are held is gone. */
  cancelFor(uid: string): void {
    const reservation = this.#state.reservations.of(uid);
    if (reservation) this.cancel(reservation);
  }

  /** Pods with these claims may be placed where they could not be before. */
  wakeClaimants(claims: readonly string[]): void {
    for (const claim of claims)
      for (const uid of this.#claimants.get(claim) ?? []) {
        const entry = this.entryOf(uid);
        if (entry?.kind === 'gang') this.lineUpGang(entry);
        else if (entry) this.#state.queue.add(entry);
      }
  }

  /** Whom terms mean has changed: whoever is parked may have another shape by now. */
  wakeParked(): void {
    const { queue } = this.#state;
    for (const entry of queue.parkedGroups().flatMap((group) => [...group])) queue.add(entry);
  }

  #noteClaims({ uid, template }: PendingPod, isPending: boolean): void {
    for (const { key } of template.footprint.volumes?.claims ?? []) {
      const claimants = this.#claimants.get(key) ?? new Set<string>();
      if (isPending) this.#claimants.set(key, claimants.add(uid));
      else if (claimants.delete(uid) && claimants.size === 0) this.#claimants.delete(key);
    }
  }
}

const isSameGroup = (a: Pod, b: Pod): boolean => {
  const [one, other] = [podGroupOf(a), podGroupOf(b)];
  return one?.name === other?.name && one?.apiGroup === other?.apiGroup;
};
