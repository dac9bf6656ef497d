import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { container, podOf } from '../agent/plan/transcript.fixture.ts';
import type { Pod } from '../agent/pod-types.ts';
import { RuntimeError } from '../agent/runtime.ts';
import { PodBench } from './pod-bench.ts';

const programs = {
  job: { runsMs: 1_000 },
  broken: { runsMs: 100, exitCode: 1 },
  stubborn: { stubborn: true },
  refused: { startError: 'exec: "refused": no such file' },
};
const app = (program: string, more = {}) => container('app', { command: [program], ...more });
const deletedNow = (pod: Pod, grace = 30): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '2030-01-01T00:00:30Z', deletionGracePeriodSeconds: grace },
});

async function bench(pod: Pod, options = {}): Promise<PodBench> {
  const made = new PodBench(pod, { programs, ...options });
  await made.start();
  return made;
}
const phase = (one: PodBench) => one.status?.phase;
const waiting = (one: PodBench) => one.status?.containerStatuses?.[0]?.state?.waiting?.reason;

describe('a pod worker', () => {
  test('brings a pod up', async () => {
    const one = await bench(podOf({ containers: [app('run'), container('log')] }));
    await one.until('it runs', () => phase(one) === 'Running');
    expect(one.running().map((info) => info.labels['io.kubernetes.container.name'])).toEqual(['POD', 'app', 'log']);
    expect(one.status?.podIP).toBeDefined();
    expect(one.events.map((event) => event.reason)).toEqual(expect.arrayContaining(['Pulled', 'Created', 'Started']));
    await one.stop();
  });

  test('runs a job to its end and keeps what is left of it', async () => {
    const one = await bench(podOf({ restartPolicy: 'Never', containers: [app('job')] }));
    await one.until('it is over', () => phase(one) === 'Succeeded');
    await one.until('its sandbox has gone', () => one.containers('POD').length === 0);
    expect(one.containers('app')).toHaveLength(1);
    await one.stop();
  });

  test('starts a container again that was killed or removed behind its back', async () => {
    const one = await bench(podOf());
    const restarts = () => one.status?.containerStatuses?.[0]?.restartCount;
    await one.until('it runs', () => phase(one) === 'Running');
    one.runtime.die(one.running('app')[0]!.id);
    await one.until('it runs again', () => restarts() === 1 && one.running('app').length === 1, 1_000);
    one.runtime.vanish(one.running('app')[0]!.id);
    await one.until('and again', () => restarts() === 2 && one.running('app').length === 1);
    await one.stop();
  });

  test('makes a new sandbox when the old one dies, and runs all in it', async () => {
    const one = await bench(podOf());
    await one.until('it runs', () => phase(one) === 'Running');
    const ip = one.status?.podIP;
    one.runtime.die(one.running('POD')[0]!.id);
    await one.until('it runs elsewhere', () => one.running('app').length === 1 && one.status?.podIP !== ip);
    expect(one.containers('POD')).toHaveLength(1);
    await one.stop();
  });

  test('backs off from a container that keeps failing', async () => {
    const one = await bench(podOf({ containers: [app('broken')] }));
    await one.until('it backs off', () => waiting(one) === 'CrashLoopBackOff');
    await one.clock.advance(600_000);
    const restarts = one.status?.containerStatuses?.[0]?.restartCount ?? 0;
    // 0, 10, 20, 40, 80, 160, 300 seconds apart.
    expect(restarts).toBe(6);
    expect(one.containers('app').length).toBeLessThanOrEqual(2);
    await one.stop();
  });

  test('says what kept a container from starting', async () => {
    const one = await bench(podOf({ containers: [app('refused')] }));
    await one.until('it backs off', () => waiting(one) === 'CrashLoopBackOff');
    expect(one.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      reason: 'ContainerCannotRun',
      exitCode: 128,
      message: expect.stringContaining('no such file'),
    });
    await one.stop();
  });

  test('pulls what is absent, and says so when it cannot', async () => {
    const images = ['stowage.dev/pause:1'];
    const pulled = await bench(podOf(), { images, pullable: ['app:1'] });
    await pulled.until('it runs', () => phase(pulled) === 'Running');
    expect(pulled.events.map((event) => event.reason).slice(0, 2)).toEqual(['Pulling', 'Pulled']);
    await pulled.stop();
    const absent = await bench(podOf(), { images });
    await absent.until('it says so', () => waiting(absent) === 'ErrImagePull');
    await absent.until('it backs off', () => waiting(absent) === 'ImagePullBackOff');
    await absent.stop();
  });

  test('ends a deleted pod gracefully, and one that will not end in the end', async () => {
    for (const [program, limitMs] of [
      ['run', 1_000],
      ['stubborn', 32_500],
    ] as const) {
      const one = await bench(podOf({ containers: [app(program)] }));
      await one.until('it runs', () => phase(one) === 'Running');
      one.setPod(deletedNow(podOf({ containers: [app(program)] })));
      const startMs = one.clock.now();
      await one.until('it has gone', () => one.gone === 1 && one.forgotten === 1);
      expect(one.clock.now() - startMs).toBeLessThanOrEqual(limitMs);
      expect(one.containers()).toEqual([]);
      expect(phase(one)).toBe('Failed');
      await one.stop();
    }
  });

  test('a shorter grace counts from when it was first asked', async () => {
    const pod = podOf({ containers: [app('stubborn')] });
    const one = await bench(pod);
    await one.until('it runs', () => phase(one) === 'Running');
    one.setPod(deletedNow(pod, 300));
    await one.clock.advance(5_000);
    expect(one.running('app')).toHaveLength(1);
    one.setPod(deletedNow(pod, 0));
    await one.until('it has gone', () => one.gone === 1, 3_000);
    await one.stop();
  });

  test('an engine that goes away and comes back finds the pod as it should be', async () => {
    const one = await bench(podOf());
    await one.until('it runs', () => phase(one) === 'Running');
    one.runtime.down = true;
    one.runtime.die(one.running('app')[0]!.id);
    await one.clock.advance(60_000);
    one.runtime.down = false;
    await one.until('it runs again', () => one.running('app').length === 1, 10_000);
    await one.stop();
  });

  test('a restarted agent adopts what runs', async () => {
    const one = await bench(podOf());
    await one.until('it runs', () => phase(one) === 'Running');
    const before = one.running().map((info) => info.id);
    await one.restartAgent();
    await one.clock.advance(60_000);
    expect(one.running().map((info) => info.id)).toEqual(before);
    await one.stop();
  });
});

type Fault = (one: PodBench) => void | Promise<void>;
const failure = new RuntimeError('failed', 'the simulated engine had a bad day');
const operations = ['create', 'start', 'remove', 'stop', 'inspect', 'list', 'watch'] as const;
const pick = (one: PodBench, n: number) => one.containers()[n % Math.max(1, one.containers().length)]?.id ?? '';

const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.nat(9).map(
    (n): Fault =>
      (one) =>
        one.runtime.die(pick(one, n)),
  ),
  fc.nat(9).map(
    (n): Fault =>
      (one) =>
        one.runtime.vanish(pick(one, n)),
  ),
  fc.constantFrom(...operations).map(
    (operation): Fault =>
      (one) =>
        one.runtime.failNext(operation, failure),
  ),
  fc.constantFrom(...operations).map(
    (operation): Fault =>
      (one) =>
        one.runtime.loseNextAnswer(operation),
  ),
  fc.integer({ min: 0, max: 50 }).map(
    (latencyMs): Fault =>
      (one) => {
        one.runtime.latencyMs = latencyMs;
      },
  ),
  fc.constant<Fault>((one) => one.runtime.breakStreams()),
  fc.constant<Fault>((one) => one.restartAgent()),
  fc.constant<Fault>(async (one) => {
    one.runtime.down = true;
    await one.clock.advance(3_000);
    one.runtime.down = false;
  }),
  fc.integer({ min: 1, max: 20_000 }).map(
    (ms): Fault =>
      (one) =>
        one.clock.advance(ms),
  ),
);

const pods = fc.record({
  containers: fc.integer({ min: 1, max: 3 }).map((n) => Array.from({ length: n }, (_, i) => container(`app${i}`))),
  initContainers: fc
    .integer({ min: 0, max: 2 })
    .map((n) => Array.from({ length: n }, (_, i) => container(`init${i}`, { command: ['job'] }))),
});

/** Whether every container that runs shares the network of the sandbox that runs. */
function inOneSandbox(one: PodBench): boolean {
  const id = one.running('POD')[0]?.id;
  const others = one.running().filter((info) => info.id !== id);
  return others.every((info) => info.labels['stowage.dev/sandbox-id'] === id);
}

/** Whether the status says what only an inspection tells. */
const complete = (one: PodBench): boolean =>
  one.status?.podIP !== undefined && (one.status.containerStatuses ?? []).every((status) => status.imageID !== '');

describe('whatever happens', () => {
  test('a pod comes to run as it should, never twice at once, and goes without a trace', async () => {
    await fc.assert(
      fc.asyncProperty(pods, fc.array(faults, { maxLength: 12 }), async (spec, happenings) => {
        const pod = podOf(spec);
        const one = await bench(pod);
        for (const happen of happenings) {
          await happen(one);
          await one.clock.advance(20);
        }
        const ready = () => one.status?.conditions?.find((found) => found.type === 'Ready')?.status === 'True';
        const all = () => one.running().length === spec.containers.length + 1;
        await one.until('it runs', () => ready() && all() && inOneSandbox(one));
        expect(one.running('POD')).toHaveLength(1);
        expect(one.runtime.doubleStarts).toEqual([]);
        await one.until('all of it is reported', () => complete(one), 10_000);
        one.setPod(deletedNow(pod));
        await one.until('it has gone', () => one.gone > 0 && one.forgotten > 0);
        expect(one.containers()).toEqual([]);
        await one.stop();
      }),
      { numRuns: Number(process.env.RUNS ?? 60) },
    );
  });
});
