import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer, WatchReader } from './server.fixture.ts';

/** One resource in two versions that the house has: events of the core group and of events.k8s.io. */
const CORE = '/api/v1/namespaces/default/events';
const NEW = '/apis/events.k8s.io/v1/namespaces/default/events';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  await server.stop();
});

const event = (name: string) => ({
  metadata: { name },
  eventTime: '2026-01-01T00:00:00.000001Z',
  reason: 'Started',
  action: 'Starting',
  type: 'Normal',
  note: 'It runs.',
  regarding: { kind: 'Pod', name: 'web', namespace: 'default' },
  reportingController: 'example.com/starter',
  reportingInstance: 'starter-1',
});

test('what is made in one version is read, listed, changed and deleted in the other', async () => {
  const made = await server.send(`POST ${NEW}`, { body: event('a') });
  expect(made.code, made.text).toBe(201);
  expect(made.json).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'It runs.', regarding: { name: 'web' } });
  const core = await server.send(`GET ${CORE}/a`);
  expect(core.json).toMatchObject({ apiVersion: 'v1', message: 'It runs.', involvedObject: { name: 'web' } });
  const list = await server.send(`GET ${NEW}?limit=1`);
  expect(list.json).toMatchObject({ kind: 'EventList', apiVersion: 'events.k8s.io/v1', items: [{ note: 'It runs.' }] });
  const patched = await server.send(`PATCH ${NEW}/a`, {
    body: { metadata: { labels: { seen: 'yes' } } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(patched.json).toMatchObject({ apiVersion: 'events.k8s.io/v1', metadata: { labels: { seen: 'yes' } } });
  const put = await server.send(`PUT ${CORE}/a`, { body: { ...core.json, metadata: { name: 'a' }, count: 2 } });
  expect(put.json, put.text).toMatchObject({ apiVersion: 'v1', count: 2 });
  expect((await server.send(`DELETE ${NEW}/a`)).code).toBe(200);
  expect((await server.send(`GET ${CORE}/a`)).code).toBe(404);
});

test('watches of both versions tell of the same objects, each in its form', async () => {
  const readers = await Promise.all(
    [CORE, NEW].map(async (path) => new WatchReader(await server.open(`${path}?watch=true&resourceVersion=0`))),
  );
  await server.send(`POST ${NEW}`, { body: event('a') });
  const [core, later] = await Promise.all(readers.map((reader) => reader.nextEvent()));
  expect(core).toMatchObject({ type: 'ADDED', object: { apiVersion: 'v1', message: 'It runs.' } });
  expect(later).toMatchObject({ type: 'ADDED', object: { apiVersion: 'events.k8s.io/v1', note: 'It runs.' } });
  for (const reader of readers) reader.close();
});

test("whoever speaks a version keeps its rules, but bears with what another's made", async () => {
  const { reportingController: _, ...less } = event('b');
  const [merge, apply] = ['application/merge-patch+json', 'application/apply-patch+yaml'];
  const lacking = /reportingController: Required value/;
  const refused = await server.send(`POST ${NEW}`, { body: less });
  expect([refused.code, refused.json.message]).toEqual([422, expect.stringMatching(lacking)]);
  const applied = await server.send(`PATCH ${NEW}/b?fieldManager=a`, {
    body: { apiVersion: 'events.k8s.io/v1', kind: 'Event', ...less },
    headers: { 'content-type': apply },
  });
  expect([applied.code, applied.json.message]).toEqual([422, expect.stringMatching(lacking)]);
  const core = { metadata: { name: 'b' }, involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' } };
  expect((await server.send(`POST ${CORE}`, { body: core })).code).toBe(201);
  const patch = (body: object) => server.send(`PATCH ${NEW}/b`, { body, headers: { 'content-type': merge } });
  expect((await patch({ note: 'Still.' })).json).toMatchObject({ note: 'Still.' });
  expect((await patch({ regarding: { namespace: 'elsewhere' } })).code).toBe(422);
});
