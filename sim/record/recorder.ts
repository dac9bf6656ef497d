import type { Store, WatchEvent } from '../../master/store/store.ts';
import type { Observation, SeenObject } from '../history.ts';
import { EPOCH_MS } from '../time/life.ts';
import type { Timeline } from '../time/timeline.ts';
import { RESOURCES } from './kinds.ts';

/** An observation without its time. */
export type Note<T = Observation> = T extends Observation ? Omit<T, 'atMs'> : never;

/** The client that follows all kinds at the store itself, and is never cut off. */
const ONLOOKER = 'onlooker';

/**
 * Writes down what could be seen of a run, in the order in which it happened, for whoever judges it.
 *
 * Owns: the numbers of calls and watches.
 */
export class Recorder {
  readonly #timeline: Timeline;
  readonly #take: (seen: Observation) => void;
  #calls = 0;
  #watches = 0;

  constructor(timeline: Timeline, take: (seen: Observation) => void) {
    this.#timeline = timeline;
    this.#take = take;
  }

  note(note: Note): void {
    this.#take({ atMs: EPOCH_MS + this.#timeline.nowMs, ...note } as Observation);
  }

  /** Calls so far. */
  get calls(): number {
    return this.#calls;
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  nextWatch(): number {
    this.#watches += 1;
    return this.#watches;
  }

  /** Follows all kinds from now on, as they are in the store, with the version that each object got there. */
  async follow(store: Store): Promise<void> {
    for (const resource of RESOURCES) await this.#followKind(store, resource);
  }

  async #followKind(store: Store, resource: string): Promise<void> {
    const prefix = `/registry/${resource.startsWith('/') ? `core${resource}` : resource}/`;
    const watch = this.nextWatch();
    const known = new Map<string, SeenObject>();
    const { values, revision } = await store.list(prefix);
    for (const { key, value, modRevision } of values) known.set(key, shown(value, modRevision));
    const target = { resource, namespace: '', name: '' };
    this.note({
      type: 'watching',
      watch,
      client: ONLOOKER,
      target,
      from: String(revision),
      initial: [...known.values()],
    });
    const tell = (event: WatchEvent): void => {
      if (event.type === 'delete') {
        const object = known.get(event.key);
        known.delete(event.key);
        if (object) this.note({ type: 'told', watch, change: 'DELETED', object: at(object, event.modRevision) });
        return;
      }
      const { key, value, modRevision } = event.value;
      const change = known.has(key) ? 'MODIFIED' : 'ADDED';
      const object = shown(value, modRevision);
      known.set(key, object);
      this.note({ type: 'told', watch, change, object });
    };
    store.watch(prefix, revision, {
      events: (events) => events.forEach(tell),
      lost: (reason) => {
        throw new Error(`the onlooker lost its watch: ${reason.message}`);
      },
    });
  }
}

const shown = (json: string, revision: number): SeenObject => at(JSON.parse(json) as SeenObject, revision);

const at = (object: SeenObject, revision: number): SeenObject => ({
  ...object,
  metadata: { ...(object.metadata as object), resourceVersion: String(revision) },
});
