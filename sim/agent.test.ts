import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Agent, createAgent } from '../agent/main.ts';
import { container, podOf } from '../agent/plan/transcript.fixture.ts';
import type { Pod } from '../agent/pod-types.ts';
import { silentLogger } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { seededRng } from '../platform/rng.ts';
import { FakeRuntime } from './container-runtime.ts';
import { ScriptedMaster } from './scripted-master.ts';

const pod = (name: string, spec: Partial<NonNullable<Pod['spec']>> = {}, metadata: Pod['metadata'] = {}): Pod =>
  podOf(spec, { name, uid: `uid-of-${name}`, resourceVersion: '1', ...metadata });
const deleted = { deletionTimestamp: '2030-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 };
const request = { follow: false, previous: false, timestamps: false };

describe('an agent', () => {
  let dataDir: string;
  let clock: ManualClock;
  let runtime: FakeRuntime;
  let master: ScriptedMaster;
  let agent: Agent;
  /** How far the engine's clock is ahead. */
  let aheadMs: number;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'stowage-test-agent-'));
    clock = new ManualClock();
    const prints = [{ stream: 'stdout', text: 'hello\n' }] as const;
    aheadMs = 0;
    const ahead = {
      now: () => clock.now() + aheadMs,
      monotonicMs: () => clock.monotonicMs(),
      setTimer: (delayMs: number, fn: () => void) => clock.setTimer(delayMs, fn),
    };
    runtime = new FakeRuntime({ clock: ahead, programs: { prints: { prints }, fails: { runsMs: 5, exitCode: 3 } } });
    master = new ScriptedMaster();
    agent = make();
  });
  afterEach(async () => {
    await stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function make(): Agent {
    const place = { dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 };
    return createAgent({ ...place, runtime, transport: master, clock, rng: seededRng(1), log: silentLogger });
  }
  /** Lets simulated time pass, and the disk do its work, until it is so. */
  async function until(what: string, check: () => boolean): Promise<void> {
    for (const deadline = performance.now() + 5_000; !check(); await clock.advance(20)) {
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
  async function startWith(...pods: Pod[]): Promise<void> {
    await agent.start();
    await until('it is connected', () => master.connected && master.hellos.length > 0);
    await until('it is ready', () => runtime.all() !== undefined);
    await clock.advance(50);
    master.assignAll(...pods);
    for (const one of pods) await until('it runs', () => master.status(one.metadata?.name ?? '')?.phase === 'Running');
  }
  const running = (name = 'app') =>
    runtime.all().filter((one) => one.state === 'running' && one.labels['io.kubernetes.container.name'] === name);

  test('introduces its node', async () => {
    await startWith();
    const node = JSON.parse(master.hellos[0]?.nodeJson ?? '{}');
    expect(node.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'n1', 'kubernetes.io/os': 'linux' });
    expect(node.status.capacity).toMatchObject({ cpu: '4', memory: '8Gi', pods: '110' });
    expect(node.status.nodeInfo.containerRuntimeVersion).toBe('fake://1');
    await agent.whenReady;
  });

  test('runs what it is assigned, and removes what it is not', async () => {
    await startWith(pod('a'), pod('b'));
    expect(running()).toHaveLength(2);
    master.assignAll(pod('b'));
    await until('the other has gone', () => runtime.all().length === 2);
    expect(running()[0]?.labels['io.kubernetes.pod.name']).toBe('b');
    expect(master.gone).toEqual([]);
  });

  test('tells when a deleted pod has gone, and keeps nothing of it', async () => {
    await startWith(pod('a'));
    master.assignSome(pod('a', {}, deleted));
    await until('it has gone', () => master.gone.includes('a'));
    expect(runtime.all()).toEqual([]);
    expect(await readdir(join(dataDir, 'pods'))).toEqual([]);
  });

  test('restarted, adopts what runs and goes on without a master', async () => {
    await startWith(pod('a'));
    const ids = running().map((one) => one.id);
    await stop();
    expect(running().map((one) => one.id)).toEqual(ids);
    master.away = true;
    agent = make();
    await agent.start();
    await clock.advance(1_000);
    expect(running().map((one) => one.id)).toEqual(ids);
    runtime.die(ids[0] ?? '');
    await until('it runs again', () => running().length === 1 && running()[0]?.id !== ids[0]);
    master.away = false;
    await until('the master is told', () => master.status('a')?.containerStatuses?.[0]?.restartCount === 1);
  });

  test('sees a container end though its clock was set back while it ran', async () => {
    aheadMs = 3_600_000;
    await startWith(pod('a'));
    const [before] = running();
    aheadMs = 0;
    runtime.die(before?.id ?? '');
    await until('it runs again', () => running().length === 1 && running()[0]?.id !== before?.id);
  });

  test('restarted without its memory, ends what the master does not want', async () => {
    await startWith(pod('a'));
    await stop();
    await rm(dataDir, { recursive: true });
    agent = make();
    await agent.start();
    await until('it is connected', () => master.hellos.length === 2);
    await clock.advance(100);
    expect(running()).toHaveLength(1);
    master.assignAll();
    await until('it has gone', () => runtime.all().length === 0);
  });

  test('after a lost session reports all pods again', async () => {
    await startWith(pod('a'));
    master.heard.length = 0;
    master.cut();
    await until('it is told again', () => master.status('a')?.phase === 'Running');
    expect(master.hellos).toHaveLength(2);
  });

  test('says that its node is not ready while the engine is down', async () => {
    await startWith(pod('a'));
    const ready = () => {
      const reports = master.heard.flatMap((message) => message.node?.statusJson ?? []);
      const { conditions = [] } = JSON.parse(reports.at(-1) ?? '{}');
      return conditions.find((one: { type: string }) => one.type === 'Ready');
    };
    runtime.down = true;
    await until('it says so', () => ready()?.status === 'False');
    expect(ready().message).toContain('container runtime is down');
    runtime.down = false;
    await until('it says that it is over', () => ready()?.status === 'True');
    expect(running()).toHaveLength(1);
  });

  test('waits for a config map and starts when it comes', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }];
    await startWith();
    master.assignSome(pod('a', { containers: [container('app', { env })] }));
    const waiting = () => master.status('a')?.containerStatuses?.[0]?.state?.waiting;
    await until('it waits', () => waiting()?.reason === 'CreateContainerConfigError');
    expect(waiting()?.message).toContain('configmap "settings" not found');
    const json = JSON.stringify({
      metadata: { namespace: 'default', name: 'settings', resourceVersion: '5' },
      data: { a: '1' },
    });
    const upsert = { plural: 'configmaps', namespace: 'default', name: 'settings', json };
    master.say({ message: 'assignments', assignments: { complete: false, upserts: [upsert], removals: [] } });
    await until('it runs', () => master.status('a')?.phase === 'Running');
  });

  test('streams logs, of this attempt and the one before, and says why when it cannot', async () => {
    await startWith(pod('a', { containers: [container('app', { command: ['prints'] })] }));
    const ask = async (id: string, more: object) => {
      const ref = { namespace: 'default', name: 'a', uid: 'uid-of-a' };
      const log = { ...request, pod: ref, container: 'app', ...more };
      master.say({ message: 'openTunnel', openTunnel: { id, what: 'log', log } });
      await until('it is answered', () => master.tunnels.get(id)?.result !== undefined);
      return master.tunnels.get(id);
    };
    const now = await ask('1', {});
    expect(now?.text).toBe('hello\n');
    expect(now?.result?.ok).toBe(true);
    expect((await ask('2', { previous: true }))?.result).toMatchObject({
      ok: false,
      message: 'previous terminated container "app" in pod "a" not found',
    });
    expect((await ask('3', { limitBytes: 3 }))?.text).toBe('hel');
    runtime.die(running()[0]?.id ?? '');
    await until('it runs again', () => master.status('a')?.containerStatuses?.[0]?.restartCount === 1);
    expect((await ask('4', { previous: true }))?.text).toBe('hello\n');
  });

  test('runs commands for the master, and says why when it cannot', async () => {
    await startWith(pod('a', { containers: [container('app')] }));
    const ask = async (id: string, more: object) => {
      const ref = { namespace: 'default', name: 'a', uid: 'uid-of-a' };
      const streams = { stdin: false, stdout: true, stderr: true, tty: false, attach: false };
      const exec = { ...streams, pod: ref, container: 'app', command: ['prints'], ...more };
      master.say({ message: 'openTunnel', openTunnel: { id, what: 'exec', exec } });
      await until('it is answered', () => master.tunnels.get(id)?.result !== undefined);
      return master.tunnels.get(id);
    };
    const ran = await ask('1', { command: ['fails'] });
    expect(ran?.result).toEqual({ ok: true, exitCode: 3, message: '' });
    expect((await ask('2', { container: 'other' }))?.result).toMatchObject({
      ok: false,
      message: 'container "other" in pod "a" is not running',
    });
  });

  test('refuses the master of another cell', async () => {
    await startWith();
    await stop();
    master.cellId = 'cell-2';
    agent = make();
    await agent.start();
    const refusal = agent.whenReady.catch((error: Error) => error.message);
    await clock.advance(100);
    expect(await refusal).toContain('belongs to cell cell-1, but the master is that of cell cell-2');
  });
});
