import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Rng, seededRng } from '../../platform/rng.ts';
import type { Target } from '../fuzz/attack.ts';
import { pick } from '../fuzz/dice.ts';
import { masterProcess } from '../fuzz/target.ts';
import type { RawApi } from '../raw-api.ts';
import { follow, revisionOf, type State, type WatchedEvent, type WatchedObject, WatchStream } from '../watch-stream.ts';

/** Histories that chance makes, and what watches tell of them. */

let target: Target;
let api: RawApi;
beforeAll(async () => {
  target = await masterProcess('--controllers', 'none', '--no-scheduler');
  api = target.api;
});
afterAll(() => target?.stop());

const MAPS = '/api/v1/namespaces/default/configmaps';
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const SELECTIONS = [
  '',
  'labelSelector=color%3Dred',
  'labelSelector=color!%3Dred',
  'labelSelector=color+in+(red,blue),!size',
  'labelSelector=size',
  'fieldSelector=metadata.name%3Da',
  'fieldSelector=metadata.name!%3Da',
  'fieldSelector=metadata.name%3Db&labelSelector=color',
];
const WATCH_SECONDS = 1;

/** The collection of one history: its name keeps the histories apart. */
const inHistory = (history: number, selection: string): string => {
  const own = `history%3D${history}`;
  const [label] = /labelSelector=[^&]*/.exec(selection) ?? [];
  return label ? selection.replace(label, `${label},${own}`) : `${selection}${selection && '&'}labelSelector=${own}`;
};

/** One write at random: it may make, change, change back, or remove, and it may fail. */
async function happen(rng: Rng, history: number): Promise<void> {
  const name = pick(rng, NAMES);
  const labels: Record<string, string> = { history: String(history) };
  if (rng.int(4) > 0) labels.color = pick(rng, ['red', 'blue', 'green']);
  if (rng.int(2) === 0) labels.size = 'xl';
  const body = { metadata: { name, labels }, data: { n: String(rng.int(3)) } };
  if (rng.int(3) === 0) await api.send('DELETE', `${MAPS}/${name}`);
  else if ((await api.post(MAPS, body)).code === 409) await api.put(`${MAPS}/${name}`, body);
}

interface List {
  readonly revision: number;
  readonly state: State;
}

async function list(query: string): Promise<List> {
  const answer = await api.get(`${MAPS}?${query}`);
  expect(answer.code, answer.text).toBe(200);
  const { metadata, items } = answer.json<{ metadata: { resourceVersion: string }; items: WatchedObject[] }>();
  return {
    revision: Number(metadata.resourceVersion),
    state: new Map(items.map((item) => [item.metadata.name!, revisionOf(item)])),
  };
}

/** Follows events from a state; bookmarks never run ahead of what is told, nor back. */
function followAll(state: State, events: readonly WatchedEvent[]): void {
  let bookmarked = 0;
  let told = 0;
  for (const event of events) {
    expect(follow(state, event)).toBeUndefined();
    const revision = revisionOf(event.object);
    if (event.type === 'BOOKMARK') bookmarked = revision;
    else expect(revision).toBeGreaterThan(bookmarked);
    expect(revision).toBeGreaterThanOrEqual(told);
    told = revision;
  }
}

/** An object that leaves a selection is shown at the revision of what took it out of it. */
const entries = (state: State) => [...state].sort(([a], [b]) => (a < b ? -1 : 1));

test.each([1, 2, 3])(
  'a watch turns the list at its revision into the list at the end (history %i)',
  async (history) => {
    const rng = seededRng(history);
    const revisions: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      await happen(rng, history);
      revisions.push((await list('limit=1')).revision);
    }
    const watches = await Promise.all(
      SELECTIONS.flatMap((selection) =>
        [0, 1].map(async () => {
          const query = inHistory(history, selection);
          const from = pick(rng, revisions);
          const { state } = await list(`${query}&resourceVersion=${from}&resourceVersionMatch=Exact`);
          const flags = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}`;
          const watch = new WatchStream(api, `${MAPS}?${query}&${flags}&resourceVersion=${from}`);
          expect(await watch.begun).toBe(200);
          return { query, state, watch };
        }),
      ),
    );
    // Some of it has happened before the watches began, the rest while they are there.
    for (let i = 0; i < 12; i += 1) await happen(rng, history);
    for (const { query, state, watch } of watches) {
      const lasted = await watch.ended;
      expect(lasted).toBeGreaterThan(WATCH_SECONDS * 1_000 - 100);
      expect(lasted).toBeLessThan(WATCH_SECONDS * 1_000 + 4_000);
      const end = await list(query);
      followAll(state, watch.events);
      expect(entries(state), query).toEqual(entries(end.state));
    }
    for (const name of NAMES) await api.send('DELETE', `${MAPS}/${name}`);
  },
  30_000,
);

test('a streamed list is the list, and says where it ends, once', async () => {
  const [history, rng] = [9, seededRng(9)];
  for (let i = 0; i < 15; i += 1) await happen(rng, history);
  for (const selection of SELECTIONS) {
    const query = inHistory(history, selection);
    const flags = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = new WatchStream(api, `${MAPS}?${query}&${flags}&timeoutSeconds=${WATCH_SECONDS}`);
    const { state, revision } = await list(query);
    await watch.reaches(revision);
    watch.close();
    const marks = watch.events.filter(
      ({ object }) => object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true',
    );
    expect(marks.map(({ type }) => type)).toEqual(['BOOKMARK']);
    const initial = watch.events.slice(0, watch.events.indexOf(marks[0]!));
    expect(initial.every(({ type }) => type === 'ADDED')).toBe(true);
    const told: State = new Map();
    // These come by name, whenever they were written.
    for (const event of initial) expect(follow(told, event)).toBeUndefined();
    expect(entries(told), query).toEqual(entries(state));
  }
}, 30_000);

test('whoever asks for what is forgotten is told that it is gone', async () => {
  const watch = new WatchStream(api, `${MAPS}?watch=1&resourceVersion=1`);
  await watch.ended;
  expect(watch.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
}, 30_000);
