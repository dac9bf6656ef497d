import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pods } from '../../api/core/pod.ts';
import { storeKey } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Clock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { memoryStore } from '../store/memory.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { compileSelection, type SelectedEvent, type Selection, selectChange } from './selection.ts';
import { type Following, type Topic, WatchChannels } from './watch-channel.ts';
import { type Frame, WatchFeed } from './watch-feed.ts';
import type { WatchFrames } from './watch-frames.ts';

const line = ({ type, object: { metadata } }: SelectedEvent) =>
  `${type} ${metadata?.namespace}/${metadata?.name} ${metadata?.resourceVersion}\n`;
const counted = () => {
  const made = { events: 0 };
  const frames: WatchFrames = {
    contentType: '',
    event(event) {
      made.events++;
      return line(event);
    },
    bookmark: (revision) => `BOOKMARK ${revision}\n`,
    error: () => 'ERROR\n',
  };
  return { made, frames };
};

async function cell() {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  const cache = new WatchCache({ store, resources: [pods], clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  const commit = (key: string, object: ApiObject | undefined) =>
    store.commit({
      compares: [],
      ops: [object ? { type: 'put', key, value: JSON.stringify(object) } : { type: 'delete', key }],
    });
  return { clock, cache, channels: new WatchChannels(cache, clock), commit };
}

const topic = (selection: Selection, frames: WatchFrames, sameAs?: string): Topic => ({
  served: pods,
  kept: pods,
  selection,
  frames,
  sameAs,
});

/** Reads as a client does that is always ready. */
function reader(maxPending = 1_000) {
  const chunks: Frame[] = [];
  const state = { stalled: 0 };
  const feed = new WatchFeed(
    { maxPending, maxChunkLength: 1_000 },
    [],
    () => state.stalled++,
    () => undefined,
  );
  const done = (async () => {
    for await (const chunk of feed) chunks.push(chunk);
  })().catch(() => undefined);
  return { feed, state, done, chunks, text: () => chunks.map(String).join('') };
}

const QUERIES: readonly [string, { namespace?: string; name?: string }?][] = [
  [''],
  ['', { namespace: 'a' }],
  ['', { namespace: 'a', name: 'x' }],
  ['fieldSelector=metadata.name%3Dx'],
  ['fieldSelector=metadata.name%3Dx', { namespace: 'b' }],
  ['fieldSelector=metadata.namespace%3Db'],
  ['fieldSelector=spec.nodeName%3Dn1'],
  ['fieldSelector=spec.nodeName%3Dn2,status.phase!%3DFailed', { namespace: 'a' }],
  ['fieldSelector=spec.nodeName%3D'],
  ['fieldSelector=spec.nodeName!%3Dn1'],
  ['fieldSelector=status.phase%3DFailed,spec.nodeName%3Dn1'],
  ['labelSelector=c%3Dred&fieldSelector=spec.nodeName%3Dn1'],
  ['labelSelector=c%3Dred'],
];

const pod: fc.Arbitrary<PodStep> = fc.record({
  namespace: fc.constantFrom('a', 'b'),
  name: fc.constantFrom('x', 'y'),
  nodeName: fc.constantFrom(undefined, 'n1', 'n2'),
  phase: fc.constantFrom('Running', 'Failed'),
  colour: fc.constantFrom('red', 'blue'),
});
interface PodStep {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string | undefined;
  readonly phase: string;
  readonly colour: string;
}
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), pod }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), pod }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('come' as const), query: fc.nat(QUERIES.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('go' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mark' as const), which: fc.nat(5) }) },
);

const keyOf = ({ namespace, name }: { namespace: string; name: string }) => storeKey(pods, namespace, name);
const objectOf = ({ namespace, name, nodeName, phase, colour }: PodStep) => ({
  metadata: { namespace, name, uid: `${namespace}-${name}`, labels: { c: colour } },
  ...{ spec: { nodeName }, status: { phase } },
});

describe('watches that share what they are told', () => {
  test('are told what a scan of every change would tell each, in order, and nothing from before', async () => {
    const everyWatcher = fc.array(fc.nat(QUERIES.length - 1), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(everyWatcher, fc.array(step, { maxLength: 40 }), async (first, steps) => {
        const { clock, cache, channels, commit } = await cell();
        const { frames } = counted();
        const watchers: { read: ReturnType<typeof reader>; following: Following; expected: string[]; gone(): void }[] =
          [];
        const come = (number: number) => {
          const [query, path = {}] = QUERIES[number]!;
          const selection = compileSelection(pods, path, new URLSearchParams(query));
          const read = reader();
          const expected: string[] = [];
          const following = channels.follow(topic(selection, frames, `of ${number}`), read.feed);
          const gone = cache.subscribe(pods, (change) => {
            const event = selectChange(selection, change);
            if (event) expected.push(line(event));
          });
          watchers.push({ read, following, expected, gone });
        };
        first.forEach(come);
        for (const each of steps) {
          const watcher = 'which' in each ? watchers[each.which] : undefined;
          if (each.do === 'put') await commit(keyOf(each.pod), objectOf(each.pod));
          else if (each.do === 'delete') await commit(keyOf(each.pod), undefined);
          else if (each.do === 'wait') await clock.advance(each.ms);
          else if (each.do === 'come') come(each.query);
          else if (watcher && each.do === 'mark') {
            watcher.following.bookmark(cache.revision, false);
            watcher.expected.push(`BOOKMARK ${cache.revision}\n`);
          } else if (watcher) {
            watcher.following.flush();
            watcher.following.stop();
            watcher.gone();
          }
        }
        await clock.advance(100);
        for (const { read, expected, following } of watchers) {
          following.stop();
          read.feed.end();
          await read.done;
          expect(read.text()).toBe(expected.join(''));
        }
        await cache.stop();
        await clock.advance(100);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  const all = compileSelection(pods, {}, new URLSearchParams());
  const put = (name: string) => ({ namespace: 'a', name, nodeName: 'n1', phase: 'Running', colour: 'red' });

  test('share the bytes, which are made once', async () => {
    const { clock, cache, channels, commit } = await cell();
    const { made, frames } = counted();
    const readers = Array.from({ length: 3 }, () => reader());
    for (const { feed } of readers) channels.follow(topic(all, frames, 'same'), feed);
    await commit(keyOf(put('x')), objectOf(put('x')));
    await clock.advance(0);
    expect(made.events).toBe(1);
    const [one, two, three] = readers.map(({ chunks }) => chunks);
    expect(one).toHaveLength(1);
    expect(Buffer.isBuffer(one![0])).toBe(true);
    expect(two![0]).toBe(one![0]);
    expect(three![0]).toBe(one![0]);
    await cache.stop();
  });

  test('hear of the first change at once, and of those that follow soon together', async () => {
    const { clock, cache, channels, commit } = await cell();
    const read = reader();
    channels.follow(topic(all, counted().frames, 'same'), read.feed);
    const change = async (name: string) => {
      await commit(keyOf(put(name)), objectOf(put(name)));
      await clock.advance(0);
    };
    await change('x');
    expect(read.text()).toMatch(/^ADDED a\/x \d+\n$/);
    await change('y');
    await change('z');
    expect(read.chunks).toHaveLength(1);
    await clock.advance(25);
    expect(String(read.chunks[1])).toMatch(/^ADDED a\/y \d+\nADDED a\/z \d+\n$/);
    await clock.advance(25);
    await change('x');
    expect(read.chunks).toHaveLength(3);
    await cache.stop();
  });

  test('are told less often when telling them takes long, so that others have their time', async () => {
    const { clock, cache, commit } = await cell();
    let lostMs = 0;
    const slow: Clock = {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs() + lostMs,
      setTimer: (ms, fn) => clock.setTimer(ms, fn),
    };
    const read = reader();
    const { frames } = counted();
    const event: WatchFrames['event'] = (each) => {
      lostMs += 30;
      return frames.event(each);
    };
    new WatchChannels(cache, slow).follow(topic(all, { ...frames, event }, 'same'), read.feed);
    await commit(keyOf(put('x')), objectOf(put('x')));
    await clock.advance(0);
    await commit(keyOf(put('y')), objectOf(put('y')));
    await clock.advance(12);
    expect(read.chunks).toHaveLength(1);
    await clock.advance(10);
    expect(read.chunks).toHaveLength(2);
    await cache.stop();
  });

  test('are cut each by itself when they do not read, and the others go on', async () => {
    const { clock, cache, channels, commit } = await cell();
    const quick = reader();
    const stalled = { cut: 0 };
    const slow = new WatchFeed(
      { maxPending: 5, maxChunkLength: 1_000 },
      [],
      () => stalled.cut++,
      () => undefined,
    );
    const { frames } = counted();
    for (const feed of [slow, quick.feed]) channels.follow(topic(all, frames, 'same'), feed);
    for (let i = 0; i < 7; i++) {
      await commit(keyOf(put(`p${i}`)), objectOf(put(`p${i}`)));
      await clock.advance(10);
    }
    await clock.advance(50);
    expect(stalled.cut).toBe(1);
    expect(quick.text().match(/ADDED/g)).toHaveLength(7);
    await cache.stop();
  });
});
