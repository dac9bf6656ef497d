import { namespaces } from '../../api/core/namespace.ts';
import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { resources } from '../../api/registry.ts';
import { timestamp } from '../../platform/clock.ts';
import { type Logger, silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import type { MasterContext } from '../context.ts';
import { standardAdmission } from '../objects/admission/standard.ts';
import { createObjects } from '../objects/create-objects.ts';
import type { EventNote } from '../objects/events.ts';
import type { Objects } from '../objects/objects.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { createControllers } from './create-controllers.ts';

const CONTEXT = { user: 'tester' };
const MAX_TURNS = 3_000;
const BEAT_MS = 10_000;

/**
 * All controllers over the real objects, watch cache and memory store, with a clock the test moves, and the simplest scheduler and
 * agents: every pod goes to the first node that is there and untainted, runs at once, and ends at once when deleted.
 */
export class Cell {
  readonly clock: ManualClock = new ManualClock();
  readonly metrics = new Registry();
  readonly notes: EventNote[] = [];
  readonly warnings: object[] = [];
  readonly store: Store = memoryStore({ clock: this.clock });
  readonly cache: WatchCache;
  readonly objects: Objects;
  readonly #controllers;
  readonly #unsubscribe: (() => void)[] = [];
  /** Nodes whose agent does not answer. */
  readonly lost = new Set<string>();

  constructor() {
    const { clock, store, metrics } = this;
    const log: Logger = { ...silentLogger, warn: (fields) => this.warnings.push(fields) };
    this.cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics });
    const { cache } = this;
    const rng = seededRng(1);
    this.objects = createObjects({ store, cache, clock, rng, admission: standardAdmission() });
    const context: MasterContext = {
      cache,
      objects: this.objects,
      events: { record: (note) => this.notes.push(note) },
      clock,
      rng,
      log,
      metrics,
    };
    this.#controllers = createControllers({ ...context, nodeGraceMs: 40_000 });
  }

  async start(): Promise<void> {
    await this.cache.start();
    for (const name of ['default', 'kube-node-lease', 'shop']) await this.create(namespaces, { metadata: { name } });
    await this.addNode('n1');
    this.#unsubscribe.push(this.cache.subscribe(pods, ({ type, object }) => type !== 'deleted' && this.#serve(object)));
    await this.#controllers.start();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#controllers.stop();
    await this.cache.stop();
    await this.store.close();
  }

  async addNode(name: string): Promise<void> {
    await this.create(nodes, { metadata: { name } });
    await this.#report(name);
  }

  async #report(name: string): Promise<void> {
    const lastHeartbeatTime = timestamp(this.clock.now());
    const ready = { type: 'Ready', status: 'True' as const, lastHeartbeatTime };
    const report = (node: { status?: object }) => {
      node.status = { ...node.status, conditions: [ready] };
    };
    await this.objects.update(nodes, undefined, name, report, CONTEXT, { part: 'status' });
  }

  /** Time passes, and the agents that are not lost say that they are alive. */
  async pass(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= BEAT_MS) {
      await this.clock.advance(Math.min(BEAT_MS, leftMs));
      for (const node of this.cache.list(nodes)) {
        const { name = '' } = metaOf(node);
        if (!this.lost.has(name)) await this.#report(name);
      }
    }
  }

  async create<T extends ApiObject>(resource: ResourceDefinition<T>, object: T): Promise<T> {
    const stored = await this.objects.create(resource, object, CONTEXT);
    await this.cache.waitFor(Number(metaOf(stored).resourceVersion));
    return stored;
  }

  /** Lets everything run until `condition` holds; fails with what there is when it does not come about. */
  async until(what: string, condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      if (condition()) return;
      await this.clock.advance(turn < 50 ? 0 : 5);
    }
    const state = this.cache.list(pods).map(({ metadata, status }) => [metadata?.name, metadata, status?.phase]);
    throw new Error(`never came about: ${what}\n${JSON.stringify({ state, warnings: this.warnings }, undefined, 1)}`);
  }

  #serve(pod: Pod): void {
    const { namespace, name = '', deletionTimestamp } = metaOf(pod);
    const nodeName = pod.spec?.nodeName;
    const ignore = () => {};
    if (deletionTimestamp && nodeName && !this.lost.has(nodeName)) {
      this.objects.delete(pods, namespace, name, CONTEXT, { gracePeriodSeconds: 0 }).catch(ignore);
    } else if (!nodeName) {
      this.#place(pod).catch(ignore);
    } else if (pod.status?.phase === 'Pending' && !this.lost.has(nodeName)) {
      const run = (current: Pod) => {
        const lastTransitionTime = timestamp(this.clock.now());
        const ready = { type: 'Ready', status: 'True' as const, lastTransitionTime };
        current.status = { ...current.status, phase: 'Running', conditions: [ready] };
      };
      this.objects.update(pods, namespace, name, run, CONTEXT, { part: 'status' }).catch(ignore);
    }
  }

  async #place(pod: Pod): Promise<void> {
    const node = this.cache.list(nodes).find(({ spec }) => !spec?.taints?.length);
    const { namespace, name = '' } = metaOf(pod);
    if (!node) return;
    const bind = (current: Pod) => {
      current.spec!.nodeName = metaOf(node).name;
    };
    await this.objects.update(pods, namespace, name, bind, CONTEXT, { part: 'binding' });
  }
}
