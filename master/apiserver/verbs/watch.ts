import { expired } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { Change } from '../../store/cache.ts';
import type { Answer } from '../answer.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { negotiate, type Representation } from '../negotiation.ts';
import { type WatchQuery, watchQuery } from '../query-options.ts';
import { compileSelection, type SelectedEvent, type Selection, selectChange } from '../selection.ts';
import { keptAs } from '../versions.ts';
import type { Following, Topic } from '../watch-channel.ts';
import { type Frame, WatchFeed } from '../watch-feed.ts';
import { type WatchFrames, watchFrames } from '../watch-frames.ts';
import { ConvertingOutlet } from '../watch-outlet.ts';
import { selectFromCache } from './list.ts';

const FEED = { maxPending: 10_000, maxChunkLength: 16 * 1024 };
/** A client that reads nothing for so long is cut, though not much may wait for it. */
const MAX_STALL_MS = 60_000;
const BOOKMARK_INTERVAL_MS = 60_000;
/** A watch without a timeout ends after a time of this length up to twice it, so that clients spread out (as in Kubernetes). */
const MIN_DURATION_MS = 30 * 60_000;

/** Changes of a kind as they happen (Kubernetes docs, "API concepts": efficient detection of changes, streaming lists). */
export async function watch(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const representation = negotiate(call, 'watch');
  const query = watchQuery(call.query);
  // The old `/watch/` paths may name one object.
  const selection = compileSelection(call.resource, call.target, call.query);
  await freshen(context, query.revision);
  const frames = watchFrames(context, call, representation);
  const begun = begin(context, call, query, selection);
  if (!begun) {
    const status = expired(`too old resource version: ${query.revision} (${context.cache.revision})`).status;
    return { type: 'stream', contentType: frames.contentType, chunks: once(frames.error(status)) };
  }
  const topic = topicOf(call, selection, frames, representation);
  const chunks = startFeed(context, call, query, topic, begun);
  return { type: 'stream', contentType: frames.contentType, chunks, maxStallMs: MAX_STALL_MS };
}

interface Begun {
  /** What there was, or what changed since the revision asked for. */
  readonly initial: Iterable<SelectedEvent>;
  /** Whether a bookmark marks the end of it. */
  readonly marked: boolean;
  /** Everything up to here is in `initial`. */
  readonly revision: number;
}

/** Undefined when the history no longer reaches back to the revision asked for. Must run in one tick with the subscription. */
function begin(context: ApiContext, call: ResourceCall, query: WatchQuery, selection: Selection): Begun | undefined {
  const { revision } = context.cache;
  const marked = query.markInitialEnd;
  if (query.start === 'state') {
    return { initial: stateEvents(selectFromCache(context, call, selection)), marked, revision };
  }
  // Without a revision, and after 0, only what happens from now on is of interest.
  if (!query.revision) return { initial: [], marked: false, revision };
  const changes = context.cache.changesSince(keptAs(call), query.revision);
  return changes && { initial: changeEvents(changes, selection), marked: false, revision };
}

function* stateEvents(objects: readonly ApiObject[]): Generator<SelectedEvent> {
  for (const object of objects) yield { type: 'ADDED', object };
}

function* changeEvents(changes: readonly Change[], selection: Selection): Generator<SelectedEvent> {
  for (const change of changes) {
    const event = selectChange(selection, change);
    if (event) yield event;
  }
}

function* initialFrames({ initial, marked, revision }: Begun, frames: WatchFrames, told: () => void): Generator<Frame> {
  for (const event of initial) yield frames.event(event);
  if (marked) yield frames.bookmark(revision, true);
  told();
}

async function* once(frame: Frame): AsyncGenerator<Frame> {
  yield frame;
}

/** Subscribes, sets the timers, and returns the feed that ends them all when its reader is done. */
function startFeed(context: ApiContext, call: ResourceCall, query: WatchQuery, topic: Topic, begun: Begun): WatchFeed {
  const releases: (() => void)[] = [];
  const release = () => {
    for (const undo of releases.splice(0)) undo();
  };
  const { namespace, name } = call.target;
  const onStalled = () => {
    context.log.warn(
      { plural: call.resource.plural, namespace, name, user: call.user.name },
      'a watch was cut: its client stalled',
    );
    release();
    call.cut();
  };
  const { stored } = call.resource;
  const convert = stored ? stored.convert : undefined;
  const leaveSeat = () => call.seat?.leave();
  if (convert) leaveSeat();
  const initial = convert ? [] : initialFrames(begun, topic.frames, leaveSeat);
  const feed = new WatchFeed({ ...FEED, turns: context.turns }, initial, onStalled, release);
  const following = convert
    ? followConverting(
        context,
        topic,
        new ConvertingOutlet(feed, topic.frames, convert, FEED.maxPending, onStalled),
        begun,
      )
    : context.watches.follow(topic, feed);
  releases.push(following.stop);
  const end = () => {
    following.flush();
    feed.end();
  };
  const { group, version, plural } = call.target;
  // A kind that has changed, or is served no more, is another one: clients begin anew.
  const onCatalogue = () => {
    if (context.catalogue.at(group, version, plural) !== call.resource) end();
  };
  releases.push(context.catalogue.onChange(onCatalogue));
  // What was passed over cannot be told; from where the client is now nobody can go on, so it lists again.
  releases.push(context.cache.onGap(() => feed.end()));
  const bookmarks = query.bookmarks ? sendBookmarks(context, following, begun.revision) : undefined;
  const atTimeout = () => {
    bookmarks?.tell();
    end();
  };
  const timeout = context.clock.setTimer(query.timeoutMs ?? MIN_DURATION_MS * (1 + context.rng.next()), atTimeout);
  releases.push(() => timeout.cancel());
  for (const signal of [call.signal, context.stopping]) releases.push(onAbort(signal, end));
  if (bookmarks) releases.push(bookmarks.stop);
  return feed;
}

/** Watches that ask for the same in the same form are told the same, except that a Table says its columns once to each. */
function topicOf(
  { resource, target, query }: ResourceCall,
  selection: Selection,
  frames: WatchFrames,
  { encoding, form }: Representation,
): Topic {
  const { group, version, plural, namespace, name } = target;
  const selectors = [query.get('labelSelector'), query.get('fieldSelector')];
  const words = [group, version, plural, namespace, name, ...selectors, encoding, form];
  const sameAs = form.as === 'table' ? undefined : JSON.stringify(words);
  return { served: resource, kept: keptAs({ resource, target }), selection, frames, sameAs };
}

/** For versions that somebody outside converts, each watch by itself. */
function followConverting(context: ApiContext, topic: Topic, outlet: ConvertingOutlet, begun: Begun): Following {
  outlet.begin(begun.initial, begun.marked ? begun.revision : undefined);
  const { kept, selection } = topic;
  const tell = (change: Change) => {
    const event = selectChange(selection, change);
    if (event) outlet.event(event);
  };
  const stop = context.cache.subscribe(kept, tell, selection.interest);
  return { bookmark: (...args) => outlet.bookmark(...args), flush() {}, stop };
}

/** Calls `fn` when the signal aborts, or at once if it has. Returns what undoes it. */
function onAbort(signal: AbortSignal, fn: () => void): () => void {
  if (signal.aborted) fn();
  signal.addEventListener('abort', fn, { once: true });
  return () => signal.removeEventListener('abort', fn);
}

/**
 * Tells the client now and then how far it has come, when it has come further; `tell` does so at once. Its watch shall end with it, as
 * in Kubernetes, so that the next one begins at what was last, however rarely the objects it follows change.
 */
function sendBookmarks(context: ApiContext, following: Following, from: number): { tell(): void; stop(): void } {
  let last = from;
  const tell = () => {
    const { revision } = context.cache;
    if (revision > last) following.bookmark(revision, false);
    last = revision;
  };
  const tick = () => {
    tell();
    timer = context.clock.setTimer(BOOKMARK_INTERVAL_MS, tick);
  };
  let timer = context.clock.setTimer(BOOKMARK_INTERVAL_MS, tick);
  return { tell, stop: () => timer.cancel() };
}
