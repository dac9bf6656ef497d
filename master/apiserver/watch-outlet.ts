import { internalError, isApiError } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { SelectedEvent } from './selection.ts';
import type { WatchFeed } from './watch-feed.ts';
import type { WatchFrames } from './watch-frames.ts';

type Convert = (objects: readonly ApiObject[], to: 'served') => Promise<ApiObject[]>;
type Entry = SelectedEvent | { readonly bookmark: number; readonly initialEnd: boolean };

/**
 * For versions that somebody outside converts: what waits is converted together, one request at a time, and told in its order.
 * A conversion that fails ends the watch with its error; the client begins anew.
 *
 * Owns: what waits for its conversion. More than `maxWaiting` changes stall the watch, as a client that does not read would.
 */
export class ConvertingOutlet {
  readonly #feed: WatchFeed;
  readonly #frames: WatchFrames;
  readonly #convert: Convert;
  readonly #maxWaiting: number;
  readonly #onStalled: () => void;
  #waiting: Entry[] = [];
  #busy = false;
  #ended = false;

  constructor(feed: WatchFeed, frames: WatchFrames, convert: Convert, maxWaiting: number, onStalled: () => void) {
    this.#feed = feed;
    this.#frames = frames;
    this.#convert = convert;
    this.#maxWaiting = maxWaiting;
    this.#onStalled = onStalled;
  }

  /** What there was when the watch began; not counted against the bound. */
  begin(initial: Iterable<SelectedEvent>, endRevision: number | undefined): void {
    this.#waiting.push(...initial);
    if (endRevision !== undefined) this.#waiting.push({ bookmark: endRevision, initialEnd: true });
    void this.#run();
  }

  event(event: SelectedEvent): void {
    this.#add(event);
  }

  bookmark(revision: number, initialEnd: boolean): void {
    this.#add({ bookmark: revision, initialEnd });
  }

  #add(entry: Entry): void {
    if (this.#ended) return;
    if (this.#busy && this.#waiting.length >= this.#maxWaiting) {
      this.#end();
      this.#onStalled();
      return;
    }
    this.#waiting.push(entry);
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#waiting.length > 0 && !this.#ended) await this.#tell(this.#waiting.splice(0));
    } catch (error) {
      const { status } = isApiError(error) ? error : internalError(String(error), error);
      this.#feed.push(() => this.#frames.error(status));
      this.#end();
    } finally {
      this.#busy = false;
    }
  }

  async #tell(entries: readonly Entry[]): Promise<void> {
    const objects = entries.flatMap((entry) => ('object' in entry ? [entry.object] : []));
    const converted = await this.#convert(objects, 'served');
    let next = 0;
    for (const entry of entries) {
      const told = 'object' in entry ? { ...entry, object: converted[next++] ?? entry.object } : entry;
      this.#feed.push(() =>
        'object' in told ? this.#frames.event(told) : this.#frames.bookmark(told.bookmark, told.initialEnd),
      );
    }
  }

  #end(): void {
    this.#ended = true;
    this.#waiting = [];
    this.#feed.end();
  }
}
