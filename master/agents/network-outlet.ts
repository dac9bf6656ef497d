import type { Network } from '../../proto/messages.ts';
import type { AgentLink } from './link.ts';
import type { NetworkFeed } from './network-feed.ts';

/**
 * What one agent is told of the network. One that takes nothing is told nothing, and all of it anew once it takes messages again: so a slow
 * link costs no memory. Owns: whether the agent has missed something.
 */
export class NetworkOutlet {
  readonly #link: AgentLink;
  readonly #stopped: () => void;
  #feed: NetworkFeed;
  #detach: () => void;
  #missed = true;
  #writable = true;

  constructor(feed: NetworkFeed, link: AgentLink, stopped: () => void = () => {}) {
    this.#feed = feed;
    this.#link = link;
    this.#stopped = stopped;
    this.#detach = feed.attach((change) => this.#changed(change));
  }

  /** The link takes messages. */
  drained(): void {
    this.#writable = true;
    if (!this.#missed) return;
    this.#missed = false;
    for (const message of this.#feed.complete()) this.#send(message);
  }

  /** What it says from now on. Another feed says all of it. */
  use(feed: NetworkFeed): void {
    if (feed === this.#feed) return;
    this.#detach();
    this.#feed = feed;
    this.#detach = feed.attach((change) => this.#changed(change));
    this.#missed = true;
    if (this.#writable) this.drained();
  }

  stop(): void {
    this.#detach();
    this.#stopped();
  }

  #changed(change: Network): void {
    if (this.#writable) this.#send(change);
    else this.#missed = true;
  }

  #send(network: Network): void {
    this.#writable = this.#link.send({ message: 'network', network });
  }
}
