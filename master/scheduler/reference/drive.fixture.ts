import { expect } from 'vitest';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { CSINode } from '../../../api/storage/csi-node.ts';
import { defaultSchedulingPolicy } from '../../../api/stowage/scheduling-policy.ts';
import type { Decision } from '../decision.ts';
import { Scheduler } from '../scheduler.ts';
import { CellModel, onNode, uidOf } from './cell-model.fixture.ts';
import { expectRoom, expectSameAsReference } from './comparison.fixture.ts';
import { feasibleNodes } from './feasible.fixture.ts';
import { nodeName } from './random-nodes.fixture.ts';
import { podFrom } from './random-pods.fixture.ts';
import type { History, Step, StepOf } from './random-steps.fixture.ts';
import type { Storage } from './random-volumes.fixture.ts';
import { claimKey, type VolumeChoice } from './storage-model.fixture.ts';
import { nameOf, specOf } from './world.fixture.ts';

/** Longer than any back-off of the scheduler. */
const LONG_MS = 60_000;
/** Decisions without an end would be a fault. */
const MOST_DECISIONS = 10_000;

/**
 * Takes a scheduler through a history and compares what it decides with the reference.
 *
 * Owns: the scheduler, the model of what it was told, the time, and what was decided.
 */
export class Drive {
  readonly scheduler = new Scheduler();
  readonly model = new CellModel(defaultSchedulingPolicy());
  /** What was decided, in order, as text. */
  readonly transcript: string[] = [];
  readonly #templates: History['templates'];
  readonly #isChecked: () => boolean;
  /** Pods made so far; the next one gets this number. */
  created = 0;
  nowMs = 1_000_000;

  /** `isChecked` is asked before every comparison with the reference, which is slow. */
  constructor({ namespaces, nodes, templates, storage }: History, isChecked: () => boolean = () => true) {
    this.#templates = templates;
    this.#isChecked = isChecked;
    for (const namespace of namespaces) this.step({ type: 'setNamespace', namespace });
    for (const node of nodes) this.step({ type: 'setNode', node });
    this.#furnish(storage);
  }

  run(steps: readonly Step[]): this {
    for (const step of steps) this.step(step);
    return this;
  }

  step(step: Step): void {
    const act = STEPS[step.type] as (drive: Drive, step: Step) => void;
    act(this, step);
  }

  /** Takes one decision and compares it. */
  decide(): Decision | undefined {
    const decisions = this.scheduler.decide(this.nowMs, 1);
    expect(decisions.length).toBeLessThanOrEqual(1);
    const [decision] = decisions;
    if (!decision) return undefined;
    if (this.#isChecked()) expectSameAsReference(this.model.world, decision);
    this.transcript.push(textOf(decision));
    if (decision.type === 'bind') {
      this.model.bind(decision.pod, decision.nodeName, decision.volumes);
      expectRoom(this.model.world, decision.pod, decision.nodeName);
    }
    return decision;
  }

  /** Decides until nothing more can be done; nobody who still waits may have a place then. */
  settle(): void {
    this.nowMs += LONG_MS;
    for (let count = 0; this.decide(); count++) expect(count).toBeLessThan(MOST_DECISIONS);
    if (!this.#isChecked()) return;
    for (const pod of this.model.in('pending').filter(isOurs)) {
      const open = feasibleNodes(this.model.world, pod).map(nameOf);
      expect(open, `where ${nameOf(pod)} could go and is not put`).toEqual([]);
    }
  }

  confirmAll(): void {
    for (const pod of this.model.in('binding')) this.confirm(pod);
  }

  /** First the pod's volumes, then the pod. */
  confirm(pod: Pod): void {
    for (const choice of this.model.choicesOf(pod)) this.#carryOut(choice);
    this.tell(this.model.confirmed(pod));
  }

  fail(pod: Pod): void {
    if (this.#isShared(this.model.choicesOf(pod))) return;
    this.model.unbind(pod);
    this.scheduler.bindFailed(uidOf(pod));
  }

  /** Whoever has a volume under way gets it before the pod goes, as with an API that is slow to tell. */
  delete(pod: Pod): void {
    for (const choice of this.model.choicesOf(pod)) this.#carryOut(choice);
    this.forget(pod);
  }

  create(template: number): Pod {
    return podFrom(this.#templates[template % this.#templates.length]!, this.created++);
  }

  tell(pod: Pod): void {
    this.model.set(pod);
    this.scheduler.setPod(pod);
  }

  setVolume(volume: PersistentVolume): void {
    this.model.storage.volumes.set(nameOf(volume), volume);
    this.scheduler.setVolume(volume);
  }

  setClaim(claim: PersistentVolumeClaim): void {
    this.model.storage.claims.set(claimKey(claim), claim);
    this.scheduler.setClaim(claim);
  }

  setCsiNode(csiNode: CSINode): void {
    this.model.storage.csiNodes.set(nameOf(csiNode), csiNode);
    this.scheduler.setCsiNode(csiNode);
  }

  #furnish({ classes, volumes, claims, csiNodes }: Storage): void {
    for (const storageClass of classes) {
      this.model.storage.classes.set(nameOf(storageClass), storageClass);
      this.scheduler.setStorageClass(storageClass);
    }
    for (const volume of volumes) this.setVolume(volume);
    for (const claim of claims) this.setClaim(claim);
    for (const csiNode of csiNodes) this.setCsiNode(csiNode);
  }

  #carryOut(choice: VolumeChoice): void {
    const outcome = this.model.storage.outcome(choice);
    if (!outcome) return;
    this.setVolume(outcome.volume);
    this.setClaim(outcome.claim);
  }

  /** Whether another pod that is on its way waits for the same. */
  #isShared(choices: readonly VolumeChoice[]): boolean {
    const all = this.model.in('binding').flatMap((pod) => this.model.choicesOf(pod));
    return choices.some(({ claim }) => all.filter((other) => other.claim === claim).length > 1);
  }

  forget(pod: Pod): void {
    this.model.remove(pod);
    this.scheduler.removePod(uidOf(pod));
  }
}

const LEAVING_SINCE = '2026-01-01T00:00:00Z';

const STEPS: { readonly [T in Step['type']]: (drive: Drive, step: StepOf<T>) => void } = {
  create: (drive, { template }) => drive.tell(drive.create(template)),
  intrude: (drive, { template, node }) => drive.tell(onNode(drive.create(template), nodeName(node))),
  decide: (drive) => void drive.decide(),
  settle: (drive) => drive.settle(),
  wait: (drive, { seconds }) => {
    drive.nowMs += seconds * 1000;
  },
  confirm: (drive, { at }) => pick(drive.model.in('binding'), at, (pod) => drive.confirm(pod)),
  fail: (drive, { at }) => pick(drive.model.in('binding'), at, (pod) => drive.fail(pod)),
  delete: (drive, { at }) => pick(drive.model.pods, at, (pod) => drive.delete(pod)),
  leave: (drive, { at }) =>
    pick(drive.model.pods, at, (pod) => drive.tell(changed(pod, { deletionTimestamp: LEAVING_SINCE }))),
  finish: (drive, { at }) =>
    pick(drive.model.in('placed'), at, (pod) => drive.tell({ ...pod, status: { phase: 'Succeeded' } })),
  relabel: (drive, { at, labels }) => pick(drive.model.pods, at, (pod) => drive.tell(changed(pod, { labels }))),
  ungate: (drive, { at }) =>
    pick(drive.model.in('pending'), at, (pod) => {
      const { schedulingGates: _, ...spec } = specOf(pod);
      drive.tell({ ...changed(pod, { generation: (pod.metadata?.generation ?? 0) + 1 }), spec });
    }),
  setNode: ({ model, scheduler }, { node }) => {
    model.nodes.set(nameOf(node), node);
    scheduler.setNode(node);
  },
  removeNode: ({ model, scheduler }, { at }) =>
    pick([...model.nodes.keys()], at, (name) => {
      model.nodes.delete(name);
      scheduler.removeNode(name);
    }),
  setNamespace: ({ model, scheduler }, { namespace }) => {
    model.namespaces.set(nameOf(namespace), namespace);
    scheduler.setNamespace(namespace);
  },
  removeNamespace: ({ model, scheduler }, { name }) => {
    model.namespaces.delete(name);
    scheduler.removeNamespace(name);
  },
  // Objects that exist are left alone: these come and are bound, nothing more.
  addVolume: (drive, { volume }) => {
    if (!drive.model.storage.volumes.has(nameOf(volume))) drive.setVolume(volume);
  },
  addClaim: (drive, { claim }) => {
    if (!drive.model.storage.claims.has(claimKey(claim))) drive.setClaim(claim);
  },
  setCsiNode: (drive, { csiNode }) => drive.setCsiNode(csiNode),
};

function pick<T>(among: readonly T[], at: number, act: (one: T) => void): void {
  if (among.length > 0) act(among[at % among.length]!);
}

const changed = (pod: Pod, metadata: Pod['metadata']): Pod => ({ ...pod, metadata: { ...pod.metadata, ...metadata } });

function textOf(decision: Decision): string {
  switch (decision.type) {
    case 'bind':
      return `${nameOf(decision.pod)} to ${decision.nodeName}`;
    case 'explain':
      return `${nameOf(decision.pod)}: ${decision.message}`;
    default:
      return decision.type;
  }
}

const SCHEDULERS = defaultSchedulingPolicy().profiles.map(({ schedulerName }) => schedulerName);

/** Pods with gates, those that leave and those of other schedulers are not looked at. */
function isOurs({ metadata, spec }: Pod): boolean {
  if (metadata?.deletionTimestamp || spec?.schedulingGates?.length) return false;
  return SCHEDULERS.includes(spec?.schedulerName ?? 'default-scheduler');
}
