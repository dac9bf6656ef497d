import { customResourceDefinitions } from '../../api/apiextensions/custom-resource-definition.ts';
import { type CustomResourceDefinition, isConditionTrue } from '../../api/apiextensions/definition-schema.ts';
import { type Converter, type CustomKind, compareVersions, customKind } from '../../api/apiextensions/resource.ts';
import { type Catalogue, fixedCatalogue } from '../../api/meta/catalogue.ts';
import { RESOURCE_VERBS, type ResourceDefinition } from '../../api/meta/definition.ts';
import { metaOf } from '../../api/meta/object.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import type { Cache, CacheHolder } from '../store/cache.ts';
import type { Store } from '../store/store.ts';
import { migrate } from './migration.ts';

export interface CustomCatalogueOptions {
  /** What is served whatever custom resources there are. */
  readonly builtIn: Catalogue;
  readonly cache: Cache & CacheHolder;
  /** For objects that have to be rewritten in another version. */
  readonly store: Store;
  /** Converts by the webhook of a definition whose conversion says so. */
  readonly converterOf: (definition: CustomResourceDefinition) => Converter;
  readonly clock: Clock;
  readonly log: Logger;
}

/** After a failure to read the store, it is asked again after this long. */
const RETRY_MS = 1_000;

interface Taken {
  readonly kind: CustomKind;
  /** Everything of the definition that the kind was made from. */
  readonly signature: string;
}

/**
 * The resources of Stowage itself and those of the CustomResourceDefinitions that are established. A resource is served only once the
 * cache shows all of its objects. `start` resolves when all that are there at that time are.
 *
 * Owns: the kinds it has taken on, by name of their definition, and with the cache their collections.
 */
export class CustomCatalogue implements Catalogue, Service {
  readonly #options: CustomCatalogueOptions;
  readonly #taken = new Map<string, Taken>();
  readonly #callbacks = new Set<() => void>();
  readonly #timers = new Set<Timer>();
  #contents: Catalogue;
  /** Changes are taken in one after another. Never rejects. */
  #tail: Promise<void> = Promise.resolve();
  #unsubscribe: (() => void) | undefined;

  constructor(options: CustomCatalogueOptions) {
    this.#options = options;
    this.#contents = options.builtIn;
  }

  get resources(): readonly ResourceDefinition[] {
    return this.#contents.resources;
  }

  at(group: string, version: string, plural: string): ResourceDefinition | undefined {
    return this.#contents.at(group, version, plural);
  }

  ofKind(apiVersion: string, kind: string): ResourceDefinition | undefined {
    return this.#contents.ofKind(apiVersion, kind);
  }

  onChange(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  settle(): Promise<void> {
    return this.#tail;
  }

  async start(): Promise<void> {
    const { cache } = this.#options;
    this.#unsubscribe = cache.subscribe(customResourceDefinitions, ({ object }) => this.#take(object));
    for (const definition of cache.list(customResourceDefinitions)) this.#take(definition);
    await this.settle();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    await this.#tail;
  }

  /** Looks at a definition once those before it have been dealt with, as it is then. */
  #take(definition: CustomResourceDefinition): void {
    const { name = '' } = metaOf(definition);
    this.#tail = this.#tail.then(() => this.#follow(name)).catch((error) => this.#failed(definition, error));
  }

  #failed(definition: CustomResourceDefinition, error: unknown): void {
    const { name } = metaOf(definition);
    this.#options.log.error({ name, err: error }, 'a custom resource could not be taken on; trying again');
    if (!this.#unsubscribe) return;
    const timer = this.#options.clock.setTimer(RETRY_MS, () => {
      this.#timers.delete(timer);
      this.#take(definition);
    });
    this.#timers.add(timer);
  }

  async #follow(name: string): Promise<void> {
    const { cache, store, converterOf } = this.#options;
    const definition = cache.get(customResourceDefinitions, undefined, name);
    const taken = this.#taken.get(name);
    if (!definition || !isConditionTrue(definition, 'Established')) {
      if (!taken) return;
      this.#taken.delete(name);
      this.#publish();
      cache.drop(taken.kind.kept);
      return;
    }
    const signature = signatureOf(definition);
    if (taken?.signature === signature) return;
    const byWebhook = definition.spec?.conversion?.strategy === 'Webhook';
    const converter = byWebhook ? converterOf(definition) : undefined;
    const kind = customKind(definition, converter);
    await cache.hold(kind.kept);
    if (converter) await migrate(store, cache, kind.kept, converter);
    this.#taken.set(name, { kind: restrict(kind, definition), signature });
    this.#publish();
  }

  #publish(): void {
    const { builtIn } = this.#options;
    const custom = [...this.#taken.values()].flatMap(({ kind }) => kind.served).sort(inDiscoveryOrder);
    this.#contents = fixedCatalogue([...builtIn.resources, ...custom]);
    for (const callback of [...this.#callbacks]) callback();
  }
}

/** Nothing new is made while a resource is on its way out. */
function restrict(kind: CustomKind, definition: CustomResourceDefinition): CustomKind {
  if (!metaOf(definition).deletionTimestamp) return kind;
  const verbs = RESOURCE_VERBS.filter((verb) => verb !== 'create');
  return { ...kind, served: kind.served.map((resource) => ({ ...resource, verbs })) };
}

function signatureOf({ metadata, spec, status }: CustomResourceDefinition): string {
  const { uid, deletionTimestamp } = metadata ?? {};
  return JSON.stringify([uid, deletionTimestamp !== undefined, spec, status?.acceptedNames, status?.storedVersions]);
}

function inDiscoveryOrder(a: ResourceDefinition, b: ResourceDefinition): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  return compareVersions(a.version, b.version) || (a.plural < b.plural ? -1 : a.plural > b.plural ? 1 : 0);
}
