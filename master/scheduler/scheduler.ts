import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { Cell } from './cell.ts';
import type { Constraint } from './constraints/constraint.ts';
import { demandOfSpec } from './constraints/resource-fit.ts';
import { unschedulableMessage } from './explain.ts';
import { type Group, type PendingPod, SchedulingQueue } from './queue.ts';
import type { Demand } from './resources.ts';
import { Shape, shapeKey } from './shape.ts';

export type Decision =
  | { readonly type: 'bind'; readonly pod: Pod; readonly nodeName: string }
  | { readonly type: 'explain'; readonly pod: Pod; readonly message: string };

export interface SchedulerOptions {
  constraints: readonly Constraint[];
  /** Values of `spec.schedulerName` that are ours. */
  schedulerNames: readonly string[];
}

/** Shapes kept; the one unused longest goes first. */
const MAX_SHAPES = 4096;
/** A pod that stays pending is explained anew at most this often. */
export const EXPLAIN_INTERVAL_MS = 10_000;

interface Placement {
  readonly nodeName: string;
  readonly demand: Demand;
  /** `metadata.generation` of the spec the demand was taken from; unknown for a bind under way. */
  readonly generation?: number;
}

/**
 * Decides where pods go. Synchronous, and a function of what it was told and in which order: no clock, no randomness, no I/O.
 * A decision to bind is accounted at once, so that the next one sees it; `bindFailed` takes it back.
 *
 * Owns: the model of the cell, the pending pods, where every other pod is accounted, and the shapes in use.
 */
export class Scheduler {
  readonly cell = new Cell();
  readonly #constraints: readonly Constraint[];
  readonly #names: ReadonlySet<string>;
  readonly #queue = new SchedulingQueue();
  readonly #placements = new Map<string, Placement>();
  readonly #binding = new Map<string, Pod>();
  readonly #shapes = new Map<string, Shape>();
  readonly #explained = new Map<string, { message: string; atMs: number }>();
  #sequence = 0;
  #cellSeen = 0;

  constructor({ constraints, schedulerNames }: SchedulerOptions) {
    this.#constraints = constraints;
    this.#names = new Set(schedulerNames);
  }

  get pendingCount(): number {
    return this.#queue.size;
  }

  setNode(node: Node): void {
    this.cell.setNode(node);
  }

  removeNode(name: string): void {
    this.cell.removeNode(name);
  }

  setPod(pod: Pod): void {
    const uid = pod.metadata?.uid ?? '';
    const { spec, status } = pod;
    if (!spec || status?.phase === 'Succeeded' || status?.phase === 'Failed') this.removePod(uid);
    else if (spec.nodeName) this.#settle(uid, pod, spec.nodeName);
    // A bind under way may be answered by an older state of the pod; only its own outcome settles it.
    else if (this.#binding.has(uid)) this.#binding.set(uid, pod);
    else if (this.#isOurs(pod)) this.#enqueue(uid, pod);
    else this.#forgetPending(uid);
  }

  removePod(uid: string): void {
    this.#binding.delete(uid);
    this.#release(uid);
    this.#forgetPending(uid);
  }

  /** The pod did not get bound: it is pending again. Tell this after the last `setPod` that came of the attempt. */
  bindFailed(uid: string): void {
    const pod = this.#binding.get(uid);
    if (!pod) return;
    this.#binding.delete(uid);
    this.#release(uid);
    this.setPod(pod);
  }

  /** At most `limit` decisions, best pod first. An empty answer means that nothing more can be done until something changes. */
  decide(nowMs: number, limit: number): Decision[] {
    if (this.#cellSeen !== this.cell.now) this.#queue.hope();
    const decisions: Decision[] = [];
    while (decisions.length < limit) {
      const pending = this.#queue.next();
      if (!pending) {
        decisions.push(...this.#explainAgain(nowMs, limit - decisions.length));
        break;
      }
      const decision = this.#place(pending, nowMs);
      if (decision) decisions.push(decision);
    }
    this.#cellSeen = this.cell.now;
    return decisions;
  }

  /** When parked pods may be explained anew, or nothing when none are. */
  get hasParked(): boolean {
    return this.#explained.size > 0;
  }

  #place(pending: PendingPod, nowMs: number): Decision | undefined {
    const { shape } = pending.group;
    const slot = shape.best();
    if (slot < 0) {
      this.#queue.park(pending);
      return this.#explain(pending, nowMs);
    }
    const nodeName = this.cell.nameAt(slot);
    this.#forgetPending(pending.uid);
    this.#binding.set(pending.uid, pending.pod);
    this.#occupy(pending.uid, nodeName, shape.demand);
    return { type: 'bind', pod: pending.pod, nodeName };
  }

  #explain(pending: PendingPod, nowMs: number): Decision | undefined {
    const message = unschedulableMessage(this.cell.nodeCount, pending.group.shape.refusals());
    const before = this.#explained.get(pending.uid);
    if (before?.message === message) return undefined;
    this.#explained.set(pending.uid, { message, atMs: nowMs });
    return { type: 'explain', pod: pending.pod, message };
  }

  #explainAgain(nowMs: number, limit: number): Decision[] {
    if (this.#cellSeen === this.cell.now && !this.#staleSince(nowMs)) return [];
    const decisions: Decision[] = [];
    for (const { pods } of this.#queue.parkedGroups()) {
      for (const pending of pods) {
        if (decisions.length >= limit) return decisions;
        const before = this.#explained.get(pending.uid);
        // All pods of a group were explained together; when the first is fresh, so are the rest.
        if (before && nowMs - before.atMs < EXPLAIN_INTERVAL_MS) break;
        const decision = this.#explain(pending, nowMs);
        if (!decision) break;
        decisions.push(decision);
      }
    }
    return decisions;
  }

  #staleSince(nowMs: number): boolean {
    for (const { atMs } of this.#explained.values()) return nowMs - atMs >= EXPLAIN_INTERVAL_MS;
    return false;
  }

  #settle(uid: string, pod: Pod, nodeName: string): void {
    this.#binding.delete(uid);
    this.#forgetPending(uid);
    const known = this.#placements.get(uid);
    const generation = pod.metadata?.generation;
    // Most news of a bound pod is of its status, which takes up no room.
    if (known?.nodeName === nodeName && generation !== undefined && known.generation === generation) return;
    this.#release(uid);
    this.#occupy(uid, nodeName, demandOfSpec(pod.spec!, this.cell), generation);
  }

  #isOurs({ metadata, spec }: Pod): boolean {
    const waits = (spec?.schedulingGates?.length ?? 0) > 0;
    return !metadata?.deletionTimestamp && !waits && this.#names.has(spec?.schedulerName ?? 'default-scheduler');
  }

  #enqueue(uid: string, pod: Pod): void {
    const shape = this.#shapeOf(pod);
    const priority = pod.spec?.priority ?? 0;
    const known = this.#queue.get(uid);
    if (known && known.group.shape === shape && known.group.priority === priority) return;
    const key = `${priority}/${this.#keyOf(pod)}`;
    const group: Group = { key, shape, priority };
    this.#queue.add({ uid, pod, group, sequence: known?.sequence ?? this.#sequence++ });
  }

  #keyOf(pod: Pod): string {
    return shapeKey(pod.spec!, this.#constraints);
  }

  #shapeOf(pod: Pod): Shape {
    const key = this.#keyOf(pod);
    const known = this.#shapes.get(key);
    this.#shapes.delete(key);
    const shape = known ?? new Shape(pod.spec!, this.cell, this.#constraints);
    this.#shapes.set(key, shape);
    if (this.#shapes.size > MAX_SHAPES) this.#shapes.delete(this.#shapes.keys().next().value!);
    return shape;
  }

  #occupy(uid: string, nodeName: string, demand: Demand, generation?: number): void {
    this.#placements.set(uid, { nodeName, demand, generation });
    this.cell.occupy(nodeName, demand);
  }

  #release(uid: string): void {
    const placement = this.#placements.get(uid);
    if (!placement) return;
    this.#placements.delete(uid);
    this.cell.vacate(placement.nodeName, placement.demand);
  }

  #forgetPending(uid: string): void {
    this.#queue.remove(uid);
    this.#explained.delete(uid);
  }
}
