import { specAsHeld } from '../../api/core/held-resources.ts';
import type { Pod } from '../../api/core/pod.ts';
import { podGroupOf } from '../../api/stowage/pod-group.ts';
import type { SchedulingPolicySpec } from '../../api/stowage/scheduling-policy.ts';
import { isSameJson } from './alike.ts';
import type { Decision } from './decision.ts';
import type { PendingPod } from './pending.ts';
import type { PendingPods } from './pending-pods.ts';
import type { Resident } from './resident.ts';
import type { SchedulerState } from './scheduler-state.ts';
import { ownerOf } from './templates.ts';
import type { VolumeChoice } from './volumes/volume-resolution.ts';

/** A bind under way: the pod as last told of, and what was chosen for its claims. */
interface Binding {
  readonly pod: Pod;
  readonly volumes: readonly VolumeChoice[];
}

/**
 * What becomes of each pod: news and decisions make it pending, binding, placed, or gone.
 *
 * Owns: the binds under way, and whose pods are ours. Invariant: a pod whose bind is under way is accounted to its node.
 */
export class Pods {
  readonly #state: SchedulerState;
  readonly #pending: PendingPods;
  readonly #binding = new Map<string, Binding>();
  /** Names of schedulers that we are. */
  #names: ReadonlySet<string>;

  constructor(state: SchedulerState, pending: PendingPods) {
    this.#state = state;
    this.#pending = pending;
    this.#names = namesOf(state.policy);
  }

  /** Pods that wait are read again; those that are placed stay as they are. */
  setPolicy(policy: SchedulingPolicySpec): void {
    this.#state.policy = policy;
    this.#state.templates.setPolicy(policy);
    this.#names = namesOf(policy);
    for (const { uid, pod } of this.#pending.waiting()) {
      this.#pending.drop(uid);
      this.set(pod);
    }
  }

  set(pod: Pod): void {
    const uid = pod.metadata?.uid ?? '';
    const { spec, status } = pod;
    if (!spec || status?.phase === 'Succeeded' || status?.phase === 'Failed') this.#end(uid, pod);
    else if (spec.nodeName) this.#settle(uid, pod, spec.nodeName);
    // A bind under way may be answered by an older state of the pod; only its own outcome settles it.
    else if (this.#binding.has(uid)) this.#binding.set(uid, { ...this.#binding.get(uid)!, pod });
    else if (this.#isOurs(pod)) this.#pending.add(uid, pod);
    else this.#pending.drop(uid);
  }

  remove(uid: string): void {
    const { placements, crashes } = this.#state;
    const place = placements.get(uid);
    if (place && !isLeaving(place.resident.pod)) crashes.ended(place.resident.pod, place.nodeName);
    this.#forget(uid);
  }

  /** Where its volumes are no longer what its shape was made of it stays in line, and gets another. */
  bind(pending: PendingPod, slot: number, decisions: Decision[]): void {
    const { world, placements, gangs } = this.#state;
    const { uid, pod, template } = pending;
    const { volumes: needs } = template.footprint;
    const volumes = needs ? world.volumes.choose(needs, world.cell.node(slot)!) : [];
    if (!volumes) return;
    const nodeName = world.cell.nameAt(slot);
    this.#pending.leave(pending);
    this.#binding.set(uid, { pod, volumes });
    if (volumes.length > 0) this.#pending.wakeClaimants(world.volumes.assume(volumes));
    placements.place(pod, nodeName, template.footprint);
    gangs.move(uid, 'placed');
    decisions.push({ type: 'bind', pod, nodeName, volumes });
  }

  /** A bind has come to nothing; false when none is under way. */
  unbind(uid: string): boolean {
    const binding = this.#binding.get(uid);
    if (!binding) return false;
    const { world, placements, reservations, gangs } = this.#state;
    this.#binding.delete(uid);
    placements.remove(uid);
    reservations.victimGone(uid);
    gangs.leave(uid);
    if (binding.volumes.length > 0) this.#pending.wakeClaimants(world.volumes.forget(binding.volumes));
    this.set(binding.pod);
    return true;
  }

  /** What has to be done for its claims first, where its bind is under way. */
  choicesOf(uid: string): readonly VolumeChoice[] {
    return this.#binding.get(uid)?.volumes ?? [];
  }

  #isOurs({ metadata, spec }: Pod): boolean {
    const waits = (spec?.schedulingGates?.length ?? 0) > 0;
    return !metadata?.deletionTimestamp && !waits && this.#names.has(spec?.schedulerName ?? 'default-scheduler');
  }

  #settle(uid: string, pod: Pod, nodeName: string): void {
    const { templates, backOff, placements, gangs, crashes, preemption } = this.#state;
    this.#binding.delete(uid);
    backOff.forget(uid);
    gangs.confirm(uid);
    const known = placements.get(uid);
    // Its agent may yet say that it has failed, which says nothing of one that was told to go.
    if (known && isLeaving(pod) && !isLeaving(known.resident.pod)) crashes.ended(pod, nodeName);
    if (known?.nodeName === nodeName && this.#takesUpTheSame(known.resident, pod)) {
      const isRetimed = hasOtherTimes(known.resident.pod, pod);
      known.resident.update(pod);
      if (isRetimed) preemption.retimed(known.slot);
      return;
    }
    this.#pending.drop(uid);
    placements.remove(uid);
    placements.place(pod, nodeName, templates.read(pod).template.footprint);
    const reference = podGroupOf(pod);
    if (reference) gangs.settle(uid, pod.metadata?.namespace ?? '', reference);
  }

  #takesUpTheSame({ pod, footprint }: Resident, next: Pod): boolean {
    const [before, now] = [pod.metadata, next.metadata];
    // Most news of a placed pod is of its status, which takes up no room but in a resize.
    if (
      before?.generation !== undefined &&
      before.generation === now?.generation &&
      before.deletionTimestamp === now.deletionTimestamp &&
      isSameJson(before.labels, now.labels) &&
      !isResized(pod) &&
      !isResized(next)
    )
      return true;
    return this.#state.templates.read(next).template.footprint === footprint;
  }

  #end(uid: string, pod: Pod): void {
    const { placements, gangs, crashes } = this.#state;
    const nodeName = pod.spec?.nodeName;
    if (nodeName && placements.get(uid)) crashes.ended(pod, nodeName);
    this.#forget(uid);
    const reference = podGroupOf(pod);
    const owner = ownerOf(pod);
    if (pod.status?.phase === 'Succeeded' && reference && owner)
      gangs.succeed(uid, pod.metadata?.namespace ?? '', reference, owner.uid);
  }

  #forget(uid: string): void {
    const { backOff, placements, reservations } = this.#state;
    this.#binding.delete(uid);
    backOff.forget(uid);
    placements.remove(uid);
    this.#pending.drop(uid);
    reservations.victimGone(uid);
  }
}

const isLeaving = ({ metadata }: Pod): boolean => metadata?.deletionTimestamp !== undefined;

/** Whether it holds other amounts than it asks for. */
const isResized = (pod: Pod): boolean => specAsHeld(pod) !== pod.spec;

const namesOf = ({ profiles }: SchedulingPolicySpec): ReadonlySet<string> =>
  new Set(profiles.map(({ schedulerName }) => schedulerName));

/** When it started, and when it will be gone, bear on who is pushed out. */
const hasOtherTimes = (a: Pod, b: Pod): boolean =>
  a.status?.startTime !== b.status?.startTime || a.metadata?.deletionTimestamp !== b.metadata?.deletionTimestamp;
