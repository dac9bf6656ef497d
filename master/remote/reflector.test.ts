import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodes } from '../../api/core/node.ts';
import { ApiError } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { WatchLine } from '../../client/watching.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../platform/rng.ts';
import { Reflector } from './reflector.ts';
import type { RemoteCall } from './remote-api.ts';

const node = (name: string, version: string): ApiObject => ({ metadata: { name, resourceVersion: version } });
const list = (version: string, names: string[], next?: string) => ({
  metadata: { resourceVersion: version, continue: next },
  items: names.map((name) => node(name, version)),
});
const line = (type: WatchLine['type'], name: string, version: string): WatchLine => ({
  type,
  object: node(name, version),
});
const failure = (code: number, reason: string) => new ApiError(code, reason, reason);

type Answer = object | Error;
/** What a watch tells; `open`: it goes on until it is ended. */
type Watched = (WatchLine | Error | 'open')[];

/** A server that answers by a script, and throws at what is not in it. Notes what it was asked. */
class ScriptedApi {
  readonly asked: string[] = [];
  lists: Answer[] = [];
  watches: Watched[] = [];

  async call<T>(method: string, path: string, { query = {} }: RemoteCall = {}): Promise<T> {
    this.asked.push(`${method} ${path} ${query.limit ?? '-'} ${query.continue ?? '-'}`);
    const answer = this.lists.shift();
    if (!answer) throw new Error('no list is left in the script');
    if (answer instanceof Error) throw answer;
    return answer as T;
  }

  async *watch(_path: string, { query = {}, signal }: RemoteCall): AsyncGenerator<WatchLine> {
    this.asked.push(`watch ${query.resourceVersion} ${query.allowWatchBookmarks}`);
    for (const next of this.watches.shift() ?? ['open' as const]) {
      if (next instanceof Error) throw next;
      if (next === 'open') {
        if (!signal?.aborted)
          await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
        return;
      }
      yield next;
    }
  }
}

let api: ScriptedApi;
let clock: ManualClock;
let told: string[];
let stopping: AbortController;
let running: Promise<void>;
/** Resolves with the first list. */
let listed: Promise<void>;
beforeEach(() => {
  api = new ScriptedApi();
  clock = new ManualClock();
  told = [];
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await running;
});

function start(optional = false): Reflector {
  const mirror = {
    replace: (objects: readonly ApiObject[], version: string) =>
      told.push(`all ${objects.map(({ metadata }) => metadata?.name).join(',')} at ${version}`),
    put: ({ metadata }: ApiObject) => told.push(`put ${metadata?.name}`),
    remove: ({ metadata }: ApiObject) => told.push(`remove ${metadata?.name}`),
  };
  const ground = { clock, rng: seededRng(1), log: silentLogger };
  const reflector = new Reflector({ resource: nodes, optional, mirror, api, ...ground });
  listed = reflector.refresh();
  running = reflector.run(stopping.signal);
  return reflector;
}

const PATH = 'GET /api/v1/nodes';

test('lists page by page, then watches from that version', async () => {
  api.lists = [list('7', ['a', 'b'], 'more'), list('7', ['c'])];
  api.watches = [[line('ADDED', 'd', '8'), line('DELETED', 'a', '9'), 'open']];
  start();
  await clock.advance(0);
  await listed;
  expect(api.asked).toEqual([`${PATH} 500 -`, `${PATH} 500 more`, 'watch 7 true']);
  expect(told).toEqual(['all a,b,c at 7', 'put d', 'remove a']);
});

test('a watch that ends goes on from its last version, bookmarks included', async () => {
  api.lists = [list('7', ['a'])];
  api.watches = [[line('MODIFIED', 'a', '8'), line('BOOKMARK', '', '20')], ['open']];
  start();
  await clock.advance(0);
  expect(api.asked).toEqual([`${PATH} 500 -`, 'watch 7 true', 'watch 20 true']);
  expect(told).toEqual(['all a at 7', 'put a']);
});

test('what the server has forgotten is listed again', async () => {
  api.lists = [list('7', ['a']), list('90', ['b'])];
  api.watches = [[failure(410, 'Expired')], ['open']];
  start();
  await clock.advance(0);
  expect(told).toEqual(['all a at 7', 'all b at 90']);
  expect(api.asked.at(-1)).toBe('watch 90 true');
});

test('pages that outlive their version are asked for in one', async () => {
  api.lists = [list('7', ['a'], 'more'), failure(410, 'Expired'), list('9', ['a', 'b'])];
  start();
  await clock.advance(0);
  expect(api.asked.slice(0, 3)).toEqual([`${PATH} 500 -`, `${PATH} 500 more`, `${PATH} - -`]);
  expect(told).toEqual(['all a,b at 9']);
});

test('a server that cannot be reached is asked less and less often, without losing the place', async () => {
  api.lists = [list('7', ['a'])];
  api.watches = [...Array.from({ length: 4 }, () => [failure(503, 'ServiceUnavailable')]), ['open']];
  start();
  await clock.advance(0);
  expect(api.asked.length).toBe(2);
  await clock.advance(800);
  expect(api.asked.length).toBe(3);
  await clock.advance(800);
  expect(api.asked.length).toBe(3);
  await clock.advance(20_000);
  expect(api.asked.slice(1)).toEqual(Array.from({ length: 5 }, () => 'watch 7 true'));
  expect(told).toEqual(['all a at 7']);
});

test('a watch that ends at once and says nothing does not become a storm', async () => {
  api.lists = [list('7', [])];
  api.watches = Array.from({ length: 50 }, () => []);
  start();
  await clock.advance(5_000);
  expect(api.asked.length).toBeLessThan(10);
});

test.each([
  [404, 'NotFound'],
  [403, 'Forbidden'],
])('a kind that the server lacks (%i) has no objects, until it is installed', async (code, reason) => {
  api.lists = [failure(code, reason), list('7', ['a'])];
  start(true);
  await clock.advance(0);
  await listed;
  expect(told).toEqual(['all  at ']);
  await clock.advance(300_000);
  expect(told).toEqual(['all  at ', 'all a at 7']);
});

test('a kind that every server has is asked for until it may be read', async () => {
  api.lists = [failure(403, 'Forbidden'), list('7', ['a'])];
  start();
  await clock.advance(0);
  expect(told).toEqual([]);
  await clock.advance(1_000);
  expect(told).toEqual(['all a at 7']);
});

test('a refresh is over when what was there at its time is told', async () => {
  api.lists = [list('7', ['a']), list('8', ['a', 'b'])];
  const reflector = start();
  await clock.advance(0);
  const again = reflector.refresh();
  await clock.advance(0);
  await again;
  expect(told).toEqual(['all a at 7', 'all a,b at 8']);
  expect(api.asked.at(-1)).toBe('watch 8 true');
});

test('a refresh ends when the reflector does', async () => {
  api.lists = Array.from({ length: 5 }, () => failure(503, 'ServiceUnavailable'));
  start();
  stopping.abort();
  await listed;
  expect(told).toEqual([]);
});
