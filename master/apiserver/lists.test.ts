import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configMap, failure, NS } from './manifests.fixture.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const create = (object: object, plural = 'configmaps') => server.send(`POST ${NS}/${plural}`, { body: object });

describe('lists', () => {
  const names = (reply: { json: { items: { metadata: { name: string } }[] } }) =>
    reply.json.items.map(({ metadata }) => metadata.name);
  const page = (query: string) => server.send(`GET ${NS}/configmaps?labelSelector=paged&${query}`);

  test('in pages show one moment, whatever happens between them', async () => {
    for (const name of ['p1', 'p2', 'p3', 'p4', 'p5']) await create(configMap(name, {}, { paged: '' }));
    const first = await page('limit=2');
    expect(names(first)).toEqual(['p1', 'p2']);
    await server.send(`DELETE ${NS}/configmaps/p3`);
    await create(configMap('p6', {}, { paged: '' }));
    const second = await page(`limit=2&continue=${first.json.metadata.continue}`);
    expect(names(second)).toEqual(['p3', 'p4']);
    const third = await page(`limit=2&continue=${second.json.metadata.continue}`);
    expect(names(third)).toEqual(['p5']);
    expect(third.json.metadata.continue).toBeUndefined();
    expect(third.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion);
    expect(names(await page(''))).toEqual(['p1', 'p2', 'p4', 'p5', 'p6']);
    const exact = await page(`resourceVersion=${first.json.metadata.resourceVersion}&resourceVersionMatch=Exact`);
    expect(names(exact)).toEqual(['p1', 'p2', 'p3', 'p4', 'p5']);
  });

  test('say how many items remain when nothing selects', async () => {
    const all = names(await server.send(`GET ${NS}/configmaps`)).length;
    const first = await server.send(`GET ${NS}/configmaps?limit=1`);
    expect(first.json.metadata.remainingItemCount).toBe(all - 1);
    const next = await server.send(`GET ${NS}/configmaps?limit=1&continue=${first.json.metadata.continue}`);
    expect(next.json.metadata.remainingItemCount).toBe(all - 2);
  });

  test('whose history is gone are refused, with a way to carry on', async () => {
    const first = await page('limit=2');
    await create(configMap('later'));
    await server.store.compact(await server.store.revision());
    const refused = await page(`limit=2&continue=${first.json.metadata.continue}`);
    expect(refused.json).toEqual(failure(410, 'Expired', /too old/));
    const rescued = await page(`limit=9&continue=${refused.json.metadata.continue}`);
    expect(names(rescued)).toEqual(['p4', 'p5', 'p6']);
  });

  test.each([
    ['resourceVersionMatch=Exact', 422, /it needs a resourceVersion/],
    ['resourceVersion=0&resourceVersionMatch=Exact', 422, /no meaning for resourceVersion "0"/],
    ['resourceVersion=1&resourceVersionMatch=About', 422, /Unsupported value: "About"/],
    ['resourceVersion=abc', 422, /resourceVersion: Invalid value/],
    ['resourceVersion=99999999', 504, /Too large resource version: 99999999/],
    ['continue=nonsense', 400, /continue key is not valid/],
  ])('%s is refused', async (query, code, message) => {
    expect((await page(query)).json).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('as Tables and as metadata alone', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const table = await server.send(`GET ${NS}/configmaps?labelSelector=paged`, { headers: { accept } });
    expect(table.json).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(table.json.columnDefinitions[0].name).toBe('Name');
    expect(table.json.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'p1' } });
    const partial = await server.send(`GET ${NS}/configmaps?labelSelector=paged`, {
      headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    });
    expect(partial.json).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: expect.arrayContaining([expect.objectContaining({ kind: 'PartialObjectMetadata' })]),
    });
    expect(partial.json.items[0].data).toBeUndefined();
  });

  test('that are large are compressed for who asks', async () => {
    await create(configMap('large', { a: 'x'.repeat(200_000) }));
    const zipped = await server.send(`GET ${NS}/configmaps`, { headers: { 'accept-encoding': 'gzip' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    const plain = await server.send(`GET ${NS}/configmaps`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.json).toEqual(zipped.json);
  });
});
