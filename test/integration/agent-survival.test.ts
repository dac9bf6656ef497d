import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dockerRuntime } from '../../agent/docker/docker-runtime.ts';
import { type Agent, createAgent } from '../../agent/main.ts';
import type { Container, Pod } from '../../agent/pod-types.ts';
import { type ContainerRuntime, RuntimeError } from '../../agent/runtime.ts';
import { locateTools } from '../../deploy/setup/tools.mjs';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import { ScriptedMaster } from '../../sim/scripted-master.ts';
import { TestCell } from '../cell.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';
import { run } from '../kubectl.ts';
import { type PrivateEngine, startSecondEngine } from '../private-engine.ts';

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';
const shell = (name: string, script: string, more: Partial<Container> = {}): Container => ({
  name,
  image: TEST_IMAGE,
  imagePullPolicy: 'Never',
  command: ['/bin/sh', '-c', script],
  ...more,
});
const podOf = (name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  metadata: { namespace: 'default', name, uid: `${randomBytes(4).toString('hex')}-${name}`, resourceVersion: '1' },
  spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 1, containers: [shell('app', FOREVER)], ...spec },
});
const gone = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: 1 },
});

/** An agent, its engine and a master that says what a test wants. */
class World {
  readonly host: PrivateEngine;
  readonly engine: Engine;
  readonly master = new ScriptedMaster();
  readonly dataDir: string;
  agent: Agent;

  private constructor(host: PrivateEngine, dataDir: string) {
    this.host = host;
    this.engine = new Engine(host.host);
    this.dataDir = dataDir;
    this.master.cellId = `stowage-test-${randomBytes(4).toString('hex')}`;
    this.agent = this.make();
  }

  /** With the flags of an engine of its own, since that is ended now and then. */
  static async start(...flags: string[]): Promise<World> {
    const { dockerd } = await locateTools();
    if (!dockerd)
      throw new Error('these tests end and restart a Docker engine of their own: they need root and dockerd');
    const host = await startSecondEngine(dockerd, flags);
    const world = new World(host, await mkdtemp(join(tmpdir(), 'stowage-test-survival-')));
    await world.engine.ensureTestImage();
    await world.begin();
    world.master.assignAll();
    return world;
  }

  async begin(more: { runtime?: ContainerRuntime } = {}): Promise<void> {
    this.agent = this.make(more);
    await this.agent.start();
    if (!this.master.away) await this.agent.whenReady;
  }

  private make(more: { runtime?: ContainerRuntime } = {}): Agent {
    const place = { dataDir: this.dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1' };
    const ground = { clock: systemClock, rng: systemRng(), log: silentLogger };
    return createAgent({
      ...place,
      metricsPort: 0,
      dockerHost: this.host.host,
      transport: this.master,
      ...ground,
      ...more,
    });
  }

  status(pod: Pod) {
    return this.master.status(pod.metadata?.name ?? '');
  }

  container(pod: Pod) {
    return this.status(pod)?.containerStatuses?.[0];
  }

  async ready(...pods: Pod[]): Promise<void> {
    const isReady = (pod: Pod) =>
      this.status(pod)?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    await eventually('the pods to be ready', () => pods.every(isReady), 40_000);
  }

  restarted(pod: Pod, count: number): Promise<unknown> {
    const { name } = pod.metadata ?? {};
    return eventually(
      `${name} to have been restarted ${count} times`,
      () => this.container(pod)?.restartCount === count && this.container(pod)?.ready === true,
      40_000,
    );
  }

  /** Every container there is; one name twice would be one thing twice. */
  async running(): Promise<string[]> {
    const all = await this.engine.containers(this.master.cellId);
    const names = all.filter(({ State }) => State === 'running').map(({ Labels }) => nameIn(Labels));
    expect(new Set(names).size).toBe(names.length);
    return names.sort();
  }

  idOf(pod: Pod): string {
    return this.container(pod)?.containerID?.replace('docker://', '') ?? '';
  }

  events(reason: string): string[] {
    return this.master.heard.flatMap(({ event }) => (event?.reason === reason ? [event.message] : []));
  }

  async empty(): Promise<void> {
    this.master.assignAll();
    await eventually('all to go', async () => (await this.engine.containers(this.master.cellId)).length === 0, 60_000);
  }

  async end(): Promise<void> {
    await this.agent.stop();
    await this.host.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

const nameIn = (labels: Record<string, string>): string =>
  `${labels['io.kubernetes.pod.name']}/${labels['io.kubernetes.container.name'] ?? 'POD'}`;

describe('what an agent survives', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.end());

  test('a container that was removed behind its back is made again, and so is a sandbox with all that shares it', async () => {
    const [pod, other] = [podOf('removed'), podOf('uprooted')];
    world.master.assignSome(pod, other);
    await world.ready(pod, other);
    await world.engine.docker.getContainer(world.idOf(pod)).remove({ force: true });
    await world.restarted(pod, 1);
    const sandbox = await world.engine.containerOf(world.master.cellId, 'uprooted', 'POD');
    const before = world.idOf(other);
    await world.engine.docker.getContainer(sandbox?.Id ?? '').remove({ force: true });
    await eventually('another container', () => world.idOf(other) !== before && world.container(other)?.ready === true);
    expect(await world.running()).toEqual(['removed/POD', 'removed/app', 'uprooted/POD', 'uprooted/app']);
    await world.empty();
  });

  test('a container that somebody paused goes on, and so does one that is to go', async () => {
    const pod = podOf('paused');
    world.master.assignSome(pod);
    await world.ready(pod);
    const container = world.engine.docker.getContainer(world.idOf(pod));
    await container.pause();
    await eventually('its going on', async () => !(await container.inspect()).State.Paused);
    await eventually('the event', () => world.events('Resumed').length === 1);
    expect(world.container(pod)).toMatchObject({ restartCount: 0 });
    await world.agent.stop();
    await container.pause();
    await world.begin();
    await world.empty();
  });

  test('while the master is away containers are restarted, and it hears of that afterwards', async () => {
    const pod = podOf('alone');
    world.master.assignSome(pod);
    await world.ready(pod);
    world.master.away = true;
    world.master.cut();
    await world.engine.docker.getContainer(world.idOf(pod)).kill();
    await eventually('the restart', async () => {
      const app = await world.engine.containerOf(world.master.cellId, 'alone', 'app');
      return app !== undefined && app.Id !== world.idOf(pod);
    });
    world.master.away = false;
    await world.restarted(pod, 1);
    await world.empty();
  });

  test('an image that vanishes between two attempts is missed in words, and used once it is back', async () => {
    const pod = podOf('vanishing', {
      containers: [shell('app', 'sleep 2; exit 1', { image: 'stowage-test/other:1' })],
    });
    const image = world.engine.docker.getImage(TEST_IMAGE);
    await image.tag({ repo: 'stowage-test/other', tag: '1' });
    world.master.assignSome(pod);
    await world.ready(pod);
    await world.engine.docker.getImage('stowage-test/other:1').remove({ force: true });
    const waiting = () => world.container(pod)?.state?.waiting;
    await eventually('its absence', () => waiting()?.reason === 'ErrImageNeverPull', 40_000);
    await image.tag({ repo: 'stowage-test/other', tag: '1' });
    await eventually('the next attempt', () => (world.container(pod)?.restartCount ?? 0) >= 1, 40_000);
    await world.empty();
  });

  test('many pods that are deleted at once are all gone, each told once', async () => {
    const pods = Array.from({ length: 12 }, (_, index) => podOf(`many-${index}`));
    world.master.assignSome(...pods);
    await world.ready(...pods);
    world.master.assignSome(...pods.map(gone));
    const told = () => world.master.gone.filter((name) => name.startsWith('many-'));
    await eventually('all to be gone', () => told().length >= pods.length, 60_000);
    expect(new Set(told()).size).toBe(pods.length);
    expect(told()).toHaveLength(pods.length);
    expect(await world.engine.containers(world.master.cellId)).toEqual([]);
  });

  test('a container whose making was done but not answered is taken over, and not made twice', async () => {
    await world.agent.stop();
    const runtime = dockerRuntime({ host: world.host.host, clock: systemClock });
    const lost = new Set<string>();
    const create = runtime.create.bind(runtime);
    runtime.create = async (spec) => {
      const id = await create(spec);
      if (lost.has(spec.name)) return id;
      lost.add(spec.name);
      throw new RuntimeError('unreachable', 'the answer was lost');
    };
    await world.begin({ runtime });
    const pod = podOf('unanswered');
    world.master.assignAll(pod);
    await world.ready(pod);
    expect(lost.size).toBe(2);
    expect(world.container(pod)).toMatchObject({ restartCount: 0 });
    expect(await world.engine.containers(world.master.cellId)).toHaveLength(2);
    await world.empty();
    await world.agent.stop();
    await world.begin();
  });

  test('a full disk keeps a pod waiting, in words, until there is room', async () => {
    const pods = join(world.dataDir, 'pods');
    await mkdir(pods, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', pods]);
    try {
      await writeFile(join(pods, 'ballast'), Buffer.alloc(512 * 1024)).catch(() => {});
      const pod = podOf('crowded', {
        volumes: [
          { name: 'about', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
        ],
        containers: [shell('app', FOREVER, { volumeMounts: [{ name: 'about', mountPath: '/about' }] })],
      });
      world.master.assignSome(pod);
      await eventually('the trouble', () => world.events('FailedMount').some((text) => /ENOSPC|no space/.test(text)));
      await rm(join(pods, 'ballast'));
      await world.ready(pod);
      await world.empty();
    } finally {
      await run('umount', [pods]);
    }
  });

  test('after a restart of the engine everything runs again, once', async () => {
    const pods = [podOf('first'), podOf('second')];
    world.master.assignSome(...pods);
    await world.ready(...pods);
    world.master.heard.length = 0;
    await world.host.restart('SIGTERM');
    for (const pod of pods) await world.restarted(pod, 1);
    expect(await world.running()).toEqual(['first/POD', 'first/app', 'second/POD', 'second/app']);
    await world.empty();
  });

  test('after a reboot with the master away everything comes back from disk, and counts go on', async () => {
    const pod = podOf('rebooted');
    world.master.assignSome(pod);
    await world.ready(pod);
    await world.engine.docker.getContainer(world.idOf(pod)).kill();
    await world.restarted(pod, 1);
    world.master.away = true;
    world.master.cut();
    await world.agent.stop();
    world.master.heard.length = 0;
    await world.host.restart('SIGTERM');
    await world.begin();
    const isBack = async () => (await world.running()).join() === 'rebooted/POD,rebooted/app';
    await eventually('the pod to run', isBack, 40_000);
    world.master.away = false;
    await eventually('the master to hear of it', () => world.container(pod)?.restartCount === 2);
    await world.empty();
  });
});

describe('an engine that keeps containers while it is away', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start('--live-restore');
  });
  afterAll(() => world?.end());

  test('is restarted: what runs runs on, and what ended meanwhile is seen to', async () => {
    const pod = podOf('kept');
    const ends = podOf('ends');
    world.master.assignSome(pod, ends);
    await world.ready(pod, ends);
    const id = world.idOf(pod);
    const { State } = await world.engine.docker.getContainer(world.idOf(ends)).inspect();
    // One of them dies while nobody looks.
    await world.host.restart('SIGTERM', async () => void process.kill(State.Pid, 'SIGKILL'));
    await world.restarted(ends, 1);
    expect(world.idOf(pod)).toBe(id);
    expect(world.container(pod)).toMatchObject({ restartCount: 0, ready: true });
    expect(await world.running()).toHaveLength(4);
    await world.empty();
  });
});

describe('an agent that is killed', () => {
  test('while it starts pods, goes on with them, and none runs twice', async () => {
    const { dockerd } = await locateTools();
    const host = await startSecondEngine(dockerd ?? '');
    const engine = new Engine(host.host);
    await engine.ensureTestImage();
    const cell = await TestCell.create({ dockerHost: host.host, kubectl: inject('kubectl') });
    try {
      await cell.start();
      const names = Array.from({ length: 8 }, (_, index) => `load-${index}`);
      const manifest = names.map((name) => ({ apiVersion: 'v1', kind: 'Pod', ...podOf(name), metadata: { name } }));
      await cell.kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifest }));
      const cellId = await cell.cellId();
      await eventually('some to run', async () => (await engine.containers(cellId)).length >= 5, 40_000);
      cell.agent?.child.kill('SIGKILL');
      await cell.startAgent();
      await eventually(
        'all to run',
        async () => {
          const { items } = JSON.parse(await cell.kubectl.run(['get', 'pods', '-o', 'json'])) as { items: Pod[] };
          return items.filter(({ status }) => status?.phase === 'Running').length === names.length;
        },
        60_000,
      );
      const made = (await engine.containers(cellId, 'default')).map(({ Labels }) => nameIn(Labels));
      expect(made.sort()).toEqual(names.flatMap((name) => [`${name}/POD`, `${name}/app`]).sort());
    } finally {
      await cell.destroy();
      await host.stop();
    }
  });
});
