import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configMap, failure, NS, pod } from './manifests.fixture.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
afterAll(() => server.stop());

const create = (object: object, plural = 'configmaps') => server.send(`POST ${NS}/${plural}`, { body: object });

describe.each([
  ['what the cache remembers', 8_192],
  ["the store's history", 1],
])('lists from %s', (_from, historySize) => {
  beforeAll(async () => {
    await server?.stop();
    server = await startTestServer({ historySize });
  });

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

  test('are the same in pages as whole, to the letter, while others write', async () => {
    for (const namespace of ['default', 'kube-system']) {
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      for (let i = 0; i < 9; i++) await server.send(`POST ${path}`, { body: configMap(`same-${i}`, { i: String(i) }) });
    }
    for (const path of ['/api/v1/configmaps', '/api/v1/namespaces/kube-system/configmaps']) {
      const whole = (await server.send(`GET ${path}`)).json;
      const items = [];
      let token = '';
      for (let round = 0; round === 0 || token; round++) {
        const { json } = await server.send(`GET ${path}?limit=4${token && `&continue=${token}`}`);
        expect(json.metadata.resourceVersion).toBe(whole.metadata.resourceVersion);
        items.push(...json.items);
        expect(json.metadata.remainingItemCount ?? 0).toBe(whole.items.length - items.length);
        token = json.metadata.continue ?? '';
        await create(configMap(`amid-${round}`));
        await server.send(`DELETE ${NS}/configmaps/same-${8 - round}`);
        await server.send(`PUT ${NS}/configmaps/same-${round}`, { body: configMap(`same-${round}`, { i: 'other' }) });
        if (round % 2) await server.send(`DELETE /api/v1/namespaces/kube-system/configmaps/same-${round}`);
      }
      expect(items).toEqual(whole.items);
    }
  });

  test('of the pods of one node are what a look at all pods finds, whole and in pages', async () => {
    for (const [index, namespace] of ['kube-system', 'default', 'kube-system', 'default', 'default'].entries()) {
      const body = { ...pod(`bound-${9 - index}`), spec: { ...pod('').spec, nodeName: index === 3 ? 'n2' : 'n1' } };
      expect((await server.send(`POST /api/v1/namespaces/${namespace}/pods`, { body })).code).toBe(201);
    }
    interface Bound {
      metadata: { name: string };
      spec: { nodeName?: string };
    }
    for (const path of ['/api/v1/pods', `${NS}/pods`]) {
      const all: Bound[] = (await server.send(`GET ${path}`)).json.items;
      for (const node of ['n1', 'n2', 'n3']) {
        const asked = `${path}?fieldSelector=spec.nodeName%3D${node},status.phase!%3DFailed`;
        const expected = all.filter(({ spec }) => spec.nodeName === node).map(({ metadata }) => metadata.name);
        expect(names(await server.send(`GET ${asked}`))).toEqual(expected);
        const paged: string[] = [];
        for (let token = '', round = 0; round === 0 || token; round++) {
          const reply = await server.send(`GET ${asked}&limit=1${token && `&continue=${token}`}`);
          paged.push(...names(reply));
          token = reply.json.metadata.continue ?? '';
        }
        expect(paged).toEqual(expected);
      }
    }
  });

  test('say how many items remain when nothing selects', async () => {
    const all = names(await server.send(`GET ${NS}/configmaps`)).length;
    const first = await server.send(`GET ${NS}/configmaps?limit=1`);
    expect(first.json.metadata.remainingItemCount).toBe(all - 1);
    const next = await server.send(`GET ${NS}/configmaps?limit=1&continue=${first.json.metadata.continue}`);
    expect(next.json.metadata.remainingItemCount).toBe(all - 2);
  });

  test('whose history is gone are refused, with a way to carry on', async () => {
    // What the cache remembers lasts longer than what was compacted.
    if (historySize > 1) return;
    const first = await page('limit=2');
    await create(configMap('later'));
    await create(configMap('later-still'));
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
