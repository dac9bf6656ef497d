import { nodes } from '../../api/core/node.ts';
import { pods } from '../../api/core/pod.ts';
import { services } from '../../api/core/service.ts';
import { endpointSlices } from '../../api/discovery/endpoint-slice.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { formatIpv4Range } from '../../api/networking/ipv4.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Network } from '../../proto/messages.ts';
import type { NetworkKind, NetworkRanges } from '../../proto/network.ts';
import type { NetworkSettings } from '../network-settings.ts';
import type { Cache, Change } from '../store/cache.ts';
import { NetworkGuarding } from './network-guarding.ts';
import { NetworkIngresses } from './network-ingresses.ts';
import { toldOfNode, toldOfService, toldOfSlice, toldOfTask } from './network-objects.ts';

type Listener = (change: Network) => void;
type Named = { readonly kind: NetworkKind; readonly key: string };

/** Far below what one message may be. */
const MOST_BYTES_PER_MESSAGE = 1_000_000;

/**
 * What all agents are told of the cell's network. A change of an object is looked at once, written down once, and the changes of a tick
 * are one message, the same for everybody; changes of which nothing is told (a node's heartbeat) end here.
 *
 * Owns: the text of each object that is told, the series that tells all of it until something changes, and the changes of this tick.
 */
export class NetworkFeed {
  readonly mode: string;
  readonly #settingsJson: string;
  /** It is for those who serve them. */
  readonly #withIngresses: boolean;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  readonly #told = new Map<string, Named & { readonly json: string }>();
  readonly #changed = new Map<string, Named>();
  #complete: readonly Network[] | undefined;
  #tick: Timer | undefined;
  #unsubscribe: (() => void)[] = [];

  constructor({ mode, podCidr, serviceCidr }: NetworkSettings, cache: Cache, clock: Clock, { ingresses = false } = {}) {
    this.#withIngresses = ingresses;
    this.mode = mode;
    const ranges: NetworkRanges = {
      ...{ mode, podCidr: formatIpv4Range(podCidr), serviceCidr: formatIpv4Range(serviceCidr) },
    };
    this.#settingsJson = JSON.stringify(ranges);
    this.#cache = cache;
    this.#clock = clock;
  }

  start(): void {
    this.#follow('node', nodes, toldOfNode);
    this.#follow('service', services, toldOfService);
    this.#follow('slice', endpointSlices, toldOfSlice);
    this.#follow('task', pods, toldOfTask);
    const tell = (kind: NetworkKind, key: string, told: object | undefined) =>
      this.#put({ kind, key }, told && JSON.stringify(told));
    this.#unsubscribe.push(new NetworkGuarding(this.#cache, tell).start());
    if (this.#withIngresses) this.#unsubscribe.push(new NetworkIngresses(this.#cache, tell).start());
    // All of that is told to whoever attaches.
    this.#changed.clear();
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#tick?.cancel();
    this.#tick = undefined;
  }

  /** All there is, as a series of messages that are shared and not to be changed. */
  complete(): readonly Network[] {
    this.#complete ??= this.#series();
    return this.#complete;
  }

  /** From now on the listener hears of changes; it may hear again of some that `complete` told. Returns what ends that. */
  attach(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #follow<T extends ApiObject>(
    kind: NetworkKind,
    resource: ResourceDefinition<T>,
    tell: (object: T) => object | undefined,
  ): void {
    const put = (object: T, told: object | undefined) => {
      const { namespace, name = '' } = metaOf(object);
      this.#put({ kind, key: namespace ? `${namespace}/${name}` : name }, told && JSON.stringify(told));
    };
    for (const object of this.#cache.list(resource)) put(object, tell(object));
    const changed = ({ type, object }: Change<T>) => put(object, type === 'deleted' ? undefined : tell(object));
    this.#unsubscribe.push(this.#cache.subscribe(resource, changed));
  }

  #put(named: Named, json: string | undefined): void {
    const id = `${named.kind} ${named.key}`;
    if (this.#told.get(id)?.json === json) return;
    if (json === undefined) this.#told.delete(id);
    else this.#told.set(id, { ...named, json });
    this.#complete = undefined;
    this.#changed.set(id, named);
    if (this.#listeners.size > 0) this.#tick ??= this.#clock.setTimer(0, () => this.#tellChanges());
    else this.#changed.clear();
  }

  #tellChanges(): void {
    this.#tick = undefined;
    const changed = [...this.#changed];
    this.#changed.clear();
    const message: Network = {
      ...{ complete: false, more: false, settingsJson: '' },
      upserts: changed.flatMap(([id]) => this.#told.get(id) ?? []),
      removals: changed.flatMap(([id, named]) => (this.#told.has(id) ? [] : [named])),
    };
    for (const listener of this.#listeners) listener(message);
  }

  #series(): Network[] {
    const parts: Network['upserts'][] = [[]];
    let bytes = 0;
    for (const told of this.#told.values()) {
      if (bytes > MOST_BYTES_PER_MESSAGE) {
        parts.push([]);
        bytes = 0;
      }
      bytes += told.json.length;
      parts.at(-1)?.push(told);
    }
    return parts.map((upserts, index) => ({
      complete: index === 0,
      more: index < parts.length - 1,
      settingsJson: index === 0 ? this.#settingsJson : '',
      ...{ upserts, removals: [] },
    }));
  }
}
