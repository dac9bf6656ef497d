import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { PersistentVolume } from '../../api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts';
import type { CSINode } from '../../api/storage/csi-node.ts';
import type { StorageClass } from '../../api/storage/storage-class.ts';
import { type PodGroup, podGroupOf } from '../../api/stowage/pod-group.ts';
import { defaultSchedulingPolicy, type SchedulingPolicySpec } from '../../api/stowage/scheduling-policy.ts';
import type { XPodGroup } from '../../api/stowage/x-pod-group.ts';
import { Budgets } from './budgets.ts';
import { CrashWitness } from './crash-witness.ts';
import type { Decision, GangPhase } from './decision.ts';
import { Explainer } from './explain/explainer.ts';
import type { QuotaRoom } from './explain/importance.ts';
import { conditionMessage } from './explain/message.ts';
import type { Explanation } from './explanation.ts';
import { EXPLAIN_INTERVAL_MS, Explanations } from './explanations.ts';
import { type Place, placeTogether, residentOf, type Together } from './gang-placement.ts';
import {
  deadlineMs,
  type Gang,
  Gangs,
  gangSpecOf,
  incompleteMessage,
  missingMembers,
  referenceTo,
  restMs,
  stateOf,
} from './gangs.ts';
import { bestSlot, type Pending, type PendingGang, type PendingPod, prospectOf, prospectOfGang } from './pending.ts';
import { Placements } from './placements.ts';
import { type Eviction, Preemption } from './preemption.ts';
import { type Prospect, SchedulingQueue } from './queue.ts';
import { type Reservation, Reservations } from './reservations.ts';
import { Shapes } from './shapes.ts';
import { ownerOf, Templates } from './templates.ts';
import type { VolumeChoice } from './volumes/volume-resolution.ts';
import { World } from './world.ts';

export type { Decision } from './decision.ts';
export { EXPLAIN_INTERVAL_MS } from './explanations.ts';

export interface SchedulerOptions {
  /** Default: what a cell starts with. */
  readonly policy?: SchedulingPolicySpec;
  /** What keeps a pod out of a more important band; default nothing. */
  readonly quotaRoom?: QuotaRoom | undefined;
}

/** Nodes looked at in one pass to find out what would help those who wait; each kind of pod costs a look at all. */
const EXPLAINED_NODES = 10_000;
/** Put-offs of one entry grow from the first to the second (as kube-scheduler's pod back-off). */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 10_000;
/** What the pods of a gang get to arrive before those who are there are told that others are not. */
const ARRIVAL_MS = 1000;
/** Beyond the longest grace of those who leave, what their node gets to say that they have gone. */
const EVICTION_MARGIN_MS = 30_000;
const DEFAULT_GRACE_SECONDS = 30;

/**
 * Decides where pods go. Synchronous, and a function of what it was told and in which order: no clock, no randomness, no I/O.
 * A decision to bind is accounted at once, so that the next one sees it; `bindFailed` takes it back.
 *
 * Owns: the model of the cell, the pending pods, where every other pod is, and what is held for whom. Invariant: a pod is in one of
 * the queue, a gang's waiting members, a reservation, and the placements.
 */
export class Scheduler {
  readonly world = new World();
  readonly #templates: Templates;
  readonly #shapes = new Shapes(this.world);
  readonly #queue = new SchedulingQueue<Pending>();
  readonly #placements = new Placements(this.world);
  readonly #budgets = new Budgets();
  readonly #gangs = new Gangs();
  readonly #reservations = new Reservations(this.world);
  readonly #preemption: Preemption;
  readonly #explanations = new Explanations<PendingPod>();
  readonly #explainer: Explainer;
  readonly #crashes = new CrashWitness(this.world.crashes);
  readonly #binding = new Map<string, { readonly pod: Pod; readonly volumes: readonly VolumeChoice[] }>();
  readonly #claimants = new Map<string, Set<string>>();
  readonly #attempts = new Map<string, number>();
  #policy: SchedulingPolicySpec;
  #names: ReadonlySet<string>;
  /** Gangs of which something has changed since the last decisions. */
  readonly #reviewed = new Set<Gang>();
  #sequence = 0;
  #pendingCount = 0;
  #nowMs = 0;
  #cellSeen = 0;
  #reliefSeen = 0;
  #namespacesSeen = 0;

  constructor({ policy = defaultSchedulingPolicy(), quotaRoom }: SchedulerOptions = {}) {
    this.#policy = policy;
    this.#names = namesOf(policy);
    this.#templates = new Templates(this.world, policy);
    this.#preemption = new Preemption(this.world, this.#templates, this.#budgets, (uid) =>
      this.#reservations.isVictim(uid),
    );
    const find = (pending: PendingPod) => this.#preemption.find(pending);
    this.#explainer = new Explainer(this.world, () => {
      return { bands: this.#policy.bands, budgets: this.#budgets, find, quotaRoom };
    });
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** When to decide again even if nothing changes; infinite when nothing waits for time to pass. */
  get nextDueMs(): number {
    const explainMs = this.#explanations.isOwing ? this.#nowMs : Number.POSITIVE_INFINITY;
    return Math.min(this.#queue.nextRipeMs, this.#reservations.nextDeadlineMs, this.#gangs.nextDueMs, explainMs);
  }

  /** Whether some pods wait whose explanation may go stale. */
  get hasParked(): boolean {
    return this.#explanations.size > 0;
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
    this.#budgets.set(budget);
  }

  removeBudget(namespace: string, name: string): void {
    this.#budgets.remove(namespace, name);
  }

  setPodGroup(group: PodGroup | XPodGroup): void {
    this.#regroup(this.#gangs.set(group.metadata?.namespace ?? '', referenceTo(group), gangSpecOf(group)));
  }

  removePodGroup(group: PodGroup | XPodGroup): void {
    this.#regroup(this.#gangs.set(group.metadata?.namespace ?? '', referenceTo(group), undefined));
  }

  setClaim(claim: PersistentVolumeClaim): void {
    this.#wakeClaimants(this.world.volumes.setClaim(claim));
  }

  removeClaim(namespace: string, name: string): void {
    this.#wakeClaimants(this.world.volumes.removeClaim(namespace, name));
  }

  setVolume(volume: PersistentVolume): void {
    this.#wakeClaimants(this.world.volumes.setVolume(volume));
  }

  removeVolume(name: string): void {
    this.#wakeClaimants(this.world.volumes.removeVolume(name));
  }

  setStorageClass(storageClass: StorageClass): void {
    this.#wakeClaimants(this.world.volumes.setStorageClass(storageClass));
  }

  removeStorageClass(name: string): void {
    this.#wakeClaimants(this.world.volumes.removeStorageClass(name));
  }

  setCsiNode(csiNode: CSINode): void {
    this.world.setCsiNode(csiNode);
  }

  removeCsiNode(name: string): void {
    this.world.removeCsiNode(name);
  }

  setPolicy(policy: SchedulingPolicySpec): void {
    this.#policy = policy;
    this.#names = namesOf(policy);
    this.#templates.setPolicy(policy);
    this.#readAgain([...new Set(this.#pendingPods())].sort((a, b) => a.sequence - b.sequence));
  }

  setPod(pod: Pod): void {
    const uid = pod.metadata?.uid ?? '';
    const { spec, status } = pod;
    if (!spec || status?.phase === 'Succeeded' || status?.phase === 'Failed') this.#end(uid, pod);
    else if (spec.nodeName) this.#settle(uid, pod, spec.nodeName);
    // A bind under way may be answered by an older state of the pod; only its own outcome settles it.
    else if (this.#binding.has(uid)) this.#binding.set(uid, { ...this.#binding.get(uid)!, pod });
    else if (this.#isOurs(pod)) this.#enqueue(uid, pod);
    else this.#drop(uid);
  }

  removePod(uid: string): void {
    const place = this.#placements.get(uid);
    if (place && !isLeaving(place.resident.pod)) this.#crashes.ended(place.resident.pod, place.nodeName);
    this.#forget(uid);
  }

  /** The pod did not get bound: it is pending again. Tell this after the last `setPod` that came of the attempt. */
  bindFailed(uid: string): void {
    const binding = this.#binding.get(uid);
    if (!binding) return;
    this.#binding.delete(uid);
    this.#placements.remove(uid);
    this.#reservations.victimGone(uid);
    this.#regroup(this.#gangs.leave(uid));
    if (binding.volumes.length > 0) this.#wakeClaimants(this.world.volumes.forget(binding.volumes));
    this.setPod(binding.pod);
    this.#reviewGangs();
    const entry = this.#entryOf(uid);
    if (entry) this.#delay(entry);
  }

  /** About `limit` decisions, best pod first. An empty answer means that nothing more can be done until something changes. */
  decide(nowMs: number, limit: number): Decision[] {
    this.#nowMs = nowMs;
    const decisions: Decision[] = [];
    this.#crashes.enter(nowMs, this.#policy.crashAvoidance);
    this.#queue.ripen(nowMs);
    for (const reservation of this.#reservations.overdue(nowMs)) this.#waitNoLonger(reservation, decisions);
    this.#reviewGangs();
    this.#tellGangs(decisions);
    this.#hope();
    // An empty answer means that nothing can be done: until there is something to say, tries are not limited.
    for (let tries = 0; decisions.length < limit && (tries < limit || decisions.length === 0); tries++) {
      this.#reviewGangs();
      for (const reservation of this.#reservations.takeReady()) this.#fulfil(reservation, decisions);
      const entry = this.#queue.next();
      if (!entry) {
        this.#tellGangs(decisions);
        this.#explainParked(decisions, limit);
        break;
      }
      this.#queue.served(entry);
      if (entry.kind === 'pod') this.#tryPod(this.#current(entry), decisions);
      else this.#tryGang(entry, decisions);
    }
    return decisions;
  }

  /** Why the pod is where it is, or nowhere. */
  why(pod: Pod, nowMs: number): Explanation {
    const uid = pod.metadata?.uid ?? '';
    const nodes = this.world.cell.nodeCount;
    const plain = (state: Explanation['state'], message: string) => ({
      state,
      message,
      nodes,
      reasons: [],
      remedies: [],
    });
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') return plain('ignored', `the pod has ended (${phase})`);
    const place = this.#placements.get(uid);
    if (place) return plain('placed', `on ${place.nodeName}`);
    const gates = pod.spec?.schedulingGates ?? [];
    if (gates.length > 0) return plain('waiting', `scheduling gates: ${gates.map(({ name }) => name).join(', ')}`);
    const pending = this.#pendingOf(uid);
    if (!pending)
      return plain('ignored', `no profile for schedulerName ${pod.spec?.schedulerName ?? 'default-scheduler'}`);
    const reserved = this.#reservations.of(uid);
    if (reserved) return plain('waiting', this.#heldMessage(reserved));
    const gang = this.#gangs.of(uid);
    if (gang?.why !== undefined) return plain('waiting', gang.why);
    return this.#explainer.explain(pending, nowMs);
  }

  #heldMessage({ places, victims }: Reservation): string {
    const nodes = [...new Set(places.map(({ slot }) => this.world.cell.nameAt(slot)))].join(', ');
    return `its place on ${nodes} is held until ${victims.size} pod${victims.size === 1 ? '' : 's'} being evicted for it ${victims.size === 1 ? 'is' : 'are'} gone`;
  }

  // What pods are: pending, placed, gone.

  #isOurs({ metadata, spec }: Pod): boolean {
    const waits = (spec?.schedulingGates?.length ?? 0) > 0;
    return !metadata?.deletionTimestamp && !waits && this.#names.has(spec?.schedulerName ?? 'default-scheduler');
  }

  #enqueue(uid: string, pod: Pod): void {
    const { template, pins } = this.#templates.read(pod);
    const known = this.#pendingOf(uid);
    const priority = pod.spec?.priority ?? 0;
    const isSame = known?.template === template && known.priority === priority && String(known.pins) === String(pins);
    if (isSame && isSameGroup(known.pod, pod)) return;
    if (known) this.#drop(uid);
    const shapeKey = this.#shapes.keyOf(template);
    const pending: PendingPod = {
      kind: 'pod',
      uid,
      pod,
      template,
      pins,
      shapeKey,
      shape: this.#shapes.use(shapeKey, template),
      priority,
      namespace: pod.metadata?.namespace ?? '',
      sequence: known?.sequence ?? this.#sequence++,
    };
    this.#pendingCount++;
    this.#noteClaims(pending, true);
    this.#lineUp(pending);
  }

  #noteClaims({ uid, template }: PendingPod, isPending: boolean): void {
    for (const { key } of template.footprint.volumes?.claims ?? []) {
      const claimants = this.#claimants.get(key) ?? new Set<string>();
      if (isPending) this.#claimants.set(key, claimants.add(uid));
      else if (claimants.delete(uid) && claimants.size === 0) this.#claimants.delete(key);
    }
  }

  /** Pods with these claims may be placed where they could not be before. */
  #wakeClaimants(claims: readonly string[]): void {
    for (const claim of claims)
      for (const uid of this.#claimants.get(claim) ?? []) {
        const entry = this.#entryOf(uid);
        if (entry?.kind === 'gang') this.#await(entry);
        else if (entry) this.#queue.add(entry);
      }
  }

  /** What is in the queue for the pod: itself, or its gang. */
  #entryOf(uid: string): Pending | undefined {
    return this.#queue.get(uid) ?? this.#queue.get(this.#gangs.of(uid)?.uid ?? '');
  }

  #lineUp(pending: PendingPod): void {
    const reference = podGroupOf(pending.pod);
    if (!reference) {
      this.#queue.add(pending);
      return;
    }
    this.#regroup(this.#gangs.wait(pending, reference));
  }

  /** A gang has gained or lost pods, or its object has changed. */
  #regroup(gang: Gang | undefined): void {
    if (gang) this.#reviewed.add(gang);
  }

  #reviewGangs(): void {
    for (const gang of this.#reviewed) {
      this.#reviewed.delete(gang);
      this.#review(gang);
    }
  }

  /** Puts into the queue what is to be tried of the gang: its pods when it has its places, itself when it is to get them. */
  #review(gang: Gang): void {
    // Fewer than are needed would be of no use.
    if (missingMembers(gang) > gang.held.size) for (const uid of [...gang.held]) this.#cancelFor(uid);
    const state = stateOf(gang);
    for (const pending of gang.waiting.values()) {
      if (state !== 'open') this.#queue.remove(pending.uid);
      else if (!this.#queue.get(pending.uid)) this.#queue.add(pending);
    }
    this.#queue.remove(gang.uid);
    // What it was to be told is not true any more.
    if (gang.isIncomplete && state !== 'incomplete') owesNothing(gang);
    gang.isIncomplete = state === 'incomplete';
    if (state === 'ready') this.#await(this.#gangEntry(gang));
    if (state === 'incomplete') this.#owe(gang, incompleteMessage(gang), ARRIVAL_MS);
    if (state === 'idle' || state === 'open') this.#satisfy(gang);
    else gang.waitingSinceMs ??= this.#nowMs;
    this.#gangs.watch(gang);
    this.#gangs.forgetIfIdle(gang);
  }

  #await(entry: PendingGang): void {
    const { notBeforeMs } = entry.gang;
    if (notBeforeMs > this.#nowMs) this.#queue.delay(entry, notBeforeMs);
    else this.#queue.add(entry);
  }

  /** It waits for nothing. */
  #satisfy(gang: Gang): void {
    gang.waitingSinceMs = undefined;
    gang.hasTimedOut = false;
    gang.notBeforeMs = 0;
    owesNothing(gang);
    // Its places may have come about in another way than by a decision.
    if (gang.placed.size > 0 && gang.told !== undefined && gang.told.phase !== 'Scheduled') gang.tellAtMs = this.#nowMs;
    gang.toldAtMs = Number.NEGATIVE_INFINITY;
  }

  /** As important as the least important of its pods: none gets ahead by being in a gang. */
  #gangEntry(gang: Gang): PendingGang {
    let [priority, sequence] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const pending of gang.waiting.values()) {
      priority = Math.min(priority, pending.priority);
      sequence = Math.min(sequence, pending.sequence);
    }
    const { namespace, uid } = gang;
    return { kind: 'gang', gang, uid, namespace, priority, sequence };
  }

  #settle(uid: string, pod: Pod, nodeName: string): void {
    this.#binding.delete(uid);
    this.#attempts.delete(uid);
    this.#gangs.confirm(uid);
    const known = this.#placements.get(uid);
    // Its agent may yet say that it has failed, which says nothing of one that was told to go.
    if (known && isLeaving(pod) && !isLeaving(known.resident.pod)) this.#crashes.ended(pod, nodeName);
    if (known?.nodeName === nodeName && this.#takesUpTheSame(known.resident, pod)) {
      const isRetimed = hasOtherTimes(known.resident.pod, pod);
      known.resident.pod = pod;
      if (isRetimed) this.#preemption.retimed(known.slot);
      return;
    }
    this.#drop(uid);
    this.#placements.remove(uid);
    this.#placements.place(pod, nodeName, this.#templates.read(pod).template.footprint);
    this.#joinGang(uid, pod);
  }

  #joinGang(uid: string, pod: Pod): void {
    const reference = podGroupOf(pod);
    if (reference) this.#regroup(this.#gangs.settle(uid, pod.metadata?.namespace ?? '', reference));
  }

  #takesUpTheSame({ pod, footprint }: { pod: Pod; footprint: object }, next: Pod): boolean {
    const [before, now] = [pod.metadata, next.metadata];
    // Most news of a placed pod is of its status, which takes up no room.
    if (
      before?.generation !== undefined &&
      before.generation === now?.generation &&
      before.deletionTimestamp === now.deletionTimestamp &&
      isSameMap(before.labels, now.labels)
    )
      return true;
    return this.#templates.read(next).template.footprint === footprint;
  }

  #end(uid: string, pod: Pod): void {
    const nodeName = pod.spec?.nodeName;
    if (nodeName && this.#placements.get(uid)) this.#crashes.ended(pod, nodeName);
    this.#forget(uid);
    const reference = podGroupOf(pod);
    const owner = ownerOf(pod);
    if (pod.status?.phase === 'Succeeded' && reference && owner)
      this.#regroup(this.#gangs.succeed(uid, pod.metadata?.namespace ?? '', reference, owner.uid));
  }

  #forget(uid: string): void {
    this.#binding.delete(uid);
    this.#attempts.delete(uid);
    this.#placements.remove(uid);
    this.#drop(uid);
    this.#reservations.victimGone(uid);
  }

  /** The pod is no longer pending. */
  #drop(uid: string): void {
    this.#cancelFor(uid);
    const pending = this.#pendingOf(uid);
    this.#queue.remove(uid);
    this.#explanations.forget(uid);
    this.#regroup(this.#gangs.leave(uid));
    if (pending) this.#leavePending(pending);
  }

  #leavePending(pending: PendingPod): void {
    this.#pendingCount--;
    this.#shapes.leave(pending.shapeKey);
    this.#noteClaims(pending, false);
  }

  #pendingOf(uid: string): PendingPod | undefined {
    const queued = this.#queue.get(uid);
    if (queued?.kind === 'pod') return queued;
    return (
      this.#gangs.of(uid)?.waiting.get(uid) ??
      this.#reservations.of(uid)?.places.find(({ pending }) => pending.uid === uid)?.pending
    );
  }

  *#pendingPods(): Generator<PendingPod> {
    for (const entry of this.#queue.entries()) if (entry.kind === 'pod') yield entry;
    yield* this.#gangs.waiting();
  }

  /** What bears on these pods has changed, though they have not. */
  #readAgain(pods: readonly PendingPod[]): void {
    for (const { uid, pod } of pods) {
      this.#drop(uid);
      this.setPod(pod);
    }
  }

  /** The entry with the shape it has by now. */
  #current(pending: PendingPod): PendingPod {
    const shapeKey = this.#shapes.keyOf(pending.template);
    if (shapeKey === pending.shapeKey) return pending;
    this.#shapes.leave(pending.shapeKey);
    const current = { ...pending, shapeKey, shape: this.#shapes.use(shapeKey, pending.template) };
    if (this.#queue.get(pending.uid)) this.#queue.add(current);
    const gang = this.#gangs.of(pending.uid);
    if (gang?.waiting.has(pending.uid)) gang.waiting.set(pending.uid, current);
    return current;
  }

  // Deciding.

  #hope(): void {
    const { cell, namespacesVersion } = this.world;
    if (this.#namespacesSeen !== namespacesVersion) {
      // Whom terms mean has changed, so whoever is parked may have another shape by now.
      this.#namespacesSeen = namespacesVersion;
      for (const entry of [...this.#queue.parkedGroups()].flatMap((group) => [...group])) this.#queue.add(entry);
    }
    this.#wakeClaimants(this.world.volumes.takeStirred());
    if (this.#cellSeen === cell.now) return;
    const relieved: string[] = [];
    cell.relievedSince(this.#reliefSeen, (slot) => relieved.push(cell.nameAt(slot)));
    this.#cellSeen = cell.now;
    this.#reliefSeen = cell.relieved;
    this.#queue.hope({ relieved });
    if (relieved.length > 0) this.#freeReserved();
  }

  /** A pod whose place is held need not wait for it where another has become free. */
  #freeReserved(): void {
    for (const reservation of this.#reservations.ofPods())
      if (bestSlot(reservation.places[0]!.pending, this.world) >= 0) this.#cancel(reservation);
  }

  #tryPod(pending: PendingPod, decisions: Decision[]): void {
    const slot = bestSlot(pending, this.world);
    if (slot >= 0) {
      // Where volumes are no longer what the shape was made of, the pod stays in line and gets another.
      this.#bind(pending, slot, decisions);
      return;
    }
    const eviction = this.#preemption.find(pending);
    if (eviction) this.#reserve(pending, [{ pending, slot: eviction.slot }], [eviction], decisions);
    else {
      this.#queue.park(pending, this.#prospectOf(pending));
      this.#explanations.owe(pending);
    }
  }

  #prospectOf(pending: PendingPod): Prospect {
    const { template, shapeKey, pod } = pending;
    const prospect = prospectOf(pending, this.world, () => this.#shapes.keyOf(template) !== shapeKey);
    return {
      ...prospect,
      key: `${pod.spec?.preemptionPolicy ?? ''} ${prospect.key}`,
      // Too little room to go in may be enough together with what others would have to give up.
      isPossible: () => prospect.isPossible() || this.#preemption.mayFind(pending),
    };
  }

  #tryGang(entry: PendingGang, decisions: Decision[]): void {
    const { gang } = entry;
    // The most important first, so that no member can push out another.
    const members = [...gang.waiting.values()].sort((a, b) => b.priority - a.priority || a.sequence - b.sequence);
    const missing = missingMembers(gang);
    const found = this.#unnoticed(() =>
      placeTogether(members, missing, this.world, {
        current: (pending) => this.#current(pending),
        evict: (pending) => this.#preemption.find(pending),
        refusal: (pending) => conditionMessage(this.#explainer.brief(pending)),
      }),
    );
    if (!found.placed) this.#parkGang(entry, missing, found);
    else if (found.evictions.length === 0) this.#bindTogether(gang, found.places, decisions);
    else {
      this.#reserve(entry, found.places, found.evictions, decisions);
      this.#owe(gang, `places for ${found.places.length} pods are held until those in the way have gone`, 0);
    }
  }

  #bindTogether(gang: Gang, places: readonly Place[], decisions: Decision[]): void {
    for (const { pending, slot } of places) this.#bind(pending, slot, decisions);
    this.#tellGroup(gang, 'Scheduled', `${places.length} pods placed together`, decisions);
    this.#satisfy(gang);
    this.#regroup(gang);
  }

  #parkGang(
    entry: PendingGang,
    missing: number,
    { stuck, why, found, asked }: Extract<Together, { placed: false }>,
  ): void {
    const { gang } = entry;
    gang.notBeforeMs = this.#nowMs + restMs(asked, gang.attempts++);
    const prospect = prospectOfGang(
      entry,
      [...gang.waiting.values()],
      missing,
      this.#prospectOf(stuck),
      gang.notBeforeMs,
    );
    this.#queue.park(entry, prospect);
    this.#owe(gang, `gang ${gang.reference.name}: room for ${found} of ${missing} pods at once; the next: ${why}`, 0);
  }

  /** What is tried and undone is no news to anybody. */
  #unnoticed<T>(trial: () => T): T {
    const { cell } = this.world;
    const [isAllSeen, isReliefSeen] = [this.#cellSeen === cell.now, this.#reliefSeen === cell.relieved];
    this.#wakeClaimants(this.world.volumes.takeStirred());
    const outcome = trial();
    this.world.volumes.takeStirred();
    if (isAllSeen) this.#cellSeen = cell.now;
    if (isReliefSeen) this.#reliefSeen = cell.relieved;
    return outcome;
  }

  #bind(pending: PendingPod, slot: number, decisions: Decision[]): void {
    const { uid, pod, template } = pending;
    const { volumes: needs } = template.footprint;
    const volumes = needs ? this.world.volumes.choose(needs, this.world.cell.node(slot)!) : [];
    if (!volumes) return;
    const nodeName = this.world.cell.nameAt(slot);
    this.#queue.remove(uid);
    this.#explanations.forget(uid);
    this.#leavePending(pending);
    this.#binding.set(uid, { pod, volumes });
    if (volumes.length > 0) this.#wakeClaimants(this.world.volumes.assume(volumes));
    this.#placements.place(pod, nodeName, template.footprint);
    this.#gangs.move(uid, 'placed');
    decisions.push({ type: 'bind', pod, nodeName, volumes });
  }

  /** Holds the places until those who have to leave are gone. */
  #reserve(
    entry: Pending,
    places: readonly { readonly pending: PendingPod; readonly slot: number }[],
    evictions: readonly Eviction[],
    decisions: Decision[],
  ): void {
    const { cell } = this.world;
    const victims = evictions.flatMap(({ slot, victims: all }) => all.map((victim) => ({ slot, victim })));
    const leaving = victims.filter(({ victim }) => !victim.held);
    const preemptor = places[0]!.pending.pod;
    for (const { slot, victim } of leaving) {
      if (this.#reservations.isVictim(victim.uid) || victim.footprint.leaving) continue;
      decisions.push({ type: 'evict', pod: victim.pod, preemptor, nodeName: cell.nameAt(slot) });
    }
    // Only now: those whom the others have pushed out are not told to go a second time.
    for (const { victim } of victims) {
      const others = victim.held ? this.#reservations.of(victim.uid) : undefined;
      if (others) this.#giveUp(others, decisions);
    }
    const held = places.map(({ pending, slot }) => {
      this.#queue.remove(pending.uid);
      this.#gangs.move(pending.uid, 'held');
      const resident = residentOf(pending, true);
      this.world.place(cell.nameAt(slot), resident);
      decisions.push({ type: 'nominate', pod: pending.pod, nodeName: cell.nameAt(slot) });
      return { pending, slot, resident };
    });
    const graceMs = 1000 * leaving.reduce((most, { victim }) => Math.max(most, graceSecondsOf(victim.pod)), 0);
    const untilMs = this.#nowMs + graceMs + EVICTION_MARGIN_MS;
    this.#queue.remove(entry.uid);
    this.#reservations.add({ entry, places: held, victims: new Set(leaving.map(({ victim }) => victim.uid)), untilMs });
  }

  /** The places are free: takes them, all or none. */
  #fulfil(reservation: Reservation, decisions: Decision[]): void {
    this.#reservations.release(reservation);
    const pinned = reservation.places.map(({ pending, slot }) => {
      const current = this.#current(pending);
      // Whoever is not bound below stays in line.
      this.#lineUp(current);
      const name = this.world.cell.nameAt(slot);
      return { ...current, pins: current.pins?.filter((pin) => pin === name) ?? [name] };
    });
    const found = this.#unnoticed(() =>
      placeTogether(pinned, pinned.length, this.world, {
        current: (pending) => pending,
        evict: () => undefined,
        refusal: () => '',
      }),
    );
    if (!found.placed) return;
    const { entry } = reservation;
    if (entry.kind === 'gang') this.#bindTogether(entry.gang, found.places, decisions);
    else for (const { pending, slot } of found.places) this.#bind(pending, slot, decisions);
  }

  /** Those who should have left have not, or somebody more important takes the place. */
  #giveUp(reservation: Reservation, decisions: Decision[]): void {
    this.#reservations.release(reservation);
    for (const { pending } of reservation.places)
      decisions.push({ type: 'nominate', pod: pending.pod, nodeName: undefined });
    this.#lineUpAgain(reservation);
    this.#reviewGangs();
    const entry = this.#queue.get(reservation.entry.uid);
    if (entry) this.#delay(entry);
  }

  /** Those who were told to go in time and are still there are no more waited for; the others may be told again. */
  #waitNoLonger(reservation: Reservation, decisions: Decision[]): void {
    for (const uid of reservation.victims) {
      const resident = this.#placements.get(uid)?.resident;
      if (resident?.footprint.leaving) this.#preemption.giveUpOn(resident);
    }
    this.#giveUp(reservation, decisions);
  }

  /** One of those it was for is gone. */
  #cancel(reservation: Reservation): void {
    this.#reservations.release(reservation);
    this.#lineUpAgain(reservation);
  }

  #cancelFor(uid: string): void {
    const reservation = this.#reservations.of(uid);
    if (reservation) this.#cancel(reservation);
  }

  #lineUpAgain({ places }: Reservation): void {
    for (const { pending } of places) this.#lineUp(pending);
  }

  #delay(entry: Pending): void {
    const attempts = entry.kind === 'gang' ? ++entry.gang.attempts : (this.#attempts.get(entry.uid) ?? 0) + 1;
    if (entry.kind === 'pod') this.#attempts.set(entry.uid, attempts);
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
    const untilMs = this.#nowMs + delayMs;
    if (entry.kind === 'gang') entry.gang.notBeforeMs = untilMs;
    this.#queue.delay(entry, untilMs);
  }

  // Saying why.

  #explain(pending: PendingPod, message: string, decisions: Decision[], gist = message): void {
    if (this.#explanations.tell(pending.uid, message, this.#nowMs, gist))
      decisions.push({ type: 'explain', pod: pending.pod, message });
  }

  /** Pods set aside hear why when nobody is left to be placed, and again after a while; the costly part of it a bit at a time. */
  #explainParked(decisions: Decision[], limit: number): void {
    this.#explanations.review(this.#nowMs, (uid) => {
      const entry = this.#queue.get(uid);
      return entry?.kind === 'pod' ? entry : undefined;
    });
    let fresh = Math.max(1, Math.floor(EXPLAINED_NODES / (this.world.cell.nodeCount + 1)));
    for (const pending of this.#explanations.owed()) {
      if (decisions.length >= limit) return;
      if (!this.#explainer.knows(pending, this.#nowMs) && fresh-- === 0) return;
      const explanation = this.#explainer.explain(pending, this.#nowMs);
      this.#explain(pending, conditionMessage(explanation), decisions, explanation.message);
    }
  }

  /** The gang and its pods are to be told why they wait: after a while, and not too often. */
  #owe(gang: Gang, why: string, delayMs: number): void {
    gang.why = why;
    gang.tellAtMs = Math.min(gang.tellAtMs, Math.max(this.#nowMs + delayMs, gang.toldAtMs + EXPLAIN_INTERVAL_MS));
    this.#gangs.watch(gang);
  }

  #tellGangs(decisions: Decision[]): void {
    for (const gang of this.#gangs.due(this.#nowMs)) {
      if (deadlineMs(gang) <= this.#nowMs) this.#timeOut(gang);
      this.#tellWhy(gang, decisions);
      this.#gangs.watch(gang);
    }
  }

  /** Its time is over: others come first for a while. Then it starts anew. */
  #timeOut(gang: Gang): void {
    gang.hasTimedOut = true;
    gang.waitingSinceMs = this.#nowMs;
    const entry = this.#queue.get(gang.uid);
    if (entry) this.#delay(entry);
  }

  #tellWhy(gang: Gang, decisions: Decision[]): void {
    const { why, waiting, placed, hasTimedOut, spec } = gang;
    if (why !== undefined) for (const pending of waiting.values()) this.#explain(pending, why, decisions);
    const timeOut = `not placed within ${(spec?.timeoutMs ?? 0) / 1000} s`;
    if (hasTimedOut) this.#tellGroup(gang, 'TimedOut', why ? `${timeOut}: ${why}` : timeOut, decisions);
    else if (why !== undefined) this.#tellGroup(gang, 'Pending', why, decisions);
    else this.#tellGroup(gang, 'Scheduled', `${placed.size} pods have their places`, decisions);
    gang.toldAtMs = this.#nowMs;
    gang.tellAtMs = Number.POSITIVE_INFINITY;
  }

  #tellGroup(gang: Gang, phase: GangPhase, message: string, decisions: Decision[]): void {
    const { namespace, reference: group, spec, told } = gang;
    if (!spec || (told?.phase === phase && told.message === message)) return;
    gang.told = { phase, message };
    decisions.push({ type: 'group', namespace, group, phase, message });
  }
}

function owesNothing(gang: Gang): void {
  gang.why = undefined;
  gang.tellAtMs = Number.POSITIVE_INFINITY;
}

const isLeaving = ({ metadata }: Pod): boolean => metadata?.deletionTimestamp !== undefined;

const isSameGroup = (a: Pod, b: Pod): boolean => {
  const [one, other] = [podGroupOf(a), podGroupOf(b)];
  return one?.name === other?.name && one?.apiGroup === other?.apiGroup;
};

const namesOf = ({ profiles }: SchedulingPolicySpec): ReadonlySet<string> =>
  new Set(profiles.map(({ schedulerName }) => schedulerName));

const graceSecondsOf = ({ spec, metadata }: Pod): number =>
  metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;

/** When it started, and when it will be gone, bear on who is pushed out. */
const hasOtherTimes = (a: Pod, b: Pod): boolean =>
  a.status?.startTime !== b.status?.startTime || a.metadata?.deletionTimestamp !== b.metadata?.deletionTimestamp;

function isSameMap(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
