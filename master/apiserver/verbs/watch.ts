import { expired } from '../../../api/meta/errors.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { Change } from '../../store/cache.ts';
import { type Answer, JSON_TYPE } from '../answer.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';
import { negotiate } from '../negotiation.ts';
import { type WatchQuery, watchQuery } from '../query-options.ts';
import { compileSelection, type Selection, selectChange } from '../selection.ts';
import { WatchFeed } from '../watch-feed.ts';
import { errorFrame, type WatchFrames, watchFrames } from '../watch-frames.ts';
import { selectFromCache } from './list.ts';

const FEED = { maxPending: 10_000, maxChunkLength: 64 * 1024 };
const BOOKMARK_INTERVAL_MS = 60_000;
/** A watch without a timeout ends after a time of this length up to twice it, so that clients spread out (as in Kubernetes). */
const MIN_DURATION_MS = 30 * 60_000;

/** Changes of a kind as they happen (Kubernetes docs, "API concepts": efficient detection of changes, streaming lists). */
export async function watch(context: ApiContext, call: ResourceCall): Promise<Answer> {
  const representation = negotiate(call.headers.accept, 'watch');
  const query = watchQuery(call.query);
  const selection = selectionOf(call);
  await freshen(context, query.revision);
  const frames = watchFrames(context, call, representation);
  const begun = begin(context, call, query, selection, frames);
  if (!begun) {
    const status = expired(`too old resource version: ${query.revision} (${context.cache.revision})`).status;
    return { type: 'stream', contentType: JSON_TYPE, chunks: once(errorFrame(status)) };
  }
  return { type: 'stream', contentType: JSON_TYPE, chunks: startFeed(context, call, query, selection, frames, begun) };
}

/** The old `/watch/` paths may name one object. */
function selectionOf(call: ResourceCall): Selection {
  const { name, namespace } = call.target;
  const selection = compileSelection(call.resource, namespace, call.query);
  if (name === undefined) return selection;
  const matches = (object: ApiObject) => object.metadata?.name === name && selection.matches(object);
  return { ...selection, name, selective: true, matches };
}

interface Begun {
  /** Frames for what there was, or for what changed since the revision asked for. */
  readonly initial: Iterable<string>;
  /** Everything up to here is in `initial`. */
  readonly revision: number;
}

/** Undefined when the history no longer reaches back to the revision asked for. Must run in one tick with the subscription. */
function begin(
  context: ApiContext,
  call: ResourceCall,
  query: WatchQuery,
  selection: Selection,
  frames: WatchFrames,
): Begun | undefined {
  const { revision } = context.cache;
  if (query.start === 'state') {
    const objects = selectFromCache(context, call, selection);
    return { initial: stateFrames(objects, frames, query.markInitialEnd ? revision : undefined), revision };
  }
  // Without a revision, and after 0, only what happens from now on is of interest.
  if (!query.revision) return { initial: [], revision };
  const changes = context.cache.changesSince(call.resource, query.revision);
  return changes && { initial: changeFrames(changes, selection, frames), revision };
}

function* stateFrames(objects: readonly ApiObject[], frames: WatchFrames, endRevision: number | undefined) {
  for (const object of objects) yield frames.event({ type: 'ADDED', object });
  if (endRevision !== undefined) yield frames.bookmark(endRevision, true);
}

function* changeFrames(changes: readonly Change[], selection: Selection, frames: WatchFrames) {
  for (const change of changes) {
    const event = selectChange(selection, change);
    if (event) yield frames.event(event);
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

/** Subscribes, sets the timers, and returns the feed that ends them all when its reader is done. */
function startFeed(
  context: ApiContext,
  call: ResourceCall,
  query: WatchQuery,
  selection: Selection,
  frames: WatchFrames,
  begun: Begun,
): WatchFeed {
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
  const feed = new WatchFeed(FEED, begun.initial, onStalled, release);
  releases.push(
    context.cache.subscribe(call.resource, (change) => {
      const event = selectChange(selection, change);
      if (event) feed.push(() => frames.event(event));
    }),
  );
  const end = () => feed.end();
  const timeout = context.clock.setTimer(query.timeoutMs ?? MIN_DURATION_MS * (1 + context.rng.next()), end);
  releases.push(() => timeout.cancel());
  for (const signal of [call.signal, context.stopping]) releases.push(onAbort(signal, end));
  if (query.bookmarks) releases.push(sendBookmarks(context, feed, frames, begun.revision));
  return feed;
}

/** Calls `fn` when the signal aborts, or at once if it has. Returns what undoes it. */
function onAbort(signal: AbortSignal, fn: () => void): () => void {
  if (signal.aborted) fn();
  signal.addEventListener('abort', fn, { once: true });
  return () => signal.removeEventListener('abort', fn);
}

/** Tells the client now and then how far it has come, when it has come further. Returns what ends it. */
function sendBookmarks(context: ApiContext, feed: WatchFeed, frames: WatchFrames, from: number): () => void {
  let last = from;
  const tick = () => {
    const { revision } = context.cache;
    if (revision > last) feed.push(() => frames.bookmark(revision, false));
    last = revision;
    timer = context.clock.setTimer(BOOKMARK_INTERVAL_MS, tick);
  };
  let timer = context.clock.setTimer(BOOKMARK_INTERVAL_MS, tick);
  return () => timer.cancel();
}
