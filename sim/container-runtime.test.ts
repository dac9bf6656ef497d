import { expect, test } from 'vitest';
import { describeContainerRuntime } from '../agent/runtime.suite.ts';
import { RuntimeError } from '../agent/runtime.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { FakeRuntime } from './container-runtime.ts';

const line = (stream: 'stdout' | 'stderr', text: string) => ({ stream, text: `${text}\n` });

describeContainerRuntime('in memory', async () => {
  const clock = new ManualClock();
  const runtime = new FakeRuntime({
    clock,
    images: ['app'],
    programs: {
      stubborn: { stubborn: true },
      echoes: { echoes: true },
      fails: { runsMs: 5, exitCode: 3 },
      prints: { runsMs: 5, prints: [line('stdout', 'one'), line('stdout', 'two'), line('stderr', 'three')] },
    },
  });
  return {
    runtime,
    image: 'app',
    missingImage: 'nowhere',
    programs: {
      ...{ forever: ['forever'], stubborn: ['stubborn'], fails: ['fails'] },
      ...{ prints: ['prints'], echoes: ['echoes'] },
    },
    prefix: 'test',
    async until(check) {
      for (let passed = 0; !(await check()); passed += 10) {
        if (passed > 60_000) throw new Error('it did not come to pass within a simulated minute');
        await clock.advance(10);
      }
    },
    close: async () => runtime.close(),
  };
});

test('an engine that is down answers nothing and drops its watchers', async () => {
  const clock = new ManualClock();
  const runtime = new FakeRuntime({ clock });
  let lost = 0;
  await runtime.watch({}, { event() {}, lost: () => lost++ });
  runtime.down = true;
  await clock.advance(0);
  expect(lost).toBe(1);
  await expect(runtime.list({})).rejects.toMatchObject({ kind: 'unreachable' });
  runtime.down = false;
  expect(await runtime.list({})).toEqual([]);
});

test('a failure is used once', async () => {
  const runtime = new FakeRuntime({ clock: new ManualClock() });
  runtime.failNext('list', new RuntimeError('failed', 'no'));
  await expect(runtime.list({})).rejects.toThrow('no');
  expect(await runtime.list({})).toEqual([]);
});
