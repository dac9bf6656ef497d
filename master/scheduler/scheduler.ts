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
import type { Decision } from './decision.ts';
import { Explainer } from './explain/explainer.ts';
import { conditionMessage } from './explain/message.ts';
import type { Explanation } from './explanation.ts';
import { Explanations } from './explanations.ts';
import { placeTogether, residentOf } from './gang-placement.ts';
import { type Gang, Gangs, gangSpecOf, isComplete, missingMembers, referenceTo } from './gangs.ts';
import { bestSlot, type Pending, type PendingGang, type PendingPod, prospectOf, prospectOfGang } from './pending.ts';
import { Placements } from './placements.ts';
import { type Eviction, Preemption } from './preemption.ts';
import { type Prospect, SchedulingQueue } from './queue.ts';
import { type Reservation, Reservations } from './reservations.ts';
import { Shapes } from './shapes.ts';
import { Templates } from './templates.ts';
import type { VolumeChoice } from './volumes/volume-resolution.ts';
import { World } from './world.ts';

export type { Decision } from './decision.ts';
export { EXPLAIN_INTERVAL_MS } from './explanations.ts';

export interface SchedulerOptions {
  /** Default: what a cell starts with. */
  readonly policy?: SchedulingPolicySpec;
}

/** Put-offs of one entry grow from the first to the second (as kube-scheduler's pod back-off). */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 10_000;
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
  #nowMs = 0;
  #cellSeen = 0;
  #reliefSeen = 0;
  #namespacesSeen = 0;

  constructor({ policy = defaultSchedulingPolicy() }: SchedulerOptions = {}) {
    this.#policy = policy;
    this.#names = namesOf(policy);
    this.#templates = new Templates(this.world, policy);
    this.#preemption = new Preemption(this.world, this.#templates, this.#budgets, (uid) =>
      this.#reservations.isVictim(uid),
    );
    this.#explainer = new Explainer(
      this.world,
      ({ pod }, spec) => this.#templates.read({ ...pod, spec }).template,
      () => ({ bands: this.#policy.bands, find: (pending) => this.#preemption.find(pending) }),
    );
  }

  get pendingCount(): number {
    return this.#queue.size + this.#reservations.size;
  }

  /** When to decide again even if nothing changes; infinite when nothing waits for time to pass. */
  get nextDueMs(): number {
    return Math.min(this.#queue.nextRipeMs, this.#reservations.nextDeadlineMs, this.#gangs.nextDeadlineMs);
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
    this.#review(this.#gangs.set(group.metadata?.namespace ?? '', referenceTo(group), gangSpecOf(group)));
  }

  removePodGroup(group: PodGroup | XPodGroup): void {
    this.#review(this.#gangs.set(group.metadata?.namespace ?? '', referenceTo(group), undefined));
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
    this.#readAgain([...this.#pendingPods()]);
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
    if (place) this.#crashes.ended(place.resident.pod, place.nodeName);
    this.#forget(uid);
  }

  /** The pod did not get bound: it is pending again. Tell this after the last `setPod` that came of the attempt. */
  bindFailed(uid: string): void {
    const binding = this.#binding.get(uid);
    if (!binding) return;
    this.#binding.delete(uid);
    this.#placements.remove(uid);
    this.#reservations.victimGone(uid);
    this.#gangs.leave(uid);
    if (binding.volumes.length > 0) this.#wakeClaimants(this.world.volumes.forget(binding.volumes));
    this.setPod(binding.pod);
    const pending = this.#queue.get(uid);
    if (pending) this.#delay(pending);
  }

  /** About `limit` decisions, best pod first. An empty answer means that nothing more can be done until something changes. */
  decide(nowMs: number, limit: number): Decision[] {
    this.#nowMs = nowMs;
    const decisions: Decision[] = [];
    this.#crashes.enter(nowMs, this.#policy.crashAvoidance);
    this.#queue.ripen(nowMs);
    for (const reservation of this.#reservations.overdue(nowMs)) this.#waitNoLonger(reservation, decisions);
    this.#timeOutGangs(decisions);
    this.#explainIncomplete(decisions);
    this.#hope();
    // An empty answer means that nothing can be done: until there is something to say, tries are not limited.
    for (let tries = 0; decisions.length < limit && (tries < limit || decisions.length === 0); tries++) {
      for (const reservation of this.#reservations.takeReady()) this.#fulfil(reservation, decisions);
      const entry = this.#queue.next();
      if (!entry) {
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
    if (gang && !isComplete(gang)) return plain('waiting', waitingMessage(gang));
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
    if (known?.template === template && known.priority === priority && String(known.pins) === String(pins)) return;
    this.#drop(uid);
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
        const entry = this.#queue.get(uid);
        if (entry) this.#queue.add(entry);
      }
  }

  #lineUp(pending: PendingPod): void {
    const reference = podGroupOf(pending.pod);
    if (!reference) {
      this.#queue.add(pending);
      return;
    }
    const gang = this.#gangs.wait(pending, reference);
    gang.waitingSinceMs ??= this.#nowMs;
    this.#review(gang);
  }

  /** A gang has gained or lost pods, or its object has changed. */
  #review(gang: Gang): void {
    const queued = this.#queue.get(gang.uid);
    if (gang.waiting.size === 0) gang.waitingSinceMs = undefined;
    this.#reviewed.add(gang);
    if (!isComplete(gang)) {
      if (queued) this.#queue.remove(gang.uid);
      return;
    }
    if (missingMembers(gang) === 0) {
      this.#queue.remove(gang.uid);
      for (const pending of gang.waiting.values()) if (!this.#queue.get(pending.uid)) this.#queue.add(pending);
      return;
    }
    const isPlaced = [...gang.waiting.keys()].some((uid) => this.#reservations.of(uid));
    if (!queued && !isPlaced) this.#queue.add(this.#gangEntry(gang));
  }

  #gangEntry(gang: Gang): PendingGang {
    const members = [...gang.waiting.values()];
    const priority = members.reduce((most, member) => Math.max(most, member.priority), Number.NEGATIVE_INFINITY);
    const { namespace, uid } = gang;
    return { kind: 'gang', gang, uid, namespace, priority, sequence: members[0]!.sequence };
  }

  #settle(uid: string, pod: Pod, nodeName: string): void {
    this.#binding.delete(uid);
    this.#attempts.delete(uid);
    const known = this.#placements.get(uid);
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
    if (reference) this.#review(this.#gangs.settle(uid, pod.metadata?.namespace ?? '', reference));
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
    const reservation = this.#reservations.of(uid);
    if (reservation) this.#cancel(reservation);
    const pending = this.#pendingOf(uid);
    this.#queue.remove(uid);
    this.#explanations.forget(uid);
    const gang = this.#gangs.leave(uid);
    if (gang) this.#review(gang);
    if (pending) this.#leavePending(pending);
  }

  #leavePending(pending: PendingPod): void {
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
    for (const gang of this.#gangs.all()) yield* gang.waiting.values();
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
  }

  #tryPod(pending: PendingPod, decisions: Decision[]): void {
    const slot = bestSlot(pending, this.world);
    if (slot >= 0) {
      // Where volumes are no longer what the shape was made of, the pod stays in line and gets another.
      this.#bind(pending, slot, decisions);
      return;
    }
    const eviction = this.#evictionFor(pending);
    if (eviction) this.#reserve(pending, [{ pending, slot: eviction.slot }], [eviction], decisions);
    else {
      this.#queue.park(pending, this.#prospectOf(pending));
      this.#explanations.owe(pending);
    }
  }

  /** Where only pods that leave anyway are in the way, there is nothing to do but to wait for them. */
  #evictionFor(pending: PendingPod): Eviction | undefined {
    const eviction = this.#preemption.find(pending);
    return eviction?.victims.every(({ footprint }) => footprint.leaving) ? undefined : eviction;
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
    const members = [...gang.waiting.values()]
      .map((member) => this.#current(member))
      .sort((a, b) => b.priority - a.priority);
    for (const { uid } of members) this.#queue.remove(uid);
    const found = placeTogether(members, missingMembers(gang), this.world, (pending) => this.#evictionFor(pending));
    if (!found.placed) {
      this.#queue.park(entry, prospectOfGang(entry));
      const why = `gang ${gang.reference.name}: room for ${found.after} of ${missingMembers(gang)} pods at once; the next: `;
      const message = why + this.#explainer.explain(found.stuck, this.#nowMs).message;
      for (const member of members) this.#explain(member, message, decisions);
      this.#tellGroup(gang, 'Pending', message, decisions);
      return;
    }
    this.#queue.remove(entry.uid);
    gang.waitingSinceMs = undefined;
    if (found.evictions.length > 0) this.#reserve(entry, found.places, found.evictions, decisions);
    else for (const { pending, slot } of found.places) this.#bind(pending, slot, decisions);
    this.#tellGroup(gang, 'Scheduled', `${found.places.length} pods placed together`, decisions);
    this.#review(gang);
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
    const gang = this.#gangs.of(uid);
    if (gang) this.#gangs.settle(uid, gang.namespace, gang.reference);
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
    const found = placeTogether(pinned, pinned.length, this.world, () => undefined);
    if (found.placed) for (const { pending, slot } of found.places) this.#bind(pending, slot, decisions);
    if (reservation.entry.kind === 'gang') this.#review(reservation.entry.gang);
  }

  /** Those who should have left have not, or somebody more important takes the place. */
  #giveUp(reservation: Reservation, decisions: Decision[]): void {
    this.#reservations.release(reservation);
    for (const { pending } of reservation.places)
      decisions.push({ type: 'nominate', pod: pending.pod, nodeName: undefined });
    this.#lineUpAgain(reservation);
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

  #lineUpAgain({ places }: Reservation): void {
    for (const { pending } of places) this.#lineUp(pending);
  }

  #delay(entry: Pending): void {
    const attempts = (this.#attempts.get(entry.uid) ?? 0) + 1;
    this.#attempts.set(entry.uid, attempts);
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
    this.#queue.delay(entry, this.#nowMs + delayMs);
  }

  #timeOutGangs(decisions: Decision[]): void {
    for (const gang of this.#gangs.overdue(this.#nowMs)) {
      gang.waitingSinceMs = this.#nowMs;
      const entry = this.#queue.get(gang.uid);
      if (entry) this.#delay(entry);
      const seconds = (gang.spec?.timeoutMs ?? 0) / 1000;
      this.#tellGroup(gang, 'TimedOut', `not placed within ${seconds} s; tried again later`, decisions);
    }
  }

  // Saying why.

  #explain(pending: PendingPod, message: string, decisions: Decision[]): void {
    if (this.#explanations.tell(pending.uid, message, this.#nowMs))
      decisions.push({ type: 'explain', pod: pending.pod, message });
  }

  /** Pods set aside hear why when nobody is left to be placed; all hear again when the reasons have changed, after a while. */
  #explainParked(decisions: Decision[], limit: number): void {
    if (this.#explanations.isReviewDue(this.#nowMs)) this.#reviewParked();
    for (const pending of this.#explanations.owed()) {
      if (decisions.length >= limit) return;
      this.#explain(pending, conditionMessage(this.#explainer.explain(pending, this.#nowMs)), decisions);
    }
  }

  #reviewParked(): void {
    for (const group of this.#queue.parkedGroups()) {
      const [first] = group;
      if (first?.kind !== 'pod' || this.#explainer.stillHolds(first)) continue;
      for (const entry of group) if (entry.kind === 'pod') this.#explanations.owe(entry);
    }
  }

  /** The pods of a gang that cannot be tried yet hear what it waits for. */
  #explainIncomplete(decisions: Decision[]): void {
    for (const gang of this.#reviewed) {
      if (isComplete(gang) || gang.waiting.size === 0) continue;
      const message = waitingMessage(gang);
      for (const pending of gang.waiting.values()) this.#explain(pending, message, decisions);
    }
    this.#reviewed.clear();
  }

  #tellGroup(gang: Gang, phase: 'Pending' | 'Scheduled' | 'TimedOut', message: string, decisions: Decision[]): void {
    if (!this.#explanations.tell(gang.uid, message, this.#nowMs)) return;
    decisions.push({ type: 'group', namespace: gang.namespace, group: gang.reference, phase, message });
  }
}

function waitingMessage({ reference, spec, waiting, placed }: Gang): string {
  if (!spec) return `waiting for PodGroup ${reference.name} (${reference.apiGroup}), which does not exist`;
  return `waiting for gang ${reference.name}: ${waiting.size + placed.size} of ${spec.minMember} pods are there`;
}

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
