import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';
import type { Target } from '../fuzz/attack.ts';
import { masterProcess } from '../fuzz/target.ts';
import type { RawAnswer, RawApi } from '../raw-api.ts';
import { follow, revisionOf, type State, type WatchedObject, WatchStream } from '../watch-stream.ts';

/** Many who write at once, over HTTPS, to a master that runs as it does in a cell. */

interface Counters extends WatchedObject {
  readonly data: Readonly<Record<string, string>>;
}

const MAPS = '/api/v1/namespaces/default/configmaps';
const CLIENTS = 5;
const ROUNDS = 8;
/** Of objects that come and go. */
const NAMES = 30;
/** A fault of this test shall not try for ever. */
const MAX_TRIES = 1_000;

/** Until it is acknowledged; whoever lost a race (409), or tested what is no more (422), reads again. Resolves with the revision. */
async function insist(attempt: () => Promise<RawAnswer>): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const answer = await attempt();
    if (answer.code === 200) return revisionOf(answer.json<WatchedObject>());
    if (answer.code !== 409 && answer.code !== 422) throw new Error(`${answer.code}: ${answer.text}`);
  }
  throw new Error('nobody ever lets this one write');
}

const read = async (api: RawApi): Promise<Counters> => (await api.get(`${MAPS}/counters`)).json<Counters>();

/** Ways to add one to a counter, which is there and a number. Each resolves with the revision of its write. */
const WAYS: Readonly<Record<string, (api: RawApi, client: number, round: number) => Promise<number>>> = {
  put: (api) =>
    insist(async () => {
      const found = await read(api);
      return api.put(`${MAPS}/counters`, {
        ...found,
        data: { ...found.data, put: String(Number(found.data.put) + 1) },
      });
    }),
  jsonPatch: (api) =>
    insist(async () => {
      const value = (await read(api)).data.jsonPatch!;
      return api.patch(`${MAPS}/counters`, 'application/json-patch+json', [
        { op: 'test', path: '/data/jsonPatch', value },
        { op: 'replace', path: '/data/jsonPatch', value: String(Number(value) + 1) },
      ]);
    }),
  // Only fields of its own, which nobody else touches: there is nothing to lose.
  apply: (api, client, round) =>
    insist(() =>
      api.patch(`${MAPS}/counters?fieldManager=client-${client}`, 'application/apply-patch+yaml', {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { [`client-${client}`]: String(round + 1) } },
      }),
    ),
  mergePatch: (api, client, round) =>
    insist(() =>
      api.patch(`${MAPS}/counters`, 'application/merge-patch+json', {
        data: { [`merge-${client}`]: String(round + 1) },
      }),
    ),
};

describe.each(['sqlite', 'etcd'])('on %s', (store) => {
  let etcd: TestEtcd | undefined;
  let target: Target;
  beforeAll(async () => {
    if (store === 'etcd') etcd = await startEtcd();
    const args = etcd ? ['--store', 'etcd', '--etcd-endpoints', etcd.endpoints.join()] : [];
    target = await masterProcess(...args, '--controllers', 'none', '--no-scheduler');
  });
  afterAll(async () => {
    await target?.stop();
    await etcd?.stop();
  });

  test('no update that was acknowledged is lost, and a watch tells each once, in order', async () => {
    const { api } = target;
    const data = { put: '0', jsonPatch: '0' };
    const made = (await api.post(MAPS, { metadata: { name: 'counters' }, data })).json<Counters>();
    const from = made.metadata.resourceVersion;
    const watch = new WatchStream(
      api,
      `${MAPS}?watch=1&fieldSelector=metadata.name%3Dcounters&resourceVersion=${from}`,
    );
    const acknowledged: number[] = [];
    const clients = Object.values(WAYS).flatMap((way) =>
      Array.from({ length: CLIENTS }, async (_, client) => {
        for (let round = 0; round < ROUNDS; round += 1) acknowledged.push(await way(api, client, round));
      }),
    );
    await Promise.all(clients);
    const found = await read(api);
    const total = String(CLIENTS * ROUNDS);
    const own = Array.from({ length: CLIENTS }, (_, client) => [
      [`client-${client}`, String(ROUNDS)],
      [`merge-${client}`, String(ROUNDS)],
    ]);
    expect(found.data).toEqual({ put: total, jsonPatch: total, ...Object.fromEntries(own.flat()) });
    await watch.reaches(revisionOf(found));
    watch.close();
    const told = watch.events.map(({ object }) => revisionOf(object));
    expect(told).toEqual([...acknowledged].sort((a, b) => a - b));
    expect(new Set(told).size).toBe(told.length);
  }, 60_000);

  test('pages of a list are one state, the one at their revision, whatever is written meanwhile', async () => {
    const { api } = target;
    const rng = seededRng(7);
    const at = `${MAPS}?labelSelector=churn`;
    const from = (await api.get(at)).json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion;
    for (let i = 0; i < NAMES; i += 1) await write(api, `churn-${i}`, 0);
    const watch = new WatchStream(api, `${at}&watch=1&resourceVersion=${from}`);
    await watch.begun;
    let done = false;
    const churn = async () => {
      while (!done) await write(api, `churn-${rng.int(NAMES)}`, rng.int(3));
    };
    const writers = [churn(), churn(), churn()];
    const lists: Pages[] = [];
    while (lists.length < 12) lists.push(await readPages(api, `${at}&limit=${1 + rng.int(6)}`));
    done = true;
    await Promise.all(writers);
    const last = await api.post(MAPS, { metadata: { name: 'churn-last', labels: { churn: '' } } });
    await watch.reaches(revisionOf(last.json()));
    watch.close();
    for (const { revision, items } of lists) expect(items).toEqual([...stateAt(watch, revision)].sort());
    expect(Math.max(...lists.map(({ pages }) => pages))).toBeGreaterThan(2);
  }, 60_000);
});

async function write(api: RawApi, name: string, what: number): Promise<void> {
  const object = { metadata: { name, labels: { churn: '' } } };
  if (what === 0) await api.post(MAPS, object);
  else if (what === 1) await api.put(`${MAPS}/${name}`, { ...object, data: { at: String(performance.now()) } });
  else await api.send('DELETE', `${MAPS}/${name}`);
}

interface Pages {
  readonly revision: number;
  readonly pages: number;
  /** Name and revision of each, by name. */
  readonly items: readonly (readonly [string, number])[];
}

async function readPages(api: RawApi, path: string): Promise<Pages> {
  const items: [string, number][] = [];
  const revisions: string[] = [];
  let token = '';
  do {
    const answer = await api.get(`${path}&continue=${token}`);
    expect(answer.code, answer.text).toBe(200);
    const page = answer.json<{ metadata: { resourceVersion: string; continue?: string }; items: WatchedObject[] }>();
    items.push(...page.items.map((item): [string, number] => [item.metadata.name!, revisionOf(item)]));
    revisions.push(page.metadata.resourceVersion);
    token = page.metadata.continue ?? '';
    if (items.length > 100) throw new Error('the list does not end');
  } while (token);
  expect(new Set(revisions).size).toBe(1);
  return { revision: Number(revisions[0]), pages: revisions.length, items: [...items].sort() };
}

function stateAt({ events }: WatchStream, revision: number): State {
  const state: State = new Map();
  for (const event of events) {
    if (revisionOf(event.object) > revision) break;
    expect(follow(state, event)).toBeUndefined();
  }
  return state;
}
