import { afterEach, beforeEach, expect, test } from 'vitest';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { resources } from '../../../api/registry.ts';
import { bandQuotas } from '../../../api/stowage/band-quota.ts';
import { defaultSchedulingPolicy, schedulingPolicies } from '../../../api/stowage/scheduling-policy.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { seededRng } from '../../../platform/rng.ts';
import { bootstrap } from '../../bootstrap.ts';
import { memoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { WatchCache } from '../../store/watch-cache.ts';
import { createObjects } from '../create-objects.ts';
import type { Objects } from '../objects.ts';
import { QuotaLedger } from './quota-ledger.ts';
import { quotaRoom } from './quota-room.ts';
import { standardAdmission } from './standard.ts';

const CONTEXT = { user: 'tester' };

let store: Store;
let cache: WatchCache;
let ledger: QuotaLedger;
let objects: Objects;

beforeEach(async () => {
  const clock = new ManualClock();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  ledger = new QuotaLedger(cache, clock);
  objects = createObjects({ store, cache, clock, rng: seededRng(1), admission: standardAdmission(ledger) });
  await bootstrap(cache, objects);
  await objects.create(namespaces, { metadata: { name: 'team-a' } }, CONTEXT);
});

afterEach(async () => {
  await ledger.stop();
  await cache.stop();
  await store.close();
});

const pod = (name: string, cpu: string, priorityClassName?: string): Pod => ({
  metadata: { name, namespace: 'team-a' },
  spec: { priorityClassName, containers: [{ name: 'main', image: 'a:1', resources: { requests: { cpu } } }] },
});
const room = (cpu: string) => quotaRoom(cache, ledger)('team-a', 'production', pod('late', cpu));

test('says what a quota has left where that is too little, and nothing where it is enough or there is none', async () => {
  expect(room('1')).toBeUndefined();
  await objects.create(
    bandQuotas,
    { metadata: { name: 'shares', namespace: 'team-a' }, spec: { hard: { production: { cpu: '3' } } } },
    CONTEXT,
  );
  await objects.create(pods, pod('web', '2', 'production'), CONTEXT);
  expect(room('1')).toBeUndefined();
  expect(room('1001m')).toBe('quota shares for production has only cpu=1 left');
});

test('says that there is no quota where the band needs one', async () => {
  const spec = defaultSchedulingPolicy();
  const bands = spec.bands.map((band) => (band.name === 'production' ? { ...band, quota: 'Required' as const } : band));
  await objects.update(
    schedulingPolicies,
    undefined,
    'default',
    (policy) => {
      policy.spec = { ...policy.spec, bands };
    },
    CONTEXT,
  );
  expect(room('1')).toBe('namespace team-a has no quota for production');
});
