import type { Compare, Store } from '../store/store.ts';

const PREFIX = '/stowage/sessions/';

/**
 * Which master holds the session of each node's agent, where a cell has several masters: a key of the store per node, which names the
 * master. A session is the revision at which its key was put, as a leader's term is: what it writes compares that, so that of two
 * sessions of one node the newer alone can write, whatever the older one's master knows.
 */
export class SessionLedger {
  readonly #store: Store;
  readonly #self: string;

  /** `self`: this master's own name. */
  constructor(store: Store, self: string) {
    this.#store = store;
    this.#self = self;
  }

  /** From now on this master has the node's newest session. Resolves with its fence. */
  async take(nodeName: string): Promise<Compare> {
    const key = PREFIX + nodeName;
    const result = await this.#store.commit({ compares: [], ops: [{ type: 'put', key, value: this.#self }] });
    return { key, modRevision: result.revision };
  }

  /** The session is over. Where another has taken its place, nothing happens. */
  async release(fence: Compare): Promise<void> {
    await this.#store.commit({ compares: [fence], ops: [{ type: 'delete', key: fence.key }] });
  }

  /** Whether a session is still its node's newest. */
  async isHeld({ key, modRevision }: Compare): Promise<boolean> {
    return (await this.#store.get(key))?.modRevision === modRevision;
  }

  /** Name of another master that holds the node's session. */
  async holder(nodeName: string): Promise<string | undefined> {
    const found = (await this.#store.get(PREFIX + nodeName))?.value;
    return found === this.#self ? undefined : found;
  }
}
