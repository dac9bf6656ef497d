import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { PersistentVolume } from '../../api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts';
import type { CSINode } from '../../api/storage/csi-node.ts';
import type { StorageClass } from '../../api/storage/storage-class.ts';
import type { PodGroup } from '../../api/stowage/pod-group.ts';
import {
  defaultSchedulingPolicy,
  profileOnly,
  type SchedulingPolicySpec,
} from '../../api/stowage/scheduling-policy.ts';
import type { XPodGroup } from '../../api/stowage/x-pod-group.ts';
import type { Decision } from './decision.ts';
import type { QuotaRoom } from './explain/importance.ts';
import type { Explanation } from './explanation.ts';
import { gangSpecOf, referenceTo } from './gang.ts';
import { GangKeeper } from './gang-keeper.ts';
import { Hope } from './hope.ts';
import { PendingPods } from './pending-pods.ts';
import { PlaceKeeper } from './place-keeper.ts';
import { Placer } from './placer.ts';
import { Pods } from './pods.ts';
import { SchedulerState } from './scheduler-state.ts';
import { Teller } from './teller.ts';
import type { World } from './world.ts';

export type { Decision } from './decision.ts';
export { EXPLAIN_INTERVAL_MS } from './explanations.ts';

export interface SchedulerOptions {
  /** Default: what a cell starts with. */
  readonly policy?: SchedulingPolicySpec;
  /** The only `spec.schedulerName` it is for. Default: those that the policy has profiles for. */
  readonly schedulerName?: string;
  /** What keeps a pod out of a more important band; default nothing. */
  readonly quotaRoom?: QuotaRoom | undefined;
}

/**
 * Decides where pods go. Synchronous, and a function of what it was told and in which order: no clock, no randomness, no I/O.
 * A decision to bind is accounted at once, so that the next one sees it; `bindFailed` takes it back.
 *
 * Owns: what it knows (`SchedulerState`), those who act on it, and the order in which they do. Each of these knows only those made
 * before it.
 */
export class Scheduler {
  readonly world: World;
  readonly #schedulerName: string | undefined;
  readonly #state: SchedulerState;
  readonly #pending: PendingPods;
  readonly #pods: Pods;
  readonly #hope: Hope;
  readonly #teller: Teller;
  readonly #gangs: GangKeeper;
  readonly #places: PlaceKeeper;
  readonly #placer: Placer;

  constructor({ policy = defaultSchedulingPolicy(), schedulerName, quotaRoom }: SchedulerOptions = {}) {
    const state = new SchedulerState(profileOnly(policy, schedulerName));
    const pending = new PendingPods(state);
    const pods = new Pods(state, pending);
    const hope = new Hope(state, pending);
    const teller = new Teller(state, pending, pods, quotaRoom);
    const gangs = new GangKeeper(state, pending, pods, teller);
    const places = new PlaceKeeper(state, pending, pods, hope, gangs);
    this.#placer = new Placer(state, pending, pods, hope, teller, gangs, places);
    this.world = state.world;
    this.#schedulerName = schedulerName;
    this.#state = state;
    this.#pending = pending;
    this.#pods = pods;
    this.#hope = hope;
    this.#teller = teller;
    this.#gangs = gangs;
    this.#places = places;
  }

  get pendingCount(): number {
    return this.#pending.count;
  }

  /** When to decide again even if nothing changes; infinite when nothing waits for time to pass. */
  get nextDueMs(): number {
    const { queue, reservations, gangs, explanations, nowMs } = this.#state;
    const explainMs = explanations.isOwing ? nowMs : Number.POSITIVE_INFINITY;
    return Math.min(queue.nextRipeMs, reservations.nextDeadlineMs, gangs.nextDueMs, explainMs);
  }

  /** Whether some pods wait whose explanation may go stale. */
  get hasParked(): boolean {
    return this.#state.explanations.size > 0;
  }

  setNode(node: Node): void {
    this.world.setNode(node);
  }

  removeNode(name: string): void {
    this.world.removeNode(name);
  }

  setNamespace(namespace: Namespace): void {
    this.world.setNamespace(namespace);
  }

  removeNamespace(name: string): void {
    this.world.removeNamespace(name);
  }

  setBudget(budget: PodDisruptionBudget): void {
    this.#state.budgets.set(budget);
  }

  removeBudget(namespace: string, name: string): void {
    this.#state.budgets.remove(namespace, name);
  }

  setPodGroup(group: PodGroup | XPodGroup): void {
    this.#state.gangs.set(group.metadata?.namespace ?? '', referenceTo(group), gangSpecOf(group));
  }

  removePodGroup(group: PodGroup | XPodGroup): void {
    this.#state.gangs.set(group.metadata?.namespace ?? '', referenceTo(group), undefined);
  }

  setClaim(claim: PersistentVolumeClaim): void {
    this.#pending.wakeClaimants(this.world.volumes.setClaim(claim));
  }

  removeClaim(namespace: string, name: string): void {
    this.#pending.wakeClaimants(this.world.volumes.removeClaim(namespace, name));
  }

  setVolume(volume: PersistentVolume): void {
    this.#pending.wakeClaimants(this.world.volumes.setVolume(volume));
  }

  removeVolume(name: string): void {
    this.#pending.wakeClaimants(this.world.volumes.removeVolume(name));
  }

  setStorageClass(storageClass: StorageClass): void {
    this.#pending.wakeClaimants(this.world.volumes.setStorageClass(storageClass));
  }

  removeStorageClass(name: string): void {
    this.#pending.wakeClaimants(this.world.volumes.removeStorageClass(name));
  }

  setCsiNode(csiNode: CSINode): void {
    this.world.setCsiNode(csiNode);
  }

  removeCsiNode(name: string): void {
    this.world.removeCsiNode(name);
  }

  setPolicy(policy: SchedulingPolicySpec): void {
    this.#pods.setPolicy(profileOnly(policy, this.#schedulerName));
  }

  setPod(pod: Pod): void {
    this.#pods.set(pod);
  }

  removePod(uid: string): void {
    this.#pods.remove(uid);
  }

  /** The pod did not get bound: it is pending again. Tell this after the last `setPod` that came of the attempt. */
  bindFailed(uid: string): void {
    if (!this.#pods.unbind(uid)) return;
    this.#gangs.review();
    const { backOff, nowMs } = this.#state;
    const entry = this.#pending.entryOf(uid);
    if (entry) backOff.delay(entry, nowMs);
  }

  /** About `limit` decisions, best pod first. An empty answer means that nothing more can be done until something changes. */
  decide(nowMs: number, limit: number): Decision[] {
    const decisions: Decision[] = [];
    this.#begin(nowMs, decisions);
    const { queue } = this.#state;
    // An empty answer means that nothing can be done: until there is something to say, tries are not limited.
    for (let tries = 0; decisions.length < limit && (tries < limit || decisions.length === 0); tries++) {
      this.#gangs.review();
      this.#places.fulfil(decisions);
      const entry = queue.next();
      if (!entry) {
        this.#gangs.tell(decisions);
        this.#teller.tellParked(decisions, limit);
        break;
      }
      this.#placer.try(entry, decisions);
    }
    return decisions;
  }

  /** Why the pod is where it is, or nowhere. */
  why(pod: Pod, nowMs: number): Explanation {
    return this.#teller.why(pod, nowMs);
  }

  /** What time and the cell have brought about since the last decisions. */
  #begin(nowMs: number, decisions: Decision[]): void {
    const { queue, crashes, policy } = this.#state;
    this.#state.nowMs = nowMs;
    crashes.enter(nowMs, policy.crashAvoidance);
    queue.ripen(nowMs);
    this.#places.giveUpOverdue(decisions);
    this.#gangs.review();
    this.#gangs.tell(decisions);
    if (this.#hope.rouse()) this.#places.reconsider();
  }
}
