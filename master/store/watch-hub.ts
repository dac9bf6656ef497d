import type { Revision, Watch, WatchEvent, WatchHandlers } from './store.ts';

interface Batch {
  readonly events: readonly WatchEvent[];
  readonly revision: Revision;
}

/** `starting` holds back what is published before the watcher has been told of the past; undefined once it has. */
interface Watcher {
  readonly prefix: string;
  readonly after: Revision;
  readonly handlers: WatchHandlers;
  starting: Batch[] | undefined;
}

/**
 * Owns the watchers of a store that lives in this process, and hands each what happens under its prefix, in order. Delivery is
 * synchronous inside `publish`, except to a watcher that has not started: it is told in a microtask after `watch` returned.
 */
export class WatchHub {
  readonly #watchers = new Set<Watcher>();

  /** Adds a watcher for what happens after `after`; it is first told of `past`. */
  add(prefix: string, after: Revision, handlers: WatchHandlers, past: Batch): Watch {
    const watcher: Watcher = { prefix, after, handlers, starting: [past] };
    this.#watchers.add(watcher);
    queueMicrotask(() => {
      const batches = watcher.starting ?? [];
      watcher.starting = undefined;
      for (const batch of batches) this.#deliver(watcher, batch);
    });
    return { stop: () => this.#watchers.delete(watcher) };
  }

  /** A watch that cannot begin: says so once it has been returned. */
  refuse(handlers: WatchHandlers, reason: Error): Watch {
    let stopped = false;
    queueMicrotask(() => stopped || handlers.lost(reason));
    return {
      stop: () => {
        stopped = true;
      },
    };
  }

  /** Tells everyone what a durable write changed; those it does not concern learn the revision. */
  publish(events: readonly WatchEvent[], revision: Revision): void {
    for (const watcher of [...this.#watchers]) {
      if (revision <= watcher.after) continue;
      const batch = { events: events.filter((event) => concerns(watcher, event)), revision };
      if (watcher.starting) watcher.starting.push(batch);
      else this.#deliver(watcher, batch);
    }
  }

  /** Ends every watch. */
  endAll(reason: Error): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const { handlers } of watchers) queueMicrotask(() => handlers.lost(reason));
  }

  #deliver(watcher: Watcher, { events, revision }: Batch): void {
    if (this.#watchers.has(watcher)) watcher.handlers.events(events, revision);
  }
}

function concerns({ prefix, after }: Watcher, event: WatchEvent): boolean {
  const { key, modRevision } = event.type === 'put' ? event.value : event;
  return key.startsWith(prefix) && modRevision > after;
}
