/** Something a watcher is still to be told; turned into text only when the client reads on. */
export type Pending = () => string;

export interface WatchFeedOptions {
  /** Entries that may wait for a client that does not read. Beyond it the watch is cut. */
  readonly maxPending: number;
  /** Text that is handed out at once. */
  readonly maxChunkLength: number;
}

export class StalledWatcher extends Error {
  override readonly name = 'StalledWatcher';
}

/**
 * The queue between the changes of the cell, which never wait, and one watching client, which may be slow. Owns what is pending,
 * bounded, and the one promise its reader waits on. A reader gets everything that was pushed before `end`, in order; one that
 * falls too far behind gets {@link StalledWatcher}, and `onStalled` is called at once, since a stalled reader may never ask again.
 */
export class WatchFeed implements AsyncIterable<string> {
  readonly #options: WatchFeedOptions;
  readonly #onStalled: () => void;
  readonly #release: () => void;
  /** What there was when the watch began; not counted against the bound, for it cannot grow. */
  #initial: Iterator<string> | undefined;
  #pending: Pending[] = [];
  #ended = false;
  #stalled = false;
  #wake: (() => void) | undefined;

  constructor(options: WatchFeedOptions, initial: Iterable<string>, onStalled: () => void, release: () => void) {
    this.#options = options;
    this.#initial = initial[Symbol.iterator]();
    this.#onStalled = onStalled;
    this.#release = release;
  }

  push(entry: Pending): void {
    if (this.#ended) return;
    if (this.#pending.length >= this.#options.maxPending) {
      this.#stalled = true;
      this.#pending = [];
      this.end();
      this.#onStalled();
      return;
    }
    this.#pending.push(entry);
    this.#wakeReader();
  }

  /** No more after what was pushed. May be called twice. */
  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    try {
      for (;;) {
        if (this.#stalled) throw new StalledWatcher('the client of a watch read too slowly');
        const chunk = this.#takeChunk();
        if (chunk) yield chunk;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#ended = true;
      this.#pending = [];
      this.#release();
    }
  }

  #takeChunk(): string {
    let chunk = '';
    while (this.#initial && chunk.length < this.#options.maxChunkLength) {
      const next = this.#initial.next();
      if (next.done) this.#initial = undefined;
      else chunk += next.value;
    }
    if (this.#initial) return chunk;
    let taken = 0;
    while (taken < this.#pending.length && chunk.length < this.#options.maxChunkLength)
      chunk += this.#pending[taken++]!();
    // One splice per chunk, not one shift per entry.
    if (taken > 0) this.#pending.splice(0, taken);
    return chunk;
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
