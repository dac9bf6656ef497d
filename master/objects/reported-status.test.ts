import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodes } from '../../api/core/node.ts';
import { resources } from '../../api/registry.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { createObjects } from './create-objects.ts';
import type { Objects } from './objects.ts';

const CONTEXT = { user: 'agent' };

let store: Store;
let cache: WatchCache;
let objects: Objects;

beforeEach(async () => {
  const clock = new ManualClock();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  objects = createObjects({ store, cache, clock, rng: seededRng(1), admission: [] });
  await objects.create(nodes, { metadata: { name: 'a' }, status: { capacity: { cpu: '4', pods: '110' } } }, CONTEXT);
});

afterEach(async () => {
  await cache.stop();
  await store.close();
});

const report = (allocatable: Record<string, string>) =>
  objects.update(
    nodes,
    undefined,
    'a',
    (node) => {
      node.status = { ...node.status, allocatable };
    },
    CONTEXT,
    { part: 'status' },
  );

test.each([
  [{ cpu: '-1' }, 'status.allocatable[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  [{ memory: '1e40' }, 'status.allocatable[memory]: Invalid value: "1e40": must be less than or equal to'],
  [{ pods: '1500m' }, 'status.allocatable[pods]: Invalid value: "1500m": must be an integer'],
  [{ 'example.com/gpu': '-3' }, 'status.allocatable[example.com/gpu]: Invalid value: "-3"'],
])('a node that reports %j is not believed', async (allocatable, fault) => {
  await expect(report(allocatable)).rejects.toThrow(fault);
  expect(cache.get(nodes, undefined, 'a')?.status?.allocatable).toEqual({
    cpu: '4',
    pods: '110',
  });
});

test('a node that reports amounts is', async () => {
  const allocatable = { cpu: '3500m', memory: '8Gi', pods: '0', 'example.com/gpu': '2' };
  expect((await report(allocatable)).status?.allocatable).toEqual(allocatable);
});
