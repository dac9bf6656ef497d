import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Event, events } from '../../api/core/event.ts';
import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { ApiClient } from '../../client/client.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { seededRng } from '../../platform/rng.ts';
import { eventually } from '../../test/eventually.ts';
import { startTestServer, type TestServer } from '../apiserver/server.fixture.ts';
import { createBinder } from '../scheduler/binding/binder.ts';
import { RemoteApi } from './remote-api.ts';
import { RemoteCache } from './remote-cache.ts';
import { RemoteObjects } from './remote-objects.ts';

const USER = { user: 'test' };
const POD = { containers: [{ name: 'main', image: 'x' }] } as Pod['spec'];

let server: TestServer;
let client: ApiClient;
let cache: RemoteCache;
let objects: RemoteObjects;
beforeEach(async () => {
  server = await startTestServer();
  const { certPem: cert, keyPem: key } = server.admin;
  client = new ApiClient({ server: server.url, namespace: 'default', ca: server.authority.certPem, cert, key });
  const ground = { clock: systemClock, rng: seededRng(1), log: silentLogger };
  const api = new RemoteApi({ client, ...ground });
  cache = new RemoteCache({ api, resources: [pods, nodes], isOptional: () => false, ...ground });
  objects = new RemoteObjects(api, cache);
  await server.objects.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } }, USER);
  await cache.start();
});
afterEach(async () => {
  await cache.stop();
  client.close();
  await server.stop();
});

const make = (name: string) =>
  server.objects.create(pods, { metadata: { name, namespace: 'default' }, spec: POD }, USER);
const stored = (name: string) =>
  server.send(`GET /api/v1/namespaces/default/pods/${name}`).then(({ json }) => json as Pod);
const seen = (name: string, fits: (pod: Pod) => boolean = () => true) =>
  eventually(`pod ${name} in the view`, () => {
    const pod = cache.get(pods, 'default', name);
    return pod && fits(pod) && pod;
  });
const addCondition = (type: string) => (pod: Pod) => {
  const conditions = [...(pod.status?.conditions ?? []), { type, status: 'True' as const }];
  pod.status = { ...pod.status, conditions };
};
const label = (pod: Pod) => {
  pod.metadata!.labels = { x: 'y' };
};
const counted = (count: number) => (event: Event) => {
  event.count = count;
};
const types = (pod: Pod) => pod.status?.conditions?.map(({ type }) => type).sort();

describe('the view', () => {
  test('tells of what comes, changes and goes, with what each object is', async () => {
    const told: string[] = [];
    cache.subscribe(pods, ({ type, object }) => told.push(`${type} ${object.apiVersion} ${object.kind}`));
    await make('a');
    const pod = await seen('a');
    expect(cache.list(pods)).toEqual([pod]);
    await server.objects.update(pods, 'default', 'a', label, USER);
    await seen('a', ({ metadata }) => metadata?.labels?.x === 'y');
    await server.objects.delete(pods, 'default', 'a', USER, { gracePeriodSeconds: 0 });
    await eventually('it to go', () => cache.list(pods).length === 0);
    expect(told).toEqual(['added v1 Pod', 'modified v1 Pod', 'deleted v1 Pod']);
  });

  test('shows after a refresh what was there when it was asked for', async () => {
    for (let index = 0; index < 20; index++) {
      await make(`pod-${index}`);
      await cache.refresh(pods);
      expect(cache.list(pods).length).toBe(index + 1);
    }
  });
});

describe('a status', () => {
  test('that was decided on an old version is decided again, and nothing of others is lost', async () => {
    await make('a');
    await seen('a');
    // As fast as that, the view cannot know.
    await server.objects.update(pods, 'default', 'a', addCondition('Theirs'), USER, { part: 'status' });
    await objects.update(pods, 'default', 'a', addCondition('Ours'), USER, { part: 'status' });
    expect(types(await stored('a'))).toEqual(['Ours', 'Theirs']);
  });

  test('of many at once is never lost', async () => {
    await make('a');
    await seen('a');
    const all = ['A', 'B', 'C', 'D'];
    await Promise.all(
      all.map((type) => objects.update(pods, 'default', 'a', addCondition(type), USER, { part: 'status' })),
    );
    expect(types(await stored('a'))).toEqual(all);
  });

  test('that is as it was is not written', async () => {
    const { metadata } = await make('a');
    await seen('a');
    await objects.update(pods, 'default', 'a', () => undefined, USER, { part: 'status' });
    expect((await stored('a')).metadata?.resourceVersion).toBe(metadata?.resourceVersion);
  });

  test('is for the pod it was decided for, not for another of its name', async () => {
    await make('a');
    await seen('a');
    const options = { part: 'status', preconditions: { uid: 'another' } } as const;
    await expect(objects.update(pods, 'default', 'a', addCondition('Ours'), USER, options)).rejects.toThrow(/uid/);
    await expect(
      objects.delete(pods, 'default', 'a', USER, { preconditions: { uid: 'another' } }),
    ).rejects.toMatchObject({
      reason: 'Conflict',
    });
  });
});

describe('a bind', () => {
  const bind = (pod: Pod, signal?: AbortSignal) =>
    new Promise<Error | undefined>((resolve) =>
      createBinder({ objects, clock: systemClock, user: 'test', signal }).bind([{ pod, nodeName: 'n1' }], (_, error) =>
        resolve(error),
      ),
    );

  test('is made once', async () => {
    await make('a');
    const pod = await seen('a');
    expect(await bind(pod)).toBeUndefined();
    expect((await stored('a')).spec?.nodeName).toBe('n1');
    expect(await bind(pod)).toMatchObject({ reason: 'Conflict' });
  });

  test('is not for another pod of that name', async () => {
    await make('a');
    const pod = await seen('a');
    await server.objects.delete(pods, 'default', 'a', USER, { gracePeriodSeconds: 0 });
    await make('a');
    expect(await bind(pod)).toMatchObject({ reason: 'Conflict' });
    expect((await stored('a')).spec?.nodeName).toBeUndefined();
  });

  test('is not begun when the term is over', async () => {
    await make('a');
    const pod = await seen('a');
    expect(await bind(pod, AbortSignal.abort())).toMatchObject({ name: 'Deposed' });
    expect((await stored('a')).spec?.nodeName).toBeUndefined();
  });
});

test('an event that was made here is counted up without being read', async () => {
  const event = { metadata: { name: 'a.1', namespace: 'default' }, involvedObject: { namespace: 'default' }, count: 1 };
  await objects.create(events, event, USER);
  await objects.update(events, 'default', 'a.1', counted(2), USER);
  const { json } = await server.send('GET /api/v1/namespaces/default/events/a.1');
  expect(json.count).toBe(2);
  await server.objects.delete(events, 'default', 'a.1', USER);
  const again = objects.update(events, 'default', 'a.1', counted(3), USER);
  await expect(again).rejects.toMatchObject({ reason: 'NotFound' });
});

test('a server that is away is 503, as a store is', async () => {
  await server.stop();
  await expect(objects.update(events, 'default', 'x', () => undefined, USER)).rejects.toMatchObject({ code: 503 });
});
