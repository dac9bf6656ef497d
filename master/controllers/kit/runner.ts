import { type Catalogue, keptResources } from '../../../api/meta/catalogue.ts';
import { type ResourceDefinition, storePrefix } from '../../../api/meta/definition.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { LabelSelector } from '../../../api/meta/selector.ts';
import { builtInCatalogue } from '../../../api/registry.ts';
import type { BackoffPolicy } from '../../../platform/backoff.ts';
import type { Service } from '../../../platform/lifecycle.ts';
import type { MasterContext } from '../../context.ts';
import type { Cache, Change } from '../../store/cache.ts';
import type { Controller, ControllerView, Watch } from './controller.ts';
import { execute, type Hands } from './execute.ts';
import type { ControllerMetrics, QueueState } from './metrics.ts';
import type { OwnerlessIndex } from './ownerless-index.ts';
import { type Outcome, WorkQueue } from './work-queue.ts';

/** First retry at once for a human, last one soon enough for whoever fixed the cause. */
const BACKOFF: BackoffPolicy = { baseMs: 5, maxMs: 60_000 };
const WORKERS = 16;
/**
 * To decide about some keys is dear: a set of 5,000 pods takes some milliseconds, and each of its pods changes several times as it comes
 * up. Such a key rests for so many times what its decision took, so that all its changes meanwhile cost one more look, and it has no more
 * than a fifth of the thread that places everybody's pods. What is quicker than this does not rest.
 */
const REST = { fromMs: 2, times: 4, mostMs: 500 };

/**
 * Runs one controller: observe, decide, do, wait until what was done is visible, observe again.
 *
 * Owns: the controller's queue and subscriptions.
 */
export class ControllerRunner implements Service, QueueState {
  readonly #controller: Controller;
  readonly #context: MasterContext;
  readonly #metrics: ControllerMetrics;
  readonly #view: ControllerView;
  readonly #hands: Hands;
  readonly #queue: WorkQueue;
  readonly #catalogue: Catalogue;
  #unsubscribe: (() => void)[] = [];
  /** Subscriptions by kind, for a controller of every kind. */
  readonly #kinds = new Map<string, () => void>();

  constructor(
    controller: Controller,
    context: MasterContext,
    ownerless: OwnerlessIndex,
    metrics: ControllerMetrics,
    catalogue: Catalogue = builtInCatalogue,
  ) {
    this.#controller = controller;
    this.#catalogue = catalogue;
    this.#context = context;
    this.#metrics = metrics;
    this.#view = viewOf(context.cache, ownerless);
    const user = `system:serviceaccount:kube-system:${controller.name}-controller`;
    const room = () => context.clientWrites?.room();
    this.#hands = { objects: context.objects, events: context.events, context: { user }, room };
    const { clock, rng } = context;
    this.#queue = new WorkQueue({
      ...{ clock, rng, workers: WORKERS, backoff: BACKOFF, watch: metrics.watch(controller.name) },
      work: (key) => this.#work(key),
    });
  }

  get name(): string {
    return this.#controller.name;
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  runningMs(): readonly number[] {
    return this.#queue.runningMs();
  }

  async start(): Promise<void> {
    for (const watch of this.#controller.watches) this.#unsubscribe.push(this.#follow(watch));
    if (!this.#controller.watchKind) return;
    this.#followKinds();
    this.#unsubscribe.push(this.#catalogue.onChange(() => this.#followKinds()));
  }

  #follow(watch: Watch): () => void {
    for (const object of this.#view.list(watch.resource)) {
      this.#notice(watch, { type: 'added', object, revision: this.#view.revision });
    }
    return this.#context.cache.subscribe(watch.resource, (change) => this.#notice(watch, change));
  }

  /** Follows the kinds there are, and those no longer that are gone. Another definition of a kind is the same kind. */
  #followKinds(): void {
    const kinds = new Map(keptResources(this.#catalogue.resources).map((kind) => [storePrefix(kind), kind]));
    for (const [prefix, unsubscribe] of this.#kinds) {
      if (kinds.has(prefix)) continue;
      unsubscribe();
      this.#kinds.delete(prefix);
    }
    for (const [prefix, kind] of kinds) {
      if (this.#kinds.has(prefix)) continue;
      const watch = this.#controller.watchKind?.(kind);
      const unsubscribe = watch && this.#follow(watch);
      this.#kinds.set(prefix, () => {
        unsubscribe?.();
        watch?.ended?.();
      });
    }
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    for (const unsubscribe of this.#kinds.values()) unsubscribe();
    this.#kinds.clear();
    await this.#queue.stop();
  }

  #notice(watch: Watch, change: Change): void {
    for (const key of watch.keys(change, this.#view)) this.#queue.add(key);
  }

  async #work(key: string): Promise<Outcome> {
    const { clock } = this.#context;
    const startedMs = clock.monotonicMs();
    try {
      return await this.#reconcile(key);
    } catch (error) {
      return this.#failed(key, error);
    } finally {
      const seconds = (clock.monotonicMs() - startedMs) / 1000;
      this.#metrics.durationSeconds.observe({ name: this.name }, seconds);
    }
  }

  async #reconcile(key: string): Promise<Outcome> {
    const { cache, clock, rng } = this.#context;
    const startedMs = clock.monotonicMs();
    const decisions = this.#controller.reconcile(this.#view, key, clock.now(), rng);
    const restMs = restAfter(clock.monotonicMs() - startedMs);
    if (decisions.length === 0) return { type: 'done', restMs };
    for (const { type } of decisions) {
      if (type !== 'wake') this.#metrics.writes.inc({ controller: this.name, type });
    }
    const { revision, wakeAfterMs, overtaken, deposed, errors } = await execute(decisions, this.#hands);
    // All keys are looked at again when the next term begins.
    if (deposed) return { type: 'done' };
    // The next pass must see what this one wrote, or it would decide the same again.
    if (revision > cache.revision) await cache.waitFor(revision);
    if (errors.length > 0) return this.#failed(key, errors[0], errors.length);
    return overtaken ? { type: 'retry' } : { type: 'done', wakeAfterMs, restMs };
  }

  #failed(key: string, error: unknown, count = 1): Outcome {
    this.#metrics.errors.inc({ controller: this.name });
    const fields = { controller: this.name, key, failures: count, err: error };
    this.#context.log.warn(fields, 'reconcile failed; it will be tried again');
    return { type: 'retry' };
  }
}

const restAfter = (tookMs: number): number => (tookMs < REST.fromMs ? 0 : Math.min(REST.mostMs, REST.times * tookMs));

/** The cache's reading half with the index of what nobody owns. */
export function viewOf(cache: Cache, index: OwnerlessIndex): ControllerView {
  return {
    get revision() {
      return cache.revision;
    },
    get: (resource, namespace, name) => cache.get(resource, namespace, name),
    list: (resource, namespace) => cache.list(resource, namespace),
    ownedBy: (resource, ownerUid) => cache.ownedBy(resource, ownerUid),
    dependentsOf: (ownerUid) => cache.dependentsOf(ownerUid),
    podsOn: (nodeName) => cache.podsOn(nodeName),
    ownerless: <T extends ApiObject>(
      resource: ResourceDefinition<T>,
      namespace: string,
      selector: LabelSelector | undefined,
    ) => index.find(resource, namespace, selector),
  };
}
