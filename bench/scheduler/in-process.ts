import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { metaOf } from '../../api/meta/object.ts';
import { placements } from './check.ts';
import { type Decision, Model } from './model.ts';
import { boundPod, storedNode, storedPod, uidOf } from './stored.ts';
import { all, type Turn, type Workload } from './workload.ts';

/** What the library alone did in one run. */
export interface Measurement {
  readonly podsPerSecond: number;
  /** The same by the CPU time of its thread, which other programs of the machine take no part of. */
  readonly podsPerCpuSecond: number;
  /** Microseconds of every call of `decide`, with a limit of one decision, that decided something. */
  readonly decisionsUs: readonly number[];
}

/**
 * Runs the workload on a new model and checks the outcome. What counts is all that the library does from the first measured pod on:
 * being told of it, deciding, being told of the pod as bound, and of all that happens alongside; not the making of objects.
 */
export function measure(workload: Workload): Measurement {
  const run = new Run();
  run.settle(workload);
  run.place(workload);
  run.check(workload);
  const { count } = workload.measured;
  const { wallMs, cpuMs } = run.spent;
  return {
    podsPerSecond: (1000 * count) / wallMs,
    podsPerCpuSecond: (1000 * count) / cpuMs,
    decisionsUs: run.decisionsUs,
  };
}

/** Decisions asked for at once while nothing is measured. */
const UNMEASURED_LIMIT = 512;
const START_MS = Date.UTC(2030, 0, 1);

/**
 * The cell around the library: it binds what is decided and ends what is evicted, at once.
 *
 * Owns: the model, and the objects as they would stand in the store.
 */
class Run {
  readonly #model = new Model();
  readonly #nodes = new Map<string, Node>();
  /** Bound pods, by uid. */
  readonly #bound = new Map<string, Pod>();
  /** Uids of pods that must be bound and are not yet. */
  readonly #awaited = new Set<string>();
  readonly decisionsUs: number[] = [];
  readonly spent = new Stopwatch();
  #nowMs = START_MS;

  /** The cell as it is before anything is measured. */
  settle({ namespaces, groups, nodes, initial, stuck }: Workload): void {
    for (const namespace of namespaces) this.#model.setNamespace(namespace);
    for (const group of all(groups)) this.#model.setGroup(group);
    for (const node of all(nodes)) this.#addNode(storedNode(node));
    for (const pod of all(initial)) this.#await(storedPod(pod));
    for (const pod of all(stuck)) this.#model.setPod(storedPod(pod));
    let decisions: Decision[];
    do {
      decisions = this.#model.decide(this.#nowMs, UNMEASURED_LIMIT);
      this.#tell(this.#carryOut(decisions));
    } while (decisions.length > 0);
    this.#refuseAwaited();
  }

  /** The measured part. */
  place({ measured, burst, alongside, threshold = 0 }: Workload): void {
    const podsPerTurn = alongside ? threshold / alongside.perSecond : Number.POSITIVE_INFINITY;
    let turns = 0;
    for (let next = 0; next < measured.count; ) {
      const until = Math.min(measured.count, next + burst);
      const arrived: Pod[] = [];
      while (next < until) arrived.push(storedPod(measured.make(next++)));
      if (alongside && next >= podsPerTurn * turns) this.#take(alongside.turn(turns++));
      this.spent.on(() => {
        for (const pod of arrived) this.#await(pod);
      });
      this.#placeAwaited();
      this.#nowMs++;
    }
    this.#refuseAwaited();
  }

  /** Everything is where it may be: nothing is taken from the library's word. */
  check({ fault }: Workload): void {
    const placed = placements(this.#nodes.values(), this.#bound.values());
    const found = fault?.(placed);
    if (found) throw new Error(found);
  }

  #addNode(node: Node): void {
    this.#nodes.set(metaOf(node).name ?? '', node);
    this.#model.setNode(node);
  }

  #await(pod: Pod): void {
    this.#awaited.add(metaOf(pod).uid ?? '');
    this.#model.setPod(pod);
  }

  #take({ nodes = [], goneNodes = [], pods = [], stuck = [], gonePods = [] }: Turn): void {
    const arrived = { nodes: nodes.map(storedNode), pods: pods.map(storedPod), stuck: stuck.map(storedPod) };
    const goneNames = new Set(goneNodes.map((node) => metaOf(node).name ?? ''));
    const lost = [...this.#bound].filter(([, { spec }]) => goneNames.has(spec?.nodeName ?? ''));
    const gone = [...gonePods.map(uidOf), ...lost.map(([uid]) => uid)];
    this.spent.on(() => {
      for (const node of arrived.nodes) this.#addNode(node);
      for (const pod of arrived.pods) this.#await(pod);
      for (const pod of arrived.stuck) this.#model.setPod(pod);
      for (const uid of gone) this.#model.removePod(uid);
      for (const name of goneNames) this.#model.removeNode(name);
    });
    for (const uid of gone) this.#bound.delete(uid);
    for (const name of goneNames) this.#nodes.delete(name);
  }

  /** Until everything awaited is bound or nothing more is decided. */
  #placeAwaited(): void {
    while (this.#awaited.size > 0) {
      const decisions = this.spent.on(() => this.#decideSingly(this.#awaited.size));
      if (decisions.length === 0) return;
      const outcome = this.#carryOut(decisions);
      this.spent.on(() => this.#tell(outcome));
    }
  }

  /** One decision at a time, until so many pods have a node or nothing more is decided. */
  #decideSingly(wanted: number): Decision[] {
    const decisions: Decision[] = [];
    for (let missing = wanted; missing > 0; ) {
      const startMs = performance.now();
      const made = this.#model.decide(this.#nowMs, 1);
      if (made.length === 0) break;
      this.decisionsUs.push(1000 * (performance.now() - startMs));
      decisions.push(...made);
      missing -= made.filter(({ type }) => type === 'bind').length;
    }
    return decisions;
  }

  #carryOut(decisions: readonly Decision[]): Outcome {
    const bound = decisions.flatMap((decision) => (decision.type === 'bind' ? [this.#bind(decision)] : []));
    const gone = decisions.flatMap((decision) => (decision.type === 'evict' ? [metaOf(decision.pod).uid ?? ''] : []));
    for (const uid of gone) this.#bound.delete(uid);
    return { bound, gone };
  }

  #bind({ pod, nodeName }: Decision & { type: 'bind' }): Pod {
    const uid = metaOf(pod).uid ?? '';
    if (!this.#awaited.delete(uid)) throw new Error(`pod ${uid} was bound, and was not to be bound (any more)`);
    const after = boundPod(pod, nodeName);
    this.#bound.set(uid, after);
    return after;
  }

  #tell({ bound, gone }: Outcome): void {
    for (const pod of bound) this.#model.setPod(pod);
    for (const uid of gone) this.#model.removePod(uid);
  }

  #refuseAwaited(): void {
    const [first] = this.#awaited;
    if (first) throw new Error(`${this.#awaited.size} pods could not be placed; one of them is ${first}`);
  }
}

/** What becomes of decisions: pods as they are once bound, and uids of victims, which are gone at once. */
interface Outcome {
  readonly bound: readonly Pod[];
  readonly gone: readonly string[];
}

/** Adds up what some pieces of work take. Owns the sums. */
class Stopwatch {
  wallMs = 0;
  cpuMs = 0;

  on<T>(work: () => T): T {
    const cpu = process.threadCpuUsage();
    const startMs = performance.now();
    const result = work();
    this.wallMs += performance.now() - startMs;
    const { user, system } = process.threadCpuUsage(cpu);
    this.cpuMs += (user + system) / 1000;
    return result;
  }
}
