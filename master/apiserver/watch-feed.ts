import type { Turns } from './turns.ts';

/** Events on the wire: text, or bytes. */
export type Frame = string | Buffer;

/** Something a watcher is still to be told; made only when the client reads on. */
export type Pending = () => Frame;

export interface WatchFeedOptions {
  /** Events that may wait for a client that does not read. Beyond it the watch is cut. */
  readonly maxPending: number;
  /** Characters or bytes that are handed out at once. */
  readonly maxChunkLength: number;
  /** In turns with all other long work what there was is made. Default: as fast as it is read. */
  readonly turns?: Turns;
}

export class StalledWatcher extends Error {
  override readonly name = 'StalledWatcher';
}

/**
 * The queue between the changes of the cell, which never wait, and one watching client, which may be slow. Owns what is pending,
 * bounded, and the one promise its reader waits on. A reader gets everything that was pushed before `end`, in order; one that
 * falls too far behind gets {@link StalledWatcher}, and `onStalled` is called at once, since a stalled reader may never ask again.
 */
export class WatchFeed implements AsyncIterable<Frame> {
  readonly #options: WatchFeedOptions;
  readonly #onStalled: () => void;
  readonly #release: () => void;
  /** What there was when the watch began; not counted against the bound, for it cannot grow. */
  #initial: Iterator<Frame> | undefined;
  #pending: { readonly frame: Pending; readonly events: number }[] = [];
  /** Events in `#pending`. */
  #waiting = 0;
  #ended = false;
  #stalled = false;
  #wake: (() => void) | undefined;

  constructor(options: WatchFeedOptions, initial: Iterable<Frame>, onStalled: () => void, release: () => void) {
    this.#options = options;
    this.#initial = initial[Symbol.iterator]();
    this.#onStalled = onStalled;
    this.#release = release;
  }

  /** `frame` holds so many events. */
  push(frame: Pending, events = 1): void {
    if (this.#ended) return;
    if (this.#waiting + events > this.#options.maxPending) {
      this.#stalled = true;
      this.#pending = [];
      this.end();
      this.#onStalled();
      return;
    }
    this.#pending.push({ frame, events });
    this.#waiting += events;
    this.#wakeReader();
  }

  /** No more after what was pushed. May be called twice. */
  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    try {
      for (;;) {
        if (this.#stalled) throw new StalledWatcher('the client of a watch read too slowly');
        if (this.#initial && this.#options.turns?.over) await this.#options.turns.next();
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

  /** Undefined when nothing waits. */
  #takeChunk(): Frame | undefined {
    const frames: Frame[] = [];
    let length = 0;
    const take = (frame: Frame) => {
      frames.push(frame);
      length += frame.length;
    };
    while (this.#initial && length < this.#options.maxChunkLength) {
      const next = this.#initial.next();
      if (next.done) this.#initial = undefined;
      else take(next.value);
    }
    if (this.#initial) return joined(frames);
    let taken = 0;
    while (taken < this.#pending.length && length < this.#options.maxChunkLength) {
      const { frame, events } = this.#pending[taken++]!;
      this.#waiting -= events;
      take(frame());
    }
    // One splice per chunk, not one shift per entry.
    if (taken > 0) this.#pending.splice(0, taken);
    return joined(frames);
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function joined(frames: readonly Frame[]): Frame | undefined {
  if (frames.length < 2) return frames[0];
  if (frames.every((frame) => typeof frame === 'string')) return frames.join('');
  return Buffer.concat(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : frame)));
}
