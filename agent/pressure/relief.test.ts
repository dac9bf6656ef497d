import { expect, test } from 'vitest';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import type { ObservedContainer, PodEnding } from '../plan/state.ts';
import { container, podOf } from '../plan/transcript.fixture.ts';
import { PressureMonitor } from './monitor.ts';
import { Relief } from './relief.ts';
import type { Supply } from './signals.ts';
import { DEFAULT_THRESHOLDS, type Signal } from './thresholds.ts';

const MIB = 1024 ** 2;

/** A machine of made-up pods, each using what it is given here, until it is ended. */
function machine(signal: Signal, uses: Record<string, { priority: number; mib: number }>, reclaimable = 0) {
  const clock = new ManualClock();
  const ended: { uid: string; ending: PodEnding }[] = [];
  const running = new Set(Object.keys(uses));
  const left = { available: 10 * MIB, capacity: 1000 * MIB };
  const changes: string[] = [];
  let reclaims = 0;
  const relief = new Relief({
    pods: {
      holding: () =>
        [...running].map((uid) =>
          podOf({ priority: uses[uid]?.priority, containers: [container('app')] }, { uid, name: uid }),
        ),
      end: (uid, ending) => ended.push({ uid, ending }),
    },
    store: {
      of: (uid) => (running.has(uid) ? [{ state: 'running', role: 'app', name: 'app' } as ObservedContainer] : []),
    },
    measure: async (_what, uid) => new Map([['app', (uses[uid]?.mib ?? 0) * MIB]]),
    reclaim: async () => {
      reclaims += 1;
      left.available += reclaimable;
      return reclaimable;
    },
    maxPodGraceSeconds: 0,
    clock,
  });
  const monitor = new PressureMonitor({
    read: async () => new Map<Signal, Supply>([[signal, left]]),
    rules: { thresholds: DEFAULT_THRESHOLDS, transitionMs: 30_000 },
    changed: () => changes.push([...monitor.pressures.keys()].join()),
    relieve: (shortage) => relief.relieve(shortage),
    clock,
    log: silentLogger,
  });
  const gone = (uid: string) => {
    running.delete(uid);
    left.available += (uses[uid]?.mib ?? 0) * MIB;
  };
  return { clock, monitor, ended, gone, changes, reclaims: () => reclaims };
}

test('one pod goes at a time, and the next only once it is seen that the first did not help', async () => {
  const { clock, monitor, ended, gone, changes } = machine('memory.available', {
    small: { priority: 0, mib: 50 },
    large: { priority: 0, mib: 80 },
    served: { priority: 5_000_000, mib: 800 },
  });
  await monitor.start();
  await clock.advance(5_000);
  expect(ended.map(({ uid }) => uid)).toEqual(['large']);
  expect(ended[0]?.ending).toEqual({
    reason: 'Evicted',
    message:
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 10Mi. Container app was using 80Mi, request is 0.',
    graceSeconds: 0,
  });
  gone('large');
  await clock.advance(1_000);
  expect(ended.map(({ uid }) => uid)).toEqual(['large', 'small']);
  gone('small');
  await clock.advance(60_000);
  expect(ended).toHaveLength(2);
  expect(changes).toEqual(['MemoryPressure', '']);
  await monitor.stop();
});

test('on disk, what no pod needs goes first', async () => {
  const { clock, monitor, ended, reclaims } = machine(
    'nodefs.available',
    { any: { priority: 0, mib: 500 } },
    500 * MIB,
  );
  await monitor.start();
  await clock.advance(5_000);
  expect(reclaims()).toBe(1);
  expect(ended).toEqual([]);
  await monitor.stop();
});
