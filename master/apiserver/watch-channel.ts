import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { CacheFeed } from '../store/cache.ts';
import { type SelectedEvent, type Selection, selectChange } from './selection.ts';
import type { Frame, Pending, WatchFeed } from './watch-feed.ts';
import type { WatchFrames } from './watch-frames.ts';

/** What a watch is told from when it began. */
export interface Topic {
  readonly served: ResourceDefinition;
  /** The resource in whose form the objects are kept. */
  readonly kept: ResourceDefinition;
  readonly selection: Selection;
  readonly frames: WatchFrames;
  /** Equal for watches of one resource that are told the same in the same words; undefined: nobody else is. */
  readonly sameAs: string | undefined;
}

/** One watch's part in a channel. */
export interface Following {
  bookmark(revision: number, initialEnd: boolean): void;
  /** Everything that has happened goes to the feed at once. */
  flush(): void;
  stop(): void;
}

/**
 * The first event after a silence goes out at once, those that follow it together after so long: what a write to each of a thousand
 * connections costs hardly depends on how much is written.
 */
const GATHER_MS = 10;
/** For so many times as long as it took to tell everybody, nobody is told anything: the rest of the time is for others. */
const REST_SHARE = 0.5;
const MAX_GATHER_MS = 20;
/** Events that go out without waiting for more. */
const MAX_GATHERED = 1_000;
/** Events in one frame. */
const MAX_JOINED = 32;

/** Owns the channels that are open; each closes with its last follower. */
export class WatchChannels {
  readonly #cache: Pick<CacheFeed, 'subscribe'>;
  readonly #clock: Clock;
  readonly #shared = new Map<string, Channel>();

  constructor(cache: Pick<CacheFeed, 'subscribe'>, clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  /** Tells the feed what happens from now on, until `stop`. */
  follow(topic: Topic, feed: WatchFeed): Following {
    const channel = this.#channel(topic);
    channel.add(feed);
    return {
      bookmark(revision, initialEnd) {
        channel.flush();
        feed.push(() => topic.frames.bookmark(revision, initialEnd));
      },
      flush: () => channel.flush(),
      stop: () => {
        if (!channel.remove(feed)) return;
        const key = channel.topic.sameAs;
        if (key !== undefined && this.#shared.get(key) === channel) this.#shared.delete(key);
      },
    };
  }

  #channel(topic: Topic): Channel {
    const { sameAs, served } = topic;
    const open = sameAs === undefined ? undefined : this.#shared.get(sameAs);
    // A kind that has changed under its name is told in other words.
    if (open?.topic.served === served) return open;
    const channel = new Channel(topic, this.#cache, this.#clock);
    if (sameAs !== undefined) this.#shared.set(sameAs, channel);
    return channel;
  }
}

/**
 * Finds out once, for all who follow it, what each change means to them, and puts that into words once.
 *
 * Owns: its followers, what has happened that they have not been told, the timer until they are, and the subscription, which ends
 * with the last of them. Invariant: a follower is told what happened after it came, in order.
 */
class Channel {
  readonly topic: Topic;
  readonly #clock: Clock;
  readonly #feeds = new Set<WatchFeed>();
  readonly #unsubscribe: () => void;
  #gathered: SelectedEvent[] = [];
  /** Set while events gather. */
  #timer: Timer | undefined;
  #flushing = false;

  constructor(topic: Topic, cache: Pick<CacheFeed, 'subscribe'>, clock: Clock) {
    this.topic = topic;
    this.#clock = clock;
    const { kept, selection } = topic;
    this.#unsubscribe = cache.subscribe(
      kept,
      (change) => {
        const event = selectChange(selection, change);
        if (event) this.#add(event);
      },
      selection.interest,
    );
  }

  add(feed: WatchFeed): void {
    // What has happened so far is in what the newcomer begins with.
    this.flush();
    this.#feeds.add(feed);
  }

  /** Whether nobody is left, and all is over. */
  remove(feed: WatchFeed): boolean {
    if (!this.#feeds.delete(feed) || this.#feeds.size > 0) return false;
    this.#unsubscribe();
    this.#timer?.cancel();
    return true;
  }

  flush(): void {
    const events = this.#gathered;
    if (events.length === 0) return;
    this.#gathered = [];
    for (let start = 0; start < events.length; start += MAX_JOINED) {
      const some = events.slice(start, start + MAX_JOINED);
      const frame = once(() => joined(some.map((event) => this.topic.frames.event(event))));
      for (const feed of [...this.#feeds]) feed.push(frame, some.length);
    }
  }

  #add(event: SelectedEvent): void {
    this.#gathered.push(event);
    if (this.#gathered.length >= MAX_GATHERED) this.flush();
    else if (!this.#timer && !this.#flushing) {
      this.#flushing = true;
      // What happens in the same turn goes along.
      queueMicrotask(() => this.#begin());
    }
  }

  #begin(): void {
    this.#flushing = false;
    const startMs = this.#clock.monotonicMs();
    this.flush();
    // Whoever is told writes before any timer fires.
    this.#timer = this.#clock.setTimer(0, () => this.#rest(this.#clock.monotonicMs() - startMs));
  }

  /** Until the next flush; silence ends it. */
  #rest(tookMs: number): void {
    const ms = Math.min(Math.max(GATHER_MS, REST_SHARE * tookMs), MAX_GATHER_MS);
    this.#timer = this.#clock.setTimer(ms, () => {
      this.#timer = undefined;
      if (this.#gathered.length > 0) this.#begin();
    });
  }
}

/** Bytes, so that they are made once for all connections. */
function joined(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  if (typeof first === 'string') return Buffer.from(frames.join(''));
  return frames.length === 1 ? (first as Buffer) : Buffer.concat(frames as readonly Buffer[]);
}

function once(make: Pending): Pending {
  let made: Frame | undefined;
  return () => (made ??= make());
}
