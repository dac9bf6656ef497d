import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { isApiError } from '../../../api/meta/errors.ts';
import { resources } from '../../../api/registry.ts';
import { bandQuotas } from '../../../api/stowage/band-quota.ts';
import {
  type BandPolicy,
  defaultSchedulingPolicy,
  type SchedulingPolicy,
  schedulingPolicies,
} from '../../../api/stowage/scheduling-policy.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { seededRng } from '../../../platform/rng.ts';
import { bootstrap } from '../../bootstrap.ts';
import { memoryStore } from '../../store/memory.ts';
import { type Store, StoreUnavailable } from '../../store/store.ts';
import { WatchCache } from '../../store/watch-cache.ts';
import { createObjects } from '../create-objects.ts';
import type { Objects } from '../objects.ts';
import { QuotaLedger } from './quota-ledger.ts';
import { standardAdmission } from './standard.ts';

const CONTEXT = { user: 'tester' };
const FREE = 'the free band has no limit (priorityClassName: free)';

let clock: ManualClock;
let store: Store;
let cache: WatchCache;
let ledger: QuotaLedger;
let objects: Objects;
/** Makes the store refuse: what an outage looks like to a writer. */
let isDown: boolean;

beforeEach(async () => {
  clock = new ManualClock();
  store = memoryStore({ clock });
  isDown = false;
  const commit: Store['commit'] = (...args) =>
    isDown ? Promise.reject(new StoreUnavailable('down')) : store.commit(...args);
  const flaky = new Proxy(store, { get: (of, key) => (key === 'commit' ? commit : bound(of, key)) });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  ledger = new QuotaLedger(cache, clock);
  objects = createObjects({ store: flaky, cache, clock, rng: seededRng(1), admission: standardAdmission(ledger) });
  await bootstrap(cache, objects);
  for (const name of ['team-a', 'team-b']) await objects.create(namespaces, { metadata: { name } }, CONTEXT);
});

afterEach(async () => {
  await ledger.stop();
  await cache.stop();
  await store.close();
});

function bound(of: object, key: string | symbol): unknown {
  const value = Reflect.get(of, key, of);
  return typeof value === 'function' ? value.bind(of) : value;
}

const pod = (name: string, cpu: string, priorityClassName?: string, namespace = 'team-a'): Pod => ({
  metadata: { name, namespace },
  spec: { priorityClassName, containers: [{ name: 'main', image: 'a:1', resources: { requests: { cpu } } }] },
});
const create = (object: Pod, dryRun = false) => objects.create(pods, object, { ...CONTEXT, dryRun });
const grant = (name: string, hard: Record<string, Record<string, string>>) =>
  objects.create(bandQuotas, { metadata: { name, namespace: 'team-a' }, spec: { hard } }, CONTEXT);
const settled = async () => cache.waitFor(await store.revision());

/** `code message` of the refusal, or `created`. */
async function outcome(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'created';
  } catch (error) {
    return isApiError(error) ? `${error.code} ${error.message}` : String(error);
  }
}

async function setBand(name: string, fields: Partial<BandPolicy>): Promise<void> {
  const change = (policy: SchedulingPolicy) => {
    const bands = defaultSchedulingPolicy().bands.map((band) => (band.name === name ? { ...band, ...fields } : band));
    policy.spec = { ...policy.spec, bands };
  };
  await objects.update(schedulingPolicies, undefined, 'default', change, CONTEXT);
  await settled();
}

describe('what is refused', () => {
  test('says what was asked, what is used, what is granted and what would fit', async () => {
    await grant('team-a', { production: { cpu: '10', memory: '1Gi' } });
    await create(pod('one', '8', 'production'));
    expect(await outcome(create(pod('two', '4', 'production')))).toBe(
      '403 pods "two" is forbidden: exceeded quota: team-a, band production: ' +
        `requested cpu=4, used cpu=8, limited cpu=10; 2 of cpu would fit; ${FREE}`,
    );
    expect(await outcome(create(pod('three', '2', 'production')))).toBe('created');
  });

  test('names all that is short, in every quota', async () => {
    await grant('a', { batch: { cpu: '1500m', memory: '2Gi', pods: '1' } });
    await grant('b', { batch: { pods: '0', 'example.com/gpu': '1' } });
    const big = pod('big', '2');
    big.spec!.containers[0]!.resources!.requests!.memory = '4Gi';
    expect(await outcome(create(big))).toBe(
      '403 pods "big" is forbidden: exceeded quota: a, band batch: requested cpu=2,memory=4Gi, used cpu=0,memory=0, ' +
        'limited cpu=1500m,memory=2Gi; 1500m of cpu and 2Gi of memory would fit; ' +
        'exceeded quota: b, band batch: requested pods=1, used pods=0, limited pods=0; 0 of pods would fit; ' +
        FREE,
    );
  });

  test('a pod of a band that needs quota where none grants any', async () => {
    await setBand('production', { quota: 'Required' });
    expect(await outcome(create(pod('one', '1', 'production')))).toBe(
      '403 pods "one" is forbidden: band production needs quota, and no BandQuota in namespace team-a grants any: ' +
        `ask for one with spec.hard.production; ${FREE}`,
    );
    await grant('team-a', { batch: { cpu: '1' } });
    expect(await outcome(create(pod('one', '1', 'production')))).toMatch(/^403/);
    await grant('more', { production: { cpu: '1' } });
    expect(await outcome(create(pod('one', '1', 'production')))).toBe('created');
    expect(await outcome(create(pod('two', '1', 'production')))).toMatch(/^403/);
  });
});

describe('what is let in', () => {
  test('other bands, other namespaces, and free', async () => {
    await grant('team-a', { production: { cpu: '1', pods: '1' }, batch: { cpu: '2' } });
    await create(pod('full', '1', 'production'));
    const others = [
      pod('low', '2'),
      pod('high', '9', 'monitoring'),
      pod('any', '99', 'free'),
      pod('far', '9', 'production', 'team-b'),
    ];
    for (const other of others) expect(await outcome(create(other))).toBe('created');
    expect(await outcome(create(pod('more', '1m', 'batch')))).toMatch(/used cpu=2, limited cpu=2/);
  });

  test('a band whose quota is not enforced, and one whose line was moved', async () => {
    await grant('team-a', { production: { pods: '0' } });
    await setBand('production', { quota: 'None' });
    expect(await outcome(create(pod('one', '1', 'production')))).toBe('created');
    await setBand('production', { minPriority: 20_000_000 });
    expect(await outcome(create(pod('two', '1', 'production')))).toBe('created');
    await setBand('production', {});
    expect(await outcome(create(pod('three', '1', 'production')))).toMatch(/used pods=2, limited pods=0; 0 of pods/);
  });

  test('a pod that asks for nothing of what is overdrawn', async () => {
    await create(pod('one', '8'));
    await grant('late', { batch: { cpu: '4' } });
    expect(await outcome(create(pod('two', '0')))).toBe('created');
    expect(await outcome(create(pod('three', '1m')))).toMatch(/; 0 of cpu would fit/);
  });
});

describe('many at once', () => {
  test('never overrun the quota', async () => {
    await grant('team-a', { batch: { cpu: '10' } });
    const attempts = Array.from({ length: 100 }, (_, index) => outcome(create(pod(`p${index}`, '700m'))));
    const made = (await Promise.all(attempts)).filter((each) => each === 'created');
    expect(made).toHaveLength(14);
    await settled();
    expect(cache.list(pods, 'team-a')).toHaveLength(14);
  });

  test('with generated names too', async () => {
    await grant('team-a', { batch: { pods: '5' } });
    const unnamed = (): Pod => ({ ...pod('', '1'), metadata: { generateName: 'p-', namespace: 'team-a' } });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(create(unnamed()))));
    expect(outcomes.filter((each) => each === 'created')).toHaveLength(5);
  });
});

describe('room is given back', () => {
  beforeEach(async () => {
    await grant('team-a', { batch: { pods: '1' } });
  });
  const fits = async () => (await outcome(create(pod('next', '1')))) === 'created';

  test('when a pod has ended, not when it is ending', async () => {
    const bound = pod('one', '1');
    bound.spec!.nodeName = 'n1';
    await create(bound);
    await objects.delete(pods, 'team-a', 'one', CONTEXT);
    expect(await fits()).toBe(false);
    const end = (current: Pod) => {
      current.status = { ...current.status, phase: 'Succeeded' };
    };
    await objects.update(pods, 'team-a', 'one', end, CONTEXT, { part: 'status' });
    expect(await fits()).toBe(true);
  });

  test('when a pod is gone', async () => {
    await create(pod('one', '1'));
    expect(await fits()).toBe(false);
    await objects.delete(pods, 'team-a', 'one', CONTEXT);
    expect(await fits()).toBe(true);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a dry run', () => create(pod('one', '1'), true)],
    ['a pod with faults', () => create(pod('Not A Name', '1'))],
    ['a pod that asks for less than nothing', () => create(pod('one', '-1'))],
  ])('at once by %s', async (_, attempt) => {
    await outcome(attempt());
    expect(await fits()).toBe(true);
  });

  test('at once by a name that is taken', async () => {
    await create(pod('one', '1', 'production'));
    await settled();
    expect(await outcome(create(pod('one', '1')))).toBe('409 pods "one" already exists');
    expect(await fits()).toBe(true);
  });

  test('after a while by a write of which nobody knows what became', async () => {
    isDown = true;
    expect(await outcome(create(pod('one', '1')))).toMatch(/down/);
    isDown = false;
    expect(await fits()).toBe(false);
    await clock.advance(30_000);
    expect(await fits()).toBe(true);
    await clock.advance(60_000);
    expect(await outcome(create(pod('more', '1')))).toMatch(/used pods=1/);
  });
});

test('a ledger that starts late counts what is there', async () => {
  await create(pod('one', '1'));
  await settled();
  await ledger.stop();
  const { bands } = defaultSchedulingPolicy();
  expect(Object.fromEntries(ledger.used('team-a', 'batch', bands))).toEqual({ pods: 1, cpu: 1000 });
});
