import { beforeEach, describe, expect, test } from 'vitest';
import { LOCAL_PATH_FINALIZER, LOCAL_PATH_NODE, LOCAL_PATH_PROVISIONER } from '../../api/core/local-path.ts';
import type { PersistentVolume } from '../../api/core/persistent-volume.ts';
import { PROVISIONED_BY } from '../../api/core/persistent-volume-binding.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { seededRng } from '../../platform/rng.ts';
import type { MasterContext } from '../context.ts';
import { StoreUnavailable } from '../store/store.ts';
import { DoomedVolumes } from './doomed-volumes.ts';
import { Erasures } from './erasures.ts';

const volumeOf = (name: string, node: string, phase: 'Released' | 'Bound' = 'Released'): PersistentVolume => ({
  metadata: {
    name,
    uid: `uid-${name}`,
    deletionTimestamp: '2030-01-01T00:00:00Z',
    finalizers: ['a/b', LOCAL_PATH_FINALIZER],
    annotations: { [PROVISIONED_BY]: LOCAL_PATH_PROVISIONER, [LOCAL_PATH_NODE]: node },
  },
  spec: { persistentVolumeReclaimPolicy: 'Delete' },
  status: { phase },
});

describe('what an agent says of volumes it was to erase', () => {
  let volumes: Map<string, PersistentVolume>;
  let erasures: Erasures;
  let clock: ManualClock;
  let fail = false;
  beforeEach(() => {
    volumes = new Map(
      [volumeOf('mine', 'n1'), volumeOf('other', 'n2'), volumeOf('bound', 'n1', 'Bound')].map((one) => [
        one.metadata?.name ?? '',
        one,
      ]),
    );
    clock = new ManualClock();
    const context = {
      clock,
      rng: seededRng(1),
      cache: { get: (_: unknown, __: unknown, name: string) => volumes.get(name) },
      objects: {
        update: async (_: unknown, __: unknown, name: string, change: (volume: PersistentVolume) => void) => {
          const away = fail;
          fail = false;
          if (away) throw new StoreUnavailable('the store is away');
          change(volumes.get(name)!);
        },
      },
      log: silentLogger,
    } as unknown as MasterContext;
    erasures = new Erasures(context, 'n1');
  });
  const finalizers = (name: string) => volumes.get(name)?.metadata?.finalizers;

  test('lets its own go, also when the store was away, and no others', async () => {
    fail = true;
    for (const name of ['mine', 'other', 'bound', 'none']) erasures.erased(name);
    await clock.advance(0);
    expect(finalizers('mine')).toContain(LOCAL_PATH_FINALIZER);
    await clock.advance(1_000);
    await erasures.stop();
    expect(finalizers('mine')).toEqual(['a/b']);
    expect(finalizers('other')).toContain(LOCAL_PATH_FINALIZER);
    expect(finalizers('bound')).toContain(LOCAL_PATH_FINALIZER);
  });
});

test('an agent that comes is told what it is to erase, until that is gone', () => {
  const doomed = new DoomedVolumes();
  const names = (node: string) => doomed.of(node).map((told) => told.type === 'upsert' && told.object.metadata?.name);
  expect(doomed.put(volumeOf('a', 'n1'))).toBe('n1');
  expect(doomed.put(volumeOf('b', 'n1', 'Bound'))).toBeUndefined();
  expect(doomed.put(volumeOf('c', 'n2'))).toBe('n2');
  expect([names('n1'), names('n2'), names('n3')]).toEqual([['a'], ['c'], []]);
  // Let go, but held by something else.
  const free = volumeOf('a', 'n1');
  free.metadata!.finalizers = ['a/b'];
  expect(doomed.put(free)).toBeUndefined();
  expect(doomed.remove(volumeOf('c', 'n2'))).toBe('n2');
  expect([names('n1'), names('n2')]).toEqual([[], []]);
});
