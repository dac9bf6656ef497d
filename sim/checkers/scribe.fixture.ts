import type { Observation, SeenObject, Target, Verb, Violation } from '../history.ts';
import { checkAll } from './all.ts';
import { field } from './fields.ts';
import { ONLOOKER } from './seen-cell.ts';

type Json = Record<string, unknown>;
/** An observation of one sort, without its time. */
type Untimed<T = Observation> = T extends Observation ? Omit<T, 'atMs'> : never;

const MANY_KINDS = [
  ...['/pods', '/nodes', '/services', '/secrets', '/configmaps', '/resourcequotas', '/namespaces', 'batch/jobs'],
  ...['apps/deployments', 'apps/replicasets', 'apps/statefulsets', 'apps/daemonsets', 'stowage.dev/bandquotas'],
  ...['policy/poddisruptionbudgets', 'discovery.k8s.io/endpointslices'],
];

/** Writes the history of a cell that keeps its promises, as far as it is not told otherwise. Owns the objects of that cell. */
export class Scribe {
  readonly history: Observation[] = [];
  nowMs = 0;
  revision = 10;
  readonly objects = new Map<string, Json>();
  private calls = 0;
  private uids = 0;
  private readonly watches = new Map<string, number>();

  constructor() {
    for (const [index, resource] of MANY_KINDS.entries()) {
      this.watches.set(resource, index);
      const target = { resource, namespace: '', name: '' };
      this.add({ type: 'watching', watch: index, client: ONLOOKER, target, from: '10', initial: [] });
    }
  }

  add(seen: Untimed): this {
    this.history.push({ ...seen, atMs: this.nowMs } as Observation);
    return this;
  }

  watchOf(resource: string): number {
    return this.watches.get(resource)!;
  }

  pass(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  /** The object is created, or is now this; the onlooker is told. */
  put(resource: string, name: string, object: Json = {}): SeenObject {
    const before = this.objects.get(`${resource} ${name}`);
    const [namespace, own] = name.includes('/') ? (name.split('/') as [string, string]) : ['', name];
    this.revision += 1;
    const uid = field(before, 'metadata', 'uid') ?? `uid-${++this.uids}`;
    const metadata = {
      ...{ name: own, ...(namespace && { namespace }), uid },
      ...(object.metadata as Json),
      resourceVersion: String(this.revision),
    };
    const made = { ...object, metadata };
    this.objects.set(`${resource} ${name}`, made);
    this.add({ type: 'told', watch: this.watches.get(resource)!, change: before ? 'MODIFIED' : 'ADDED', object: made });
    return made;
  }

  remove(resource: string, name: string): SeenObject {
    const before = this.objects.get(`${resource} ${name}`)!;
    this.objects.delete(`${resource} ${name}`);
    this.revision += 1;
    const object = { ...before, metadata: { ...(before.metadata as Json), resourceVersion: String(this.revision) } };
    this.add({ type: 'told', watch: this.watches.get(resource)!, change: 'DELETED', object });
    return object;
  }

  ask(verb: Verb, target: Target, more: Partial<Extract<Untimed, { type: 'asked' }>> = {}): number {
    this.calls += 1;
    this.add({ type: 'asked', client: 'user', call: this.calls, verb, target, ...more });
    return this.calls;
  }

  answer(call: number, code: number, object?: SeenObject): this {
    return this.add({ type: 'answered', call, code, ...(object && { object }) });
  }

  refuse(call: number, code: number, reason: string): this {
    return this.answer(call, code, { kind: 'Status', reason, code });
  }

  /** The list as it is, or as it was said to be. */
  list(resource: string, items: readonly SeenObject[] = this.itemsOf(resource), revision = this.revision): SeenObject {
    return { kind: 'List', metadata: { resourceVersion: String(revision) }, items };
  }

  itemsOf(resource: string): SeenObject[] {
    return [...this.objects].filter(([key]) => key.startsWith(`${resource} `)).map(([, object]) => object);
  }

  node(name: string, allocatable: Json = { cpu: '4', memory: '8Gi', pods: '110' }, ready = true): SeenObject {
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }];
    return this.put('/nodes', name, { status: { allocatable, conditions } });
  }

  run(uid: string, machine: string, running = true, container = `${uid}-main`): this {
    return this.add({ type: 'container', machine, container, podUid: uid, name: 'main', running });
  }

  end(): this {
    this.add({ type: 'calm' });
    return this.pass(60_000).add({ type: 'end' });
  }

  check(): readonly Violation[] {
    return checkAll(this.history);
  }

  /** `checker: message` of each violation. */
  faults(): string[] {
    return this.check().map(({ checker, message }) => `${checker}: ${message}`);
  }
}

export interface PodWish {
  readonly node?: string;
  readonly cpu?: string;
  readonly priority?: number;
  readonly ready?: boolean;
  readonly phase?: string;
  readonly deleting?: boolean;
  readonly owner?: Json;
  readonly labels?: Json;
  readonly spec?: Json;
  readonly conditions?: readonly Json[];
}

/** A pod as JSON; ready where it has a place, unless told otherwise. */
export function pod(wish: PodWish = {}): Json {
  const {
    node,
    cpu = '1',
    priority = 0,
    ready = node !== undefined,
    deleting,
    owner,
    labels,
    spec,
    conditions = [],
  } = wish;
  return {
    metadata: {
      ...(labels && { labels }),
      ...(deleting && { deletionTimestamp: 'soon' }),
      ...(owner && { ownerReferences: [{ controller: true, ...owner }] }),
    },
    spec: {
      ...{ priority, containers: [{ name: 'main', resources: { requests: { cpu } } }] },
      ...(node && { nodeName: node }),
      ...spec,
    },
    status: {
      phase: wish.phase ?? (ready ? 'Running' : 'Pending'),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }, ...conditions],
    },
  };
}

export const target = (resource: string, name = ''): Target => {
  const [namespace, own] = name.includes('/') ? (name.split('/') as [string, string]) : ['', name];
  return { resource, namespace, name: own };
};
