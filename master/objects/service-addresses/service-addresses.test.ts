import { afterEach, beforeEach, expect, test } from 'vitest';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Service, type ServiceSpec, services } from '../../../api/core/service.ts';
import { parseIpv4Range } from '../../../api/networking/ipv4.ts';
import { resources } from '../../../api/registry.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { seededRng } from '../../../platform/rng.ts';
import type { NetworkSettings } from '../../network-settings.ts';
import { memoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { WatchCache } from '../../store/watch-cache.ts';
import { outcome } from '../admission/admission.fixture.ts';
import { standardAdmission } from '../admission/standard.ts';
import { createObjects } from '../create-objects.ts';
import type { Objects } from '../objects.ts';
import { AddressBook } from './address-book.ts';
import { serviceAddresses } from './admission.ts';
import { serviceClaims } from './holdings.ts';

const CONTEXT = { user: 'tester' };
const network: NetworkSettings = {
  ...{ mode: 'vxlan', podCidr: parseIpv4Range('10.128.0.0/12')!, nodeCidrBits: 24, loadBalancerPool: [] },
  ...{ serviceCidr: parseIpv4Range('10.144.0.0/28')!, nodePorts: { first: 30_000, last: 30_003 } },
};

let store: Store;
let stops: (() => Promise<void> | void)[];

/** One of several masters; the same seed, so that all of them draw alike. */
async function master(): Promise<Objects> {
  const clock = new ManualClock();
  const cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  const rng = seededRng(1);
  const book = new AddressBook(network, { cache, rng: seededRng(7), clock });
  const admission = [...standardAdmission(), serviceAddresses(book)];
  stops.push(
    () => cache.stop(),
    () => book.stop(),
  );
  return createObjects({
    store,
    cache,
    clock,
    rng: { ...rng, uuid: () => uuids.uuid() },
    admission,
    claims: serviceClaims,
  });
}
const uuids = seededRng(3);

beforeEach(async () => {
  store = memoryStore({ clock: new ManualClock() });
  stops = [];
  await (await master()).create(namespaces, { metadata: { name: 'team' } }, CONTEXT);
});

afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  await store.close();
});

const service = (name: string, spec: Partial<ServiceSpec> = {}): Service => ({
  metadata: { name, namespace: 'team' },
  spec: { ports: [{ port: 80 }], ...spec },
});
const make = (objects: Objects, name: string, spec?: Partial<ServiceSpec>) =>
  objects.create(services, service(name, spec), CONTEXT);

test('two masters at once give no address and no port twice, and as many as there are', async () => {
  const masters = [await master(), await master()];
  const made = await Promise.all(
    Array.from({ length: 4 }, (_, at) => make(masters[at % 2]!, `s${at}`, { type: 'NodePort' })),
  );
  expect(new Set(made.map(({ spec }) => spec?.clusterIP)).size).toBe(4);
  expect(made.map(({ spec }) => spec?.ports?.[0]?.nodePort).sort()).toEqual([30_000, 30_001, 30_002, 30_003]);
  expect(await outcome(make(masters[0]!, 'late', { type: 'NodePort' }))).toMatch(/nodePort.*range is full/);
});

test('what is given is taken, if it is free and in range; what is freed can be given again', async () => {
  const objects = await master();
  expect((await make(objects, 'a', { clusterIP: '10.144.0.9' })).spec?.clusterIPs).toEqual(['10.144.0.9']);
  expect(await outcome(make(objects, 'b', { clusterIP: '10.144.0.9' }))).toMatch(/provided IP is already allocated/);
  expect(await outcome(make(objects, 'b', { clusterIP: '10.9.0.9' }))).toMatch(/valid IPs is 10.144.0.0\/28/);
  const port = (nodePort: number) => ({ type: 'NodePort' as const, ports: [{ port: 80, nodePort }] });
  expect(await outcome(make(objects, 'b', port(80)))).toMatch(/The range of valid ports is 30000-30003/);
  await make(objects, 'c', port(30_001));
  expect(await outcome(make(objects, 'b', port(30_001)))).toMatch(/provided port is already allocated/);
  await objects.delete(services, 'team', 'a', CONTEXT);
  expect(await outcome(make(objects, 'b', { clusterIP: '10.144.0.9' }))).toBe('done');
});

test('headless services and aliases get none; a change of type gives and frees', async () => {
  const objects = await master();
  expect((await make(objects, 'a', { clusterIP: 'None' })).spec?.clusterIP).toBe('None');
  expect(
    (await make(objects, 'b', { type: 'ExternalName', externalName: 'x.example' })).spec?.clusterIP,
  ).toBeUndefined();
  const { spec } = await make(objects, 'c', { type: 'NodePort' });
  const change = (type: ServiceSpec['type']) =>
    objects.update(services, 'team', 'c', (current) => ({ ...current, spec: { ...current.spec, type } }), CONTEXT);
  const plain = await change('ClusterIP');
  expect(plain.spec).toMatchObject({ clusterIP: spec?.clusterIP });
  expect(plain.spec?.ports?.[0]?.nodePort).toBeUndefined();
  const held = async () => (await store.list('/network/held/')).values.map(({ key }) => key.slice(14));
  expect(await held()).toEqual([spec?.clusterIP]);
  expect((await change('NodePort')).spec?.ports?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
  expect(await held()).toHaveLength(2);
  await objects.delete(services, 'team', 'c', CONTEXT);
  expect(await held()).toEqual([]);
});
