import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Agent, createAgent } from '../agent/main.ts';
import { container, podOf } from '../agent/plan/transcript.fixture.ts';
import type { Pod } from '../agent/pod-types.ts';
import type { Supply } from '../agent/pressure/signals.ts';
import type { Signal } from '../agent/pressure/thresholds.ts';
import { silentLogger } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { seededRng } from '../platform/rng.ts';
import { FakeRuntime } from './container-runtime.ts';
import { ScriptedMaster } from './scripted-master.ts';

/** Four processors: the room that pods share here. */
describe('an agent and the room of its node', () => {
  let dataDir: string;
  let clock: ManualClock;
  let runtime: FakeRuntime;
  let master: ScriptedMaster;
  let agent: Agent;
  const left = new Map<Signal, Supply>();

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'stowage-test-agent-'));
    left.clear();
    clock = new ManualClock();
    runtime = new FakeRuntime({ clock, programs: { stubborn: { stubborn: true } } });
    master = new ScriptedMaster();
    agent = make();
    await agent.start();
    await until('it is connected', () => master.connected);
    await clock.advance(50);
    master.assignAll();
  });
  afterEach(async () => {
    await stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function make(): Agent {
    const place = { dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 };
    const ground = { clock, rng: seededRng(1), log: silentLogger };
    return createAgent({ ...place, ...ground, runtime, transport: master, signals: async () => left });
  }
  async function until(what: string, check: () => boolean): Promise<void> {
    for (const deadline = performance.now() + 8_000; !check(); await clock.advance(20)) {
      if (performance.now() > deadline) throw new Error(`it never came to pass: ${what}`);
    }
  }
  async function stop(): Promise<void> {
    let stopped = false;
    const stopping = agent.stop().then(() => {
      stopped = true;
    });
    await until('it stops', () => stopped);
    await stopping;
  }

  const pod = (name: string, cpu: string, more: Pod['metadata'] = {}, command = 'app'): Pod => {
    const app = container('app', { command: [command], resources: { requests: { cpu }, limits: { cpu } } });
    return podOf({ containers: [app] }, { name, uid: `uid-of-${name}`, resourceVersion: '1', ...more });
  };
  const deleted = (one: Pod): Pod => ({
    ...one,
    metadata: { ...one.metadata, deletionTimestamp: '2030-01-01T00:01:00Z', deletionGracePeriodSeconds: 30 },
  });
  const status = (name: string) => master.status(name);
  const isRunning = (name: string) => () => status(name)?.phase === 'Running';
  const resized = (name: string) => status(name)?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason;
  const removed = (name: string) => ({ plural: 'pods', namespace: 'default', name, uid: `uid-of-${name}` });

  test('who takes the place of a pod in the same message is let in', async () => {
    master.assignSome(pod('old', '3'));
    await until('it runs', isRunning('old'));
    const json = JSON.stringify(pod('new', '3'));
    const upserts = [{ plural: 'pods', namespace: 'default', name: 'new', json }];
    master.say({ message: 'assignments', assignments: { complete: false, upserts, removals: [removed('old')] } });
    await until('the other runs', isRunning('new'));
  });

  test('a pod that is ending holds its room until it is over, one that is over holds none', async () => {
    const stubborn = pod('stubborn', '3', {}, 'stubborn');
    master.assignSome(stubborn);
    await until('it runs', isRunning('stubborn'));
    master.assignSome(deleted(stubborn));
    await clock.advance(1_000);
    master.assignSome(pod('early', '2'));
    await until('it is refused', () => status('early')?.reason === 'OutOfcpu');
    await until('the first has gone', () => master.gone.includes('stubborn'));
    master.assignSome(pod('late', '4'));
    await until('it runs', isRunning('late'));
    expect(runtime.all().filter(({ labels }) => labels['io.kubernetes.pod.name'] === 'early')).toEqual([]);
    const told = master.heard.flatMap(({ event }) => event ?? []).filter(({ reason }) => reason === 'OutOfcpu');
    expect(told).toHaveLength(1);
  });

  test('a restarted agent refuses nobody who has begun', async () => {
    master.assignSome(pod('a', '3'));
    await until('it runs', isRunning('a'));
    await stop();
    master.heard.length = 0;
    agent = make();
    await agent.start();
    // While it was away somebody was put beside it.
    await until('it is connected', () => master.connected);
    await clock.advance(50);
    master.assignAll(pod('a', '3'), pod('b', '2'));
    await until('the new one is refused', () => status('b')?.reason === 'OutOfcpu');
    await until('the old one runs', isRunning('a'));
  });

  test('more is granted once somebody has gone; never more than there is', async () => {
    master.assignSome(pod('a', '2'), pod('b', '2'));
    await until('both run', () => isRunning('a')() && isRunning('b')());
    master.assignSome(pod('a', '3'));
    await until('it is deferred', () => resized('a') === 'Deferred');
    const quota = () =>
      runtime.all().find(({ labels }) => {
        return labels['io.kubernetes.pod.name'] === 'a' && labels['io.kubernetes.container.name'] === 'app';
      })?.limits?.cpuQuotaUs;
    expect(quota()).toBe(200_000);
    expect(status('a')?.containerStatuses?.[0]?.allocatedResources).toEqual({ cpu: '2' });
    master.assignSome(deleted(pod('b', '2')));
    await until('it is granted', () => resized('a') === undefined);
    await until('it is done', () => status('a')?.containerStatuses?.[0]?.resources?.limits?.cpu === '3');
    expect(quota()).toBe(300_000);
    master.assignSome(pod('a', '5'));
    await until('it is refused', () => resized('a') === 'Infeasible');
    expect(status('a')?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  test('under pressure the node says so, and a pod is ended', async () => {
    master.assignSome(pod('a', '1'));
    await until('it runs', isRunning('a'));
    left.set('memory.available', { available: 1, capacity: 8 * 1024 ** 3 });
    await clock.advance(10_000);
    await until('it is evicted', () => status('a')?.reason === 'Evicted');
    const node = () =>
      master.heard.flatMap(({ node: report }) => (report ? [JSON.parse(report.statusJson)] : [])).at(-1);
    await until('the node says so', () => node() !== undefined);
    expect(node().conditions).toContainEqual(
      expect.objectContaining({ type: 'MemoryPressure', status: 'True', reason: 'HasInsufficientMemory' }),
    );
    const aboutNode = master.heard.flatMap(({ event }) => event ?? []).filter(({ pod: of }) => !of);
    expect(aboutNode).toContainEqual(expect.objectContaining({ type: 'Warning', reason: 'EvictionThresholdMet' }));
  });
});
