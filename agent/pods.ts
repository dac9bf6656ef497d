import { nameOf } from '../api/meta/object.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Assignments, Upsert } from '../proto/messages.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { ContainerStore } from './container-store.ts';
import type { DesiredPod } from './plan/state.ts';
import type { ConfigMap, Pod, PodStatus, Secret } from './pod-types.ts';
import { podKey } from './pod-types.ts';
import type { WorkerParts } from './pod-worker.ts';
import { PodWorker } from './pod-worker.ts';
import { SourceStore } from './source-store.ts';

export interface PodsParts {
  readonly checkpoint: Checkpoint;
  readonly store: ContainerStore;
  readonly log: Logger;
  /** What workers need, but for what this class itself provides. */
  readonly worker: Omit<WorkerParts, 'sources' | 'forget' | 'store' | 'settled' | 'reportStatus'>;
  readonly reportStatus: WorkerParts['reportStatus'];
}

/**
 * The pods of this node. Owns one worker for each, and the ConfigMaps and Secrets they refer to. Pods come from the master's
 * assignments, from disk while the master is away, and from containers that nobody wants any more.
 */
export class Pods implements Service {
  private readonly parts: PodsParts;
  private readonly workers = new Map<string, PodWorker>();
  private readonly sources = new SourceStore();
  /** Pods whose containers were seen before the master said whether they are wanted. */
  private readonly unclaimed = new Set<string>();
  private assigned = false;

  constructor(parts: PodsParts) {
    this.parts = parts;
  }

  /** Takes up the pods on disk. */
  async start(): Promise<void> {
    for (const { pod, configMaps, secrets, status } of await this.parts.checkpoint.load()) {
      for (const object of configMaps) this.sources.putConfigMap(object);
      for (const object of secrets) this.sources.putSecret(object);
      this.want(pod, status, false);
    }
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
    const changedSources = new Set<string>();
    if (message.complete) this.sources.clear();
    for (const upsert of message.upserts) if (upsert.plural !== 'pods') this.putSource(upsert, changedSources);
    for (const { plural, namespace, name } of message.removals) {
      if (plural === 'configmaps') this.sources.removeConfigMap(namespace, name);
      if (plural === 'secrets') this.sources.removeSecret(namespace, name);
      if (plural !== 'pods') changedSources.add(namespace);
    }
    const listed = new Set<string>();
    for (const upsert of message.upserts) if (upsert.plural === 'pods') listed.add(this.putPod(upsert));
    for (const { plural, uid } of message.removals) if (plural === 'pods') this.unwant(uid);
    if (message.complete) for (const uid of this.workers.keys()) if (!listed.has(uid)) this.unwant(uid);
    if (changedSources.size > 0) this.refreshSources(changedSources);
    if (message.complete) this.assigned = true;
    if (this.assigned) this.endUnclaimed();
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

  get count(): number {
    return this.workers.size;
  }

  private putSource({ plural, namespace, json }: Upsert, changed: Set<string>): void {
    const object: unknown = JSON.parse(json);
    if (plural === 'configmaps') this.sources.putConfigMap(object as ConfigMap);
    if (plural === 'secrets') this.sources.putSecret(object as Secret);
    changed.add(namespace);
  }

  private putPod({ json }: Upsert): string {
    // The master sends the API's own objects: decoded, defaulted and valid.
    const pod = JSON.parse(json) as Pod;
    this.want(pod, undefined, true);
    return podKey(pod).uid;
  }

  /** Keeps a worker for the pod; on disk only what differs from what is there. */
  private want(pod: Pod, status: PodStatus | undefined, save: boolean): void {
    const { uid } = podKey(pod);
    const desired = { pod, wanted: true, sourcesVersion: this.sources.versionFor(pod) };
    const worker = this.workers.get(uid);
    if (save && (!worker || differs(worker.pod, desired))) this.save(desired);
    if (worker) worker.setDesired(desired);
    else this.add(desired, status);
  }

  private save({ pod }: DesiredPod): void {
    this.parts.checkpoint.savePod(podKey(pod).uid, { pod, ...this.sources.objectsOf(pod) });
  }

  private unwant(uid: string): void {
    const worker = this.workers.get(uid);
    if (worker?.pod.wanted) worker.setDesired({ ...worker.pod, wanted: false });
  }

  private add(desired: DesiredPod, status: PodStatus | undefined): void {
    const { uid } = podKey(desired.pod);
    this.unclaimed.delete(uid);
    const worker = new PodWorker(desired, status, {
      ...this.parts.worker,
      store: this.parts.store,
      sources: ({ pod }) => this.sources.of(podKey(pod).namespace),
      reportStatus: (of, newStatus) => this.report(of, newStatus),
      settled: ({ pod }) => this.parts.checkpoint.settled(podKey(pod).uid),
      forget: () => this.workers.delete(uid),
    });
    this.workers.set(uid, worker);
    worker.wake();
  }

  private report(desired: DesiredPod, status: PodStatus): void {
    if (!desired.wanted) return;
    // A pod that is going needs no memory, and its directory must not appear again.
    if (!desired.pod.metadata?.deletionTimestamp) this.parts.checkpoint.saveStatus(podKey(desired.pod).uid, status);
    this.parts.reportStatus(desired, status);
  }

  private refreshSources(namespaces: ReadonlySet<string>): void {
    for (const worker of this.workers.values()) {
      const { pod, wanted, sourcesVersion } = worker.pod;
      if (!wanted || !namespaces.has(podKey(pod).namespace)) continue;
      const version = this.sources.versionFor(pod);
      if (version === sourcesVersion) continue;
      const desired = { pod, wanted, sourcesVersion: version };
      this.save(desired);
      worker.setDesired(desired);
    }
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
