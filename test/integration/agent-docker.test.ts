import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dockerRuntime } from '../../agent/docker/docker-runtime.ts';
import { removeCell } from '../../agent/docker/remove-cell.ts';
import { cellLabels } from '../../agent/labels.ts';
import { type Agent, createAgent } from '../../agent/main.ts';
import type { Container, Pod } from '../../agent/pod-types.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import { ScriptedMaster } from '../../sim/scripted-master.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';
const shell = (name: string, script: string, more: Partial<Container> = {}): Container => ({
  name,
  image: TEST_IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['/bin/sh', '-c', script],
  ...more,
});
const podOf = (name: string, spec: Partial<NonNullable<Pod['spec']>>): Pod => ({
  metadata: { namespace: 'default', name, uid: `${randomBytes(4).toString('hex')}-${name}`, resourceVersion: '1' },
  spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 5, containers: [], ...spec },
});
const gone = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: 5 },
});

describe('an agent on Docker', () => {
  const host = inject('dockerHost');
  const engine = new Engine(host);
  const master = new ScriptedMaster();
  let dataDir: string;
  let agent: Agent;

  beforeAll(async () => {
    await engine.ensureTestImage();
    dataDir = await mkdtemp(join(tmpdir(), 'stowage-test-agent-'));
    master.cellId = `stowage-test-${randomBytes(4).toString('hex')}`;
    agent = make();
    await agent.start();
    await agent.whenReady;
    master.assignAll();
  });
  afterAll(async () => {
    await agent.stop();
    await removeCell(host, cellLabels(master.cellId));
    await rm(dataDir, { recursive: true, force: true });
  });

  function make(): Agent {
    const place = { dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 };
    const ground = { clock: systemClock, rng: systemRng(), log: silentLogger };
    return createAgent({ ...place, dockerHost: host, transport: master, ...ground });
  }
  const phase = (pod: Pod) => master.status(pod.metadata?.name ?? '')?.phase;
  const running = (pod: Pod) => eventually(`${pod.metadata?.name} to run`, () => phase(pod) === 'Running');
  const containerOf = (pod: Pod, name: string) => engine.containerOf(master.cellId, pod.metadata?.name ?? '', name);

  async function log(pod: Pod, container: string): Promise<string> {
    const id = randomBytes(4).toString('hex');
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const request = { pod: { namespace, name, uid }, container, follow: false, previous: false, timestamps: false };
    master.say({ message: 'openTunnel', openTunnel: { id, what: 'log', log: request } });
    await eventually('the log', () => master.tunnels.get(id)?.result !== undefined);
    return master.tunnels.get(id)?.text ?? '';
  }

  test('containers of a pod share network, volumes and life, and keep to their limits', async () => {
    const json = JSON.stringify({
      metadata: { namespace: 'default', name: 'settings', resourceVersion: '1' },
      data: { colour: 'red' },
    });
    const settings = { plural: 'configmaps', namespace: 'default', name: 'settings', json };
    master.say({ message: 'assignments', assignments: { complete: false, upserts: [settings], removals: [] } });
    const mounts = [
      { name: 'scratch', mountPath: '/scratch' },
      { name: 'fast', mountPath: '/fast' },
      { name: 'settings', mountPath: '/settings' },
    ];
    const env = [
      { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ];
    const resources = { requests: { cpu: '250m' }, limits: { cpu: '500m', memory: '32Mi' } };
    const show =
      'echo $COLOUR $IP $HOSTNAME; cat /settings/colour /scratch/from-init /fast/from-init; busybox cat /proc/mounts';
    const pod = podOf('whole', {
      volumes: [
        { name: 'scratch', emptyDir: {} },
        { name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'settings', configMap: { name: 'settings' } },
      ],
      initContainers: [
        shell('init', 'echo disk > /scratch/from-init; echo memory > /fast/from-init', { volumeMounts: mounts }),
      ],
      containers: [
        shell('app', `${show}; ${FOREVER}`, { env, resources, volumeMounts: mounts }),
        shell('other', `busybox hostname; ${FOREVER}`),
      ],
    });
    master.assignSome(pod);
    await running(pod);
    const status = master.status('whole');
    const written = await eventually('the log', async () => {
      const text = await log(pod, 'app');
      return text.includes('/fast') && text;
    });
    expect(written).toContain(`red ${status?.podIP} whole\nreddisk\nmemory\n`);
    expect(written).toMatch(/^tmpfs \/fast tmpfs .*size=1024k/m);
    expect(await log(pod, 'other')).toContain('whole');
    const app = await containerOf(pod, 'app');
    const { HostConfig } = await engine.docker.getContainer(app?.Id ?? '').inspect();
    expect(HostConfig).toMatchObject({ CpuShares: 256, CpuQuota: 50_000, Memory: 32 * 1024 ** 2 });
    expect(status?.containerStatuses?.[0]).toMatchObject({
      containerID: `docker://${app?.Id}`,
      imageID: `docker://${app?.ImageID}`,
    });
    master.assignSome(gone(pod));
    await eventually('the pod to go', () => master.gone.includes('whole'));
    expect(await engine.containers(master.cellId)).toEqual([]);
    expect(await readdir(join(dataDir, 'pods'))).toEqual([]);
    const { Volumes } = await engine.docker.listVolumes({ filters: { label: [`stowage.dev/cell=${master.cellId}`] } });
    expect(Volumes ?? []).toEqual([]);
  });

  test('a container killed behind the agent is back at once', async () => {
    const pod = podOf('killed', { containers: [shell('app', FOREVER)] });
    master.assignSome(pod);
    await running(pod);
    const before = await containerOf(pod, 'app');
    await engine.docker.getContainer(before?.Id ?? '').kill();
    const restarted = () => master.status('killed')?.containerStatuses?.[0];
    await eventually('the restart', () => restarted()?.restartCount === 1 && restarted()?.ready === true, 5_000);
    expect(restarted()?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    master.assignSome(gone(pod));
    await eventually('the pod to go', () => master.gone.includes('killed'));
  });

  test('a restarted agent adopts its containers', async () => {
    const pod = podOf('adopted', { containers: [shell('app', FOREVER)] });
    master.assignSome(pod);
    await running(pod);
    const before = await containerOf(pod, 'app');
    await agent.stop();
    master.heard.length = 0;
    agent = make();
    await agent.start();
    await agent.whenReady;
    master.assignAll(pod);
    await running(pod);
    expect((await containerOf(pod, 'app'))?.Id).toBe(before?.Id);
    expect(master.status('adopted')?.containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      containerID: `docker://${before?.Id}`,
    });
    master.assignAll();
    await eventually('the pod to go', async () => (await engine.containers(master.cellId)).length === 0);
  });

  test('a job ends, a broken command is told, an absent image is not found', async () => {
    const job = podOf('job', { restartPolicy: 'Never', containers: [shell('app', 'echo done; exit 0')] });
    const broken = podOf('broken', { containers: [{ ...shell('app', ''), command: ['/no/such/program'] }] });
    const absent = podOf('absent', { containers: [{ ...shell('app', ''), image: 'stowage.invalid/absent:1' }] });
    master.assignSome(job, broken, absent);
    await eventually('the job to end', () => phase(job) === 'Succeeded');
    expect(await log(job, 'app')).toBe('done\n');
    const one = (name: string) => master.status(name)?.containerStatuses?.[0];
    await eventually('the trouble', () => one('broken')?.lastState?.terminated?.reason === 'ContainerCannotRun');
    expect(one('broken')?.lastState?.terminated?.message).toContain('no such file');
    await eventually('the trouble', () =>
      /^(ErrImagePull|ImagePullBackOff)$/.test(one('absent')?.state?.waiting?.reason ?? ''),
    );
    master.assignAll();
    await eventually('all to go', async () => (await engine.containers(master.cellId)).length === 0);
  });

  test('the runtime reads the statistics of a container that runs', async () => {
    const runtime = dockerRuntime({ host, clock: systemClock });
    const pod = podOf('used', { containers: [shell('app', FOREVER)] });
    master.assignSome(pod);
    await running(pod);
    const stats = await runtime.stats((await containerOf(pod, 'app'))?.Id ?? '');
    expect(stats?.memoryWorkingSetBytes).toBeGreaterThan(0);
    expect(stats?.cpuSeconds).toBeGreaterThan(0);
    runtime.close();
    master.assignAll();
    await eventually('the pod to go', async () => (await engine.containers(master.cellId)).length === 0);
  });
});
