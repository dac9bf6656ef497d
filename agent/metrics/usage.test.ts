import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import type { FromAgent, UsageReport } from '../../proto/messages.ts';
import { AgentOutbox } from '../grpc/outbox.ts';
import type { ObservedContainer } from '../plan/state.ts';
import { type CgroupFiles, cgroupFiles, readCgroup, type Usage } from './cgroup.ts';
import { ContainerReader } from './container-reader.ts';
import { machineUsage, parseBusySeconds, parseMeminfo } from './machine-usage.ts';
import { podUsage, type Reading, sumOf, usageBetween } from './rates.ts';
import { UsageSampler } from './usage-sampler.ts';

const container = (id: string, more: Partial<ObservedContainer> = {}): ObservedContainer => ({
  ...{ id, name: id, image: '', imageId: '', state: 'running', createdAtMs: 0, startedAtMs: 0, role: 'app' },
  ...{ attempt: 0, crashes: 0, sandboxId: '', sandboxAttempt: 0, specHash: '' },
  ...more,
});

describe('from two readings to a rate', () => {
  test.each<[string, number, number, number | undefined]>([
    ['half a core for ten seconds', 10_000, 5, 500_000_000],
    ['nothing', 10_000, 0, 0],
    ['too short a time', 999, 0.5, undefined],
    ['a count that went back', 10_000, -1, undefined],
  ])('%s', (_, windowMs, cpuSeconds, cpuNanocores) => {
    const now = { atMs: 1_000 + windowMs, cpuSeconds: 7 + cpuSeconds, workingSetBytes: 4096 };
    const found = usageBetween({ atMs: 1_000, cpuSeconds: 7 }, now);
    expect(found).toEqual(cpuNanocores === undefined ? undefined : { windowMs, cpuNanocores, memoryBytes: 4096 });
  });

  test('a pod is told only when all of it was measured', () => {
    const usage = { windowMs: 10, cpuNanocores: 1, memoryBytes: 2 };
    expect(podUsage('u', [])).toBeUndefined();
    expect(podUsage('u', [{ name: 'a', usage }])).toEqual({ uid: 'u', containers: [{ name: 'a', usage }] });
    expect(
      podUsage('u', [
        { name: 'a', usage },
        { name: 'b', usage: null },
      ]),
    ).toBeUndefined();
  });

  test('a sum', () => {
    const of = (windowMs: number) => ({ name: 'c', usage: { windowMs, cpuNanocores: 3, memoryBytes: 5 } });
    expect(sumOf([])).toBeUndefined();
    const pods = [
      { uid: 'a', containers: [of(9), of(8)] },
      { uid: 'b', containers: [of(10)] },
    ];
    expect(sumOf(pods)).toEqual({ windowMs: 8, cpuNanocores: 9, memoryBytes: 15 });
  });
});

describe('the machine', () => {
  const STAT = 'cpu  100 20 30 4000 500 6 7 800 90 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n';
  const MEMINFO =
    'MemTotal:       1000 kB\nMemFree:         200 kB\nMemAvailable:    600 kB\nInactive:        333 kB\nInactive(file):  100 kB\n';

  test('time that went into work, without idling, waiting, and what a hypervisor or guests took', () => {
    expect(parseBusySeconds(STAT)).toBeCloseTo(1.63);
  });

  test('memory', () => {
    expect(parseMeminfo(MEMINFO)).toEqual({ totalBytes: 1_024_000, workingSetBytes: 716_800 });
  });

  test('is not looked at when the engine is on another', async () => {
    const proc = await mkdtemp(join(tmpdir(), 'stowage-test-proc-'));
    await writeFile(join(proc, 'stat'), STAT);
    await writeFile(join(proc, 'meminfo'), MEMINFO);
    expect(machineUsage(1_024_000, proc)).toEqual({ cpuSeconds: expect.closeTo(1.63), workingSetBytes: 716_800 });
    expect(machineUsage(2_048_000, proc)).toBeUndefined();
    expect(machineUsage(1_024_000, join(proc, 'absent'))).toBeUndefined();
    await rm(proc, { recursive: true });
  });
});

describe('reading containers', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-test-usage-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const file = async (path: string, text: string) => {
    await mkdir(join(dir, path, '..'), { recursive: true });
    await writeFile(join(dir, path), text);
  };
  const find = (pid: number) => cgroupFiles(pid, dir, join(dir, 'proc'));

  test.each([1, 2] as const)('cgroup version %d', async (version) => {
    if (version === 1) {
      await file('proc/7/cgroup', '5:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n');
      await file('cpuacct/docker/x/cpuacct.usage', '2500000000\n');
      await file('memory/docker/x/memory.usage_in_bytes', '1000\n');
      await file('memory/docker/x/memory.stat', 'inactive_file 1\ntotal_inactive_file 300\n');
    } else {
      await file('proc/7/cgroup', '0::/docker/x\n');
      await file('docker/x/cpu.stat', 'usage_usec 2500000\n');
      await file('docker/x/memory.current', '1000\n');
      await file('docker/x/memory.stat', 'inactive_file 300\n');
    }
    const files = await find(7);
    expect(files?.version).toBe(version);
    expect(readCgroup(files!)).toEqual({ cpuSeconds: 2.5, workingSetBytes: 700 });
    await rm(join(dir, version === 1 ? 'memory' : 'docker'), { recursive: true });
    expect(readCgroup(files!)).toBeUndefined();
  });

  test('finds the cgroups of each container once, and asks the engine only about those it cannot see', async () => {
    await file('proc/7/cgroup', '0::/x\n');
    await file('x/cpu.stat', 'usage_usec 1000000\n');
    await file('x/memory.current', '10\n');
    await file('x/memory.stat', 'inactive_file 0\n');
    const clock = new ManualClock();
    const looked: number[] = [];
    const asked: string[] = [];
    const runtime = {
      async stats(id: string) {
        asked.push(id);
        if (id === 'gone') throw new Error('no such container');
        return { cpuSeconds: 9, memoryWorkingSetBytes: 90, network: {} };
      },
    };
    const reader = new ContainerReader(runtime, clock, (pid): Promise<CgroupFiles | undefined> => {
      looked.push(pid);
      return find(pid);
    });
    const all = [container('seen', { pid: 7 }), container('far'), container('gone', { pid: 8 })];
    await reader.read(all);
    const readings = await reader.read(all);
    expect([...readings].sort()).toEqual([
      ['far', { cpuSeconds: 9, workingSetBytes: 90, atMs: 0 }],
      ['seen', { cpuSeconds: 1, workingSetBytes: 10, atMs: 0 }],
    ]);
    expect(looked).toEqual([7, 8, 8]);
    expect(asked).toEqual(['far', 'gone', 'far', 'gone']);
  });
});

describe('the sampler', () => {
  const INTERVAL_MS = 10_000;
  let clock: ManualClock;
  let reports: UsageReport[];
  let pods: Map<string, ObservedContainer[]>;
  /** CPU time used up to now, by container. */
  let used: Map<string, number>;
  let machine: Usage | undefined;
  let passes: number;
  let sampler: UsageSampler;

  beforeEach(() => {
    clock = new ManualClock();
    [reports, pods, used, machine, passes] = [[], new Map(), new Map(), undefined, 0];
    sampler = make();
  });
  afterEach(() => sampler.stop());

  const make = () =>
    new UsageSampler({
      store: {
        *seenPods() {
          for (const uid of pods.keys()) yield { uid, namespace: 'n', name: uid };
        },
        of: (uid) => pods.get(uid) ?? [],
      },
      reader: {
        async read(running) {
          passes++;
          const reading = (id: string): [string, Reading][] => {
            const cpuSeconds = used.get(id);
            return cpuSeconds === undefined
              ? []
              : [[id, { cpuSeconds, workingSetBytes: 64, atMs: clock.monotonicMs() }]];
          };
          return new Map(running.flatMap(({ id }) => reading(id)));
        },
      },
      machine: () => machine,
      report: (report) => reports.push(report),
      clock,
      intervalMs: INTERVAL_MS,
    });

  test('tells of what has been there all along from the second pass on', async () => {
    pods.set('p', [container('sandbox', { role: 'sandbox' }), container('c')]);
    used.set('c', 100);
    machine = { cpuSeconds: 1000, workingSetBytes: 4096 };
    sampler.start();
    await clock.advance(0);
    expect([passes, reports.length]).toEqual([1, 0]);
    used.set('c', 105);
    machine = { cpuSeconds: 1020, workingSetBytes: 8192 };
    await clock.advance(INTERVAL_MS);
    expect(reports).toEqual([
      {
        atMs: clock.now(),
        node: { windowMs: INTERVAL_MS, cpuNanocores: 2e9, memoryBytes: 8192 },
        pods: [
          {
            uid: 'p',
            containers: [{ name: 'c', usage: { windowMs: INTERVAL_MS, cpuNanocores: 5e8, memoryBytes: 64 } }],
          },
        ],
      },
    ]);
  });

  test('tells of what has just started at once, and of a restarted container anew', async () => {
    sampler.start();
    await clock.advance(8_000);
    pods.set('p', [container('first', { startedAtMs: clock.now() })]);
    used.set('first', 1);
    await clock.advance(2_000);
    expect(reports.at(-1)?.pods[0]?.containers[0]?.usage).toMatchObject({ windowMs: 2_000, cpuNanocores: 5e8 });
    pods.set('p', [container('first', { state: 'exited' }), container('second', { startedAtMs: clock.now() + 5_000 })]);
    used.set('second', 2);
    await clock.advance(INTERVAL_MS);
    expect(reports.at(-1)?.pods[0]?.containers).toEqual([
      { name: 'second', usage: { windowMs: 5_000, cpuNanocores: 4e8, memoryBytes: 64 } },
    ]);
  });

  test('leaves out pods of which a container has no reading; without a machine to look at, the node is the sum', async () => {
    for (const id of ['a', 'b', 'c']) used.set(id, 0);
    pods.set('whole', [container('a'), container('b')]);
    pods.set('half', [container('c'), container('d')]);
    pods.set('done', [container('e', { state: 'exited' })]);
    sampler.start();
    await clock.advance(0);
    for (const id of ['a', 'b', 'c']) used.set(id, 10);
    await clock.advance(INTERVAL_MS);
    expect(reports[0]?.pods.map(({ uid }) => uid)).toEqual(['whole']);
    expect(reports[0]?.node).toEqual({ windowMs: INTERVAL_MS, cpuNanocores: 2e9, memoryBytes: 128 });
  });

  test('stops', async () => {
    sampler.start();
    await clock.advance(0);
    sampler.stop();
    await clock.advance(10 * INTERVAL_MS);
    expect([passes, clock.pending]).toEqual([1, 0]);
  });

  test('whatever containers use, the rates add up to it', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(steps, async (milliseconds) => {
        reports.length = 0;
        pods.set('p', [container('c')]);
        used.set('c', 50);
        const sampler = make();
        sampler.start();
        await clock.advance(0);
        for (const ms of milliseconds) {
          used.set('c', used.get('c')! + ms / 1000);
          await clock.advance(INTERVAL_MS);
        }
        sampler.stop();
        const seconds = reports.map(({ pods: [pod] }) => {
          const { cpuNanocores, windowMs } = pod!.containers[0]!.usage!;
          return (cpuNanocores * windowMs) / 1e12;
        });
        expect(seconds).toHaveLength(milliseconds.length);
        expect(seconds.reduce((a, b) => a + b, 0)).toBeCloseTo(used.get('c')! - 50, 3);
      }),
      { numRuns: 10 },
    );
  });
});

test('while the network takes nothing, only the newest report waits', () => {
  const outbox = new AgentOutbox();
  const usage = (atMs: number): FromAgent => ({ message: 'usage', usage: { atMs, node: null, pods: [] } });
  outbox.put(usage(1));
  outbox.put(usage(2));
  expect(outbox.empty).toBe(false);
  expect(outbox.take()).toEqual([usage(2)]);
  expect(outbox.empty).toBe(true);
});
