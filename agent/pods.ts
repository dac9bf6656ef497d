import { isMirror } from '../api/core/mirror-pod.ts';
import { nameOf } from '../api/meta/naming.ts';
import { timestamp } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Assignments, Upsert } from '../proto/messages.ts';
import type { Admission } from './admission/admission.ts';
import { type Booked, bookingOf, resizePending } from './admission/booked.ts';
import type { ContainerStore } from './container-store.ts';
import { PREEMPTED } from './plan/disruption.ts';
import type { DesiredPod, PodEnding } from './plan/state.ts';
import { isOver } from './plan/status.ts';
import { PodSources, type PodSourcesParts } from './pod-sources.ts';
import type { Pod, PodStatus } from './pod-types.ts';
import { graceSeconds, podKey } from './pod-types.ts';
import type { WorkerParts } from './pod-worker.ts';
import { PodWorker } from './pod-worker.ts';
import type { Mirrors } from './static-pods/mirrors.ts';
import { fromApi, isStatic } from './static-pods/static-pod.ts';

type NodeLabels = Readonly<Record<string, string>>;

export interface PodsParts extends PodSourcesParts {
  readonly store: ContainerStore;
  readonly log: Logger;
  /** What workers need, but for what this class itself provides. */
  readonly worker: Omit<WorkerParts, 'sources' | 'forget' | 'store' | 'settled' | 'reportStatus'>;
  readonly reportStatus: WorkerParts['reportStatus'];
  /** The API's pictures of the pods that this node runs by itself. */
  readonly mirrors: Pick<Mirrors, 'keep' | 'drop' | 'see' | 'gone' | 'complete'>;
  /** Nothing is left of a pod. */
  readonly forgotten: (pod: Pod) => void;
  /** Whether a pod that is new here may run beside the others. */
  readonly admit: (pod: Pod, others: readonly Booked[], nodeLabels: NodeLabels | undefined) => Admission;
}

/**
 * The pods of this node. Owns one worker for each, and what they refer to. Pods come from the master's
 * assignments, from disk while the master is away, and from containers that nobody wants any more.
 */
export class Pods implements Service {
  private readonly parts: PodsParts;
  private readonly workers = new Map<string, PodWorker>();
  private readonly sources: PodSources;
  /** Pods whose containers were seen before the master said whether they are wanted. */
  private readonly unclaimed = new Set<string>();
  /** Pods that have come and are not admitted yet. */
  private readonly fresh = new Set<string>();
  private assigned = false;

  constructor(parts: PodsParts) {
    this.parts = parts;
    this.sources = new PodSources(parts);
  }

  /** Takes up the pods on disk. */
  async start(): Promise<void> {
    for (const { pod, status, ...objects } of await this.parts.checkpoint.load()) {
      this.sources.putAll(objects);
      this.want(pod, status, false);
    }
    // They were admitted when they came.
    this.fresh.clear();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }

  /** A container of this pod changed. */
  changed(uid: string): void {
    const worker = this.workers.get(uid);
    if (worker) worker.wake();
    else {
      this.unclaimed.add(uid);
      if (this.assigned) this.endUnclaimed();
    }
  }

  wakeAll(): void {
    for (const worker of this.workers.values()) worker.wake();
  }

  /** Takes over what the master wants. */
  assign(message: Assignments): void {
    const changedSources = this.sources.take(message);
    const listed = new Set<string>();
    for (const upsert of message.upserts) if (upsert.plural === 'pods') listed.add(this.putPod(upsert));
    for (const { plural, uid } of message.removals) if (plural === 'pods') this.unwant(uid);
    if (message.complete) this.keepOnly(listed);
    if (changedSources.size > 0) this.refreshSources(changedSources);
    if (message.complete) this.assigned = true;
    if (this.assigned) this.endUnclaimed();
    this.admitFresh();
  }

  /** Runs a pod of which the master need not know. */
  runStatic(pod: Pod): void {
    this.want(pod, undefined, true);
    this.admitFresh();
  }

  /** Ends such a pod within its grace. */
  endStatic(uid: string): void {
    const worker = this.workers.get(uid);
    if (!worker) return;
    const { pod } = worker.pod;
    const seconds = graceSeconds(pod);
    const deletionTimestamp = timestamp(this.parts.worker.clock.now() + seconds * 1000);
    const metadata = { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds };
    const desired = { ...worker.pod, pod: { ...pod, metadata } };
    this.sources.save(desired);
    worker.setDesired(desired);
  }

  *staticPods(): Generator<{ pod: Pod; ending: boolean }> {
    for (const { pod } of this.workers.values()) {
      const ending = !pod.wanted || pod.pod.metadata?.deletionTimestamp !== undefined;
      if (isStatic(pod.pod)) yield { pod: pod.pod, ending };
    }
  }

  /** Tells the status of a pod once more. */
  tellAgain(uid: string): void {
    const worker = this.workers.get(uid);
    if (worker?.currentStatus) this.parts.reportStatus(worker.pod, worker.currentStatus);
  }

  /** What the volumes of a pod show is no longer what they should. */
  tokensChanged(uid: string): void {
    const worker = this.workers.get(uid);
    if (worker?.pod.wanted)
      worker.setDesired({ ...worker.pod, sourcesVersion: this.sources.versionFor(worker.pod.pod) });
  }

  /** Status of every pod that is wanted, for a master that may have missed some. */
  *statuses(): Generator<{ desired: DesiredPod; status: PodStatus }> {
    for (const worker of this.workers.values()) {
      if (worker.pod.wanted && worker.currentStatus) yield { desired: worker.pod, status: worker.currentStatus };
    }
  }

  find(uid: string): DesiredPod | undefined {
    return this.workers.get(uid)?.pod;
  }

  /** Ends a pod for a reason of the agent's own, and tells people; one that is over, about to be, or unknown stays as it is. */
  end(uid: string, ending: PodEnding): void {
    const worker = this.workers.get(uid);
    if (!worker || worker.isEnding || isOver(worker.currentStatus)) return;
    const { reason, message } = ending;
    this.parts.worker.reportEvent(worker.pod, { eventType: 'Warning', reason, message, container: '' });
    worker.end(ending);
  }

  /** Whether no container of the pod will run again. */
  isOver(uid: string): boolean {
    return isOver(this.workers.get(uid)?.currentStatus);
  }

  /** Pods of which no container will run again. */
  *over(): Generator<string> {
    for (const [uid, { currentStatus }] of this.workers) if (isOver(currentStatus)) yield uid;
  }

  /** Pods that hold resources of the node: those that are neither over, nor about to be by the agent's will, nor unwanted. */
  *holding(): Generator<Pod> {
    for (const { pod: desired } of this.staying()) yield desired.pod;
  }

  /** The same with what they hold, but for one of them. */
  *booked(except?: string): Generator<Booked> {
    for (const { pod: desired, currentStatus } of this.staying(except)) yield bookingOf(desired.pod, currentStatus);
  }

  private *staying(except?: string): Generator<PodWorker> {
    for (const [uid, worker] of this.workers) {
      const stays = worker.pod.wanted && !worker.isEnding && !isOver(worker.currentStatus);
      if (stays && !this.fresh.has(uid) && uid !== except) yield worker;
    }
  }

  get count(): number {
    return this.workers.size;
  }

  private putPod({ json }: Upsert): string {
    // The master sends the API's own objects: decoded, defaulted and valid.
    const pod = fromApi(JSON.parse(json) as Pod);
    if (isMirror(pod)) this.parts.mirrors.see(pod);
    else this.want(pod, undefined, true);
    return podKey(pod).uid;
  }

  private keepOnly(listed: ReadonlySet<string>): void {
    for (const [uid, { pod }] of this.workers) if (!listed.has(uid) && !isStatic(pod.pod)) this.unwant(uid);
    this.parts.mirrors.complete(listed);
  }

  /** Keeps a worker for the pod; on disk only what differs from what is there. */
  private want(pod: Pod, status: PodStatus | undefined, save: boolean): void {
    const { uid } = podKey(pod);
    if (!isOver(status ?? pod.status)) this.parts.tokens.want(pod);
    const desired = { pod, wanted: true, sourcesVersion: this.sources.versionFor(pod) };
    const worker = this.workers.get(uid);
    if (save && (!worker || differs(worker.pod, desired))) this.sources.save(desired);
    if (worker) worker.setDesired(desired);
    else this.add(desired, status);
    if (isStatic(pod)) this.parts.mirrors.keep(pod);
  }

  private unwant(uid: string): void {
    const worker = this.workers.get(uid);
    if (!worker) this.parts.mirrors.gone(uid);
    else if (worker.pod.wanted) worker.setDesired({ ...worker.pod, wanted: false });
  }

  private add(desired: DesiredPod, status: PodStatus | undefined): void {
    const { uid } = podKey(desired.pod);
    this.unclaimed.delete(uid);
    const worker = new PodWorker(desired, status, {
      ...this.parts.worker,
      store: this.parts.store,
      sources: ({ pod }) => this.sources.of(pod),
      reportStatus: (of, newStatus) => this.report(of, newStatus),
      settled: ({ pod }) => this.parts.checkpoint.settled(podKey(pod).uid),
      forget: () => {
        this.parts.tokens.forget(uid);
        this.workers.delete(uid);
        this.parts.mirrors.drop(desired.pod);
        this.roomChanged();
        this.parts.forgotten(desired.pod);
      },
    });
    this.workers.set(uid, worker);
    if (desired.wanted && this.isNew(desired.pod, status)) this.fresh.add(uid);
    worker.wake();
  }

  private report(desired: DesiredPod, status: PodStatus): void {
    if (!desired.wanted) return;
    // A pod that is going needs no memory, and its directory must not appear again.
    if (!desired.pod.metadata?.deletionTimestamp) this.parts.checkpoint.saveStatus(podKey(desired.pod).uid, status);
    this.parts.reportStatus(desired, status);
    if (!isOver(status)) return;
    this.parts.tokens.forget(podKey(desired.pod).uid);
    this.roomChanged();
  }

  private refreshSources(namespaces: ReadonlySet<string>): void {
    for (const worker of this.workers.values()) {
      const { pod, wanted, sourcesVersion } = worker.pod;
      // What belongs to no namespace may concern any pod.
      if (!wanted || !(namespaces.has('') || namespaces.has(podKey(pod).namespace))) continue;
      const version = this.sources.versionFor(pod);
      if (version === sourcesVersion) continue;
      const desired = { pod, wanted, sourcesVersion: version };
      this.sources.save(desired);
      worker.setDesired(desired);
    }
  }

  /** Nothing has been done about it yet: no agent has planned it, and it has no containers. */
  private isNew({ metadata, status }: Pod, last: PodStatus | undefined): boolean {
    return (last ?? status)?.startTime === undefined && this.parts.store.of(metadata?.uid ?? '').length === 0;
  }

  /** Oldest first, once all that one message brings and takes away is known; their workers have not planned anything yet. */
  private admitFresh(): void {
    const created = (uid: string) => this.workers.get(uid)?.pod.pod.metadata?.creationTimestamp ?? '';
    for (const uid of [...this.fresh].sort((a, b) => (created(a) < created(b) ? -1 : 1))) {
      const worker = this.workers.get(uid);
      // It stays among the fresh while it is judged, so that it is not in its own way.
      const verdict = worker?.pod.wanted
        ? this.parts.admit(worker.pod.pod, [...this.booked()], this.sources.nodeLabels)
        : undefined;
      if (verdict?.admitted === false) this.end(uid, verdict.ending);
      else this.fresh.delete(uid);
      for (const victim of verdict?.admitted ? verdict.preempt : []) this.end(victim, PREEMPTED);
    }
    this.fresh.clear();
  }

  /** Who waits for more of the node's resources may have them now. */
  private roomChanged(): void {
    for (const worker of this.workers.values()) if (resizePending(worker.currentStatus)) worker.wake();
  }

  /** Containers of pods that the master does not know are ended and removed. */
  private endUnclaimed(): void {
    if (this.unclaimed.size === 0) return;
    for (const { uid, namespace, name } of [...this.parts.store.seenPods()]) {
      if (!this.unclaimed.has(uid) || this.workers.has(uid)) continue;
      const pod: Pod = { metadata: { namespace, name, uid }, spec: { containers: [] } };
      this.parts.log.info({ pod: nameOf(pod) }, 'ending containers of a pod that the cell does not know');
      this.add({ pod, wanted: false, sourcesVersion: '' }, undefined);
    }
    this.unclaimed.clear();
  }
}

/** Whether what is kept on disk has changed; a status that only comes back from the master has not. */
function differs(before: DesiredPod, after: DesiredPod): boolean {
  const kept = ({ pod, sourcesVersion }: DesiredPod) => {
    const { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {};
    return JSON.stringify([
      pod.spec,
      labels,
      annotations,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      sourcesVersion,
    ]);
  };
  return kept(before) !== kept(after);
}
