import { type Node, nodes } from '../../api/core/node.ts';
import { metaOf } from '../../api/meta/object.ts';
import { servesIngresses } from '../../api/networking/ingress-serving.ts';
import type { Clock } from '../../platform/clock.ts';
import type { NetworkSettings } from '../network-settings.ts';
import type { Cache } from '../store/cache.ts';
import type { AgentLink } from './link.ts';
import { NetworkFeed } from './network-feed.ts';
import { NetworkOutlet } from './network-outlet.ts';

/**
 * What each agent is told of the network: all the same, but that nodes which serve ingresses hear of those and of their certificates, too.
 * Owns the two feeds (the second runs once there is such a node), and the outlets of the sessions.
 */
export class NetworkFeeds {
  readonly #settings: NetworkSettings;
  readonly #cache: Cache;
  readonly #clock: Clock;
  readonly #plain: NetworkFeed;
  readonly #outlets = new Map<string, Set<NetworkOutlet>>();
  #ingress: NetworkFeed | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(settings: NetworkSettings, cache: Cache, clock: Clock) {
    this.#settings = settings;
    this.#cache = cache;
    this.#clock = clock;
    this.#plain = new NetworkFeed(settings, cache, clock);
  }

  get mode(): string {
    return this.#plain.mode;
  }

  start(): void {
    this.#plain.start();
    this.#unsubscribe = this.#cache.subscribe(nodes, ({ type, object }) => {
      const outlets = this.#outlets.get(metaOf(object).name ?? '');
      for (const outlet of outlets ?? []) outlet.use(this.#feedFor(type === 'deleted' ? undefined : object));
    });
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#plain.stop();
    this.#ingress?.stop();
    this.#ingress = undefined;
  }

  open(nodeName: string, link: AgentLink): NetworkOutlet {
    const outlets = this.#outlets.get(nodeName) ?? new Set<NetworkOutlet>();
    this.#outlets.set(nodeName, outlets);
    const outlet: NetworkOutlet = new NetworkOutlet(
      this.#feedFor(this.#cache.get(nodes, undefined, nodeName)),
      link,
      () => {
        outlets.delete(outlet);
        if (outlets.size === 0 && this.#outlets.get(nodeName) === outlets) this.#outlets.delete(nodeName);
      },
    );
    outlets.add(outlet);
    return outlet;
  }

  #feedFor(node: Node | undefined): NetworkFeed {
    if (!servesIngresses(node)) return this.#plain;
    if (!this.#ingress) {
      this.#ingress = new NetworkFeed(this.#settings, this.#cache, this.#clock, { ingresses: true });
      this.#ingress.start();
    }
    return this.#ingress;
  }
}
