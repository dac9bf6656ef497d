import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configMap, failure, NS } from './manifests.fixture.ts';
import { startTestServer, type TestServer, WatchReader } from './server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const create = (object: object, plural = 'configmaps') => server.send(`POST ${NS}/${plural}`, { body: object });

describe('watches', () => {
  const watch = async (query: string, headers?: Record<string, string>) =>
    new WatchReader(await server.open(`${NS}/configmaps?watch=true&${query}`, headers));

  test('tell what is there, then what changes, within a selection', async () => {
    await create(configMap('w1', {}, { w: 'in' }));
    const reader = await watch('labelSelector=w=in');
    expect(await reader.next()).toBe('ADDED w1');
    await create(configMap('w2', {}, { w: 'out' }));
    await create(configMap('w3', {}, { w: 'in' }));
    expect(await reader.next()).toBe('ADDED w3');
    const label = (name: string, w: string) =>
      server.send(`PATCH ${NS}/configmaps/${name}`, {
        body: { metadata: { labels: { w } } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    await label('w3', 'out');
    expect(await reader.next()).toBe('DELETED w3');
    await label('w2', 'in');
    expect(await reader.next()).toBe('ADDED w2');
    await server.send(`DELETE ${NS}/configmaps/w2`);
    const deleted = await reader.nextEvent();
    expect(deleted).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'w2' } } });
    expect(Number(deleted.object.metadata.resourceVersion)).toBe(await server.store.revision());
    reader.close();
  });

  test('go on from a revision', async () => {
    const { resourceVersion } = (await create(configMap('r1'))).json.metadata;
    await create(configMap('r2'));
    const reader = await watch(`resourceVersion=${resourceVersion}`);
    expect(await reader.next()).toBe('ADDED r2');
    await create(configMap('r3'));
    expect(await reader.next()).toBe('ADDED r3');
    reader.close();
  });

  test('start with the state and mark its end when a streaming list is asked for', async () => {
    await create(configMap('s1', {}, { s: '' }));
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=s';
    const reader = await watch(query);
    expect(await reader.next()).toBe('ADDED s1');
    const mark = await reader.nextEvent();
    expect(mark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    reader.close();
    const refused = await server.send(`GET ${NS}/configmaps?watch=true&sendInitialEvents=true`);
    expect(refused.json).toEqual(failure(422, 'Invalid', /it needs resourceVersionMatch=NotOlderThan/));
  });

  test('end after their time', async () => {
    const reader = await watch(`timeoutSeconds=1&resourceVersion=${await server.store.revision()}`);
    expect(await reader.next()).toBe('END');
  });

  test('say at the end of their time how far they have come', async () => {
    const revision = await server.store.revision();
    const reader = await watch(`timeoutSeconds=1&allowWatchBookmarks=true&labelSelector=b&resourceVersion=${revision}`);
    const { resourceVersion } = (await create(configMap('b1'))).json.metadata;
    expect(await reader.nextEvent()).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { resourceVersion } },
    });
    expect(await reader.next()).toBe('END');
    const quiet = await watch(`timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`);
    expect(await quiet.next()).toBe('END');
  });

  test('as Tables say their columns once', async () => {
    const reader = await watch('labelSelector=t', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    await create(configMap('t1', {}, { t: '' }));
    await create(configMap('t2', {}, { t: '' }));
    const [first, second] = [await reader.nextEvent(), await reader.nextEvent()];
    expect(first.object.columnDefinitions.length).toBeGreaterThan(0);
    expect(second.object.columnDefinitions).toBeUndefined();
    expect([first, second].map((event) => event.object.rows[0].cells[0])).toEqual(['t1', 't2']);
    reader.close();
  });
});
