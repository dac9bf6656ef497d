import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { removeCell } from '../../agent/docker/remove-cell.ts';
import { cellLabels } from '../../agent/labels.ts';
import { type Agent, createAgent } from '../../agent/main.ts';
import type { Container, Pod } from '../../agent/pod-types.ts';
import type { Supply } from '../../agent/pressure/signals.ts';
import type { Signal } from '../../agent/pressure/thresholds.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { systemRng } from '../../platform/rng.ts';
import { ScriptedMaster } from '../../sim/scripted-master.ts';
import { Engine, TEST_IMAGE } from '../docker.ts';
import { eventually } from '../eventually.ts';

type Spec = NonNullable<Pod['spec']>;

const MIB = 1024 ** 2;
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';
const shell = (script: string, more: Partial<Container> = {}): Container => ({
  name: 'app',
  image: TEST_IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['/bin/sh', '-c', script],
  ...more,
});
const podOf = (name: string, spec: Partial<Spec>): Pod => ({
  metadata: { namespace: 'default', name, uid: `${randomBytes(4).toString('hex')}-${name}`, resourceVersion: '1' },
  spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 1, containers: [], ...spec },
});

/** Denies one call, so that whoever is under it can tell. */
const NO_MKDIR = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
};

describe('an agent keeps its pods within their rights and its machine within its means', () => {
  const host = inject('dockerHost');
  const engine = new Engine(host);
  const master = new ScriptedMaster();
  /** What is left of the machine, as the tests have it. */
  const left = new Map<Signal, Supply>();
  let dataDir: string;
  let agent: Agent;
  /** As a shell in it has it. */
  let imageWithUser: string;

  beforeAll(async () => {
    // Little enough to be looked at each second.
    left.set('memory.available', { available: 150 * MIB, capacity: 4096 * MIB });
    await engine.ensureTestImage();
    imageWithUser = await derive('named', { User: 'nobody' });
    dataDir = await mkdtemp(join(tmpdir(), 'stowage-test-agent-'));
    await mkdir(join(dataDir, 'seccomp'));
    await writeFile(join(dataDir, 'seccomp', 'no-mkdir.json'), JSON.stringify(NO_MKDIR, undefined, 2));
    master.cellId = `stowage-test-${randomBytes(4).toString('hex')}`;
    agent = createAgent({
      ...{ dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 },
      ...{ dockerHost: host, transport: master, clock: systemClock, rng: systemRng(), log: silentLogger },
      node: {
        allowedUnsafeSysctls: ['net.core.somaxconn'],
        pressureTransitionMs: 1_000,
        podMaxPids: 64,
        extendedResources: { 'nvidia.com/gpu': 2 },
      },
      signals: async () => left,
    });
    await agent.start();
    await agent.whenReady;
    master.assignAll();
  });
  afterEach(async () => {
    master.assignAll();
    await eventually('all to go', async () => (await engine.containers(master.cellId)).length === 0);
  });
  afterAll(async () => {
    await agent.stop();
    await removeCell(host, cellLabels(master.cellId));
    await rm(dataDir, { recursive: true, force: true });
    await engine.docker.getImage(imageWithUser).remove({ force: true });
  });

  /** The test image with another configuration. */
  async function derive(tag: string, config: object): Promise<string> {
    const made = await engine.docker.createContainer({ Image: TEST_IMAGE, Cmd: ['true'] });
    const [repo] = TEST_IMAGE.split(':');
    const name = `${repo}-${randomBytes(3).toString('hex')}`;
    await made.commit({ repo: name, tag, ...config } as object);
    await made.remove();
    return `${name}:${tag}`;
  }

  const status = (name: string) => master.status(name);
  const one = (name: string) => status(name)?.containerStatuses?.[0];
  const inspect = async (name: string) => {
    const found = await engine.containerOf(master.cellId, name, 'app');
    return engine.docker.getContainer(found?.Id ?? '').inspect();
  };
  async function run(pod: Pod): Promise<void> {
    master.assignSome(pod);
    await eventually(`${pod.metadata?.name} to run`, () => status(pod.metadata?.name ?? '')?.phase === 'Running');
  }
  /** What a pod's container says in its termination message; it is to end well. */
  async function says(spec: Partial<Spec>, script: string, more: Partial<Container> = {}): Promise<string> {
    const name = `says-${randomBytes(3).toString('hex')}`;
    const container = shell(`{ ${script}; echo end; } > /dev/termination-log 2>&1`, {
      terminationMessagePath: '/dev/termination-log',
      ...more,
    });
    master.assignSome(podOf(name, { restartPolicy: 'Never', ...spec, containers: [container] }));
    return await eventually(`${name} to end`, () => {
      const { message, exitCode } = one(name)?.state?.terminated ?? {};
      if (!message?.endsWith('end\n')) throw new Error(`it ended with ${exitCode} and said "${message}"`);
      return { text: message.slice(0, -'end\n'.length).trim() };
    }).then(({ text }) => text);
  }
  /** Why a pod's container is not made. */
  async function refusal(spec: Partial<Spec>, more: Partial<Container> = {}): Promise<string> {
    const name = `waits-${randomBytes(3).toString('hex')}`;
    master.assignSome(podOf(name, { ...spec, containers: [shell(FOREVER, more)] }));
    const waiting = await eventually(`${name} to wait`, () => {
      const state = one(name)?.state?.waiting;
      return state?.reason === 'CreateContainerConfigError' && state;
    });
    return waiting.message ?? '';
  }

  test('users and groups', async () => {
    const groups = { runAsUser: 1234, runAsGroup: 2345, supplementalGroups: [3456], fsGroup: 4567 };
    const nonRoot = { securityContext: { runAsNonRoot: true } };
    const [all, alone, root, named] = await Promise.all([
      says({ securityContext: groups }, 'busybox id -u; busybox id -g; busybox id -G'),
      says({ securityContext: { runAsGroup: 2345 } }, 'busybox id -u; busybox id -g'),
      refusal(nonRoot),
      refusal(nonRoot, { image: imageWithUser }),
    ]);
    expect(all).toMatch(/^1234\n2345\n2345 (3456 4567|4567 3456)$/);
    // The image's user stays as it is.
    expect(alone).toBe('0\n2345');
    expect(root).toContain('must not run as root');
    expect(named).toContain('non-numeric user "nobody": cannot verify that it is not root');
  });

  /** Lines of its own /proc/self/status. */
  const ownStatus = (...names: string[]) =>
    `busybox cat /proc/self/status | while read k v; do case $k in ${names.map((name) => `${name}:`).join('|')}) echo $v;; esac; done`;

  test('capabilities, escalation, the root file system, /proc', async () => {
    const capabilities = { drop: ['ALL'], add: ['CAP_NET_ADMIN', 'chown'] };
    const dropped = { capabilities, allowPrivilegeEscalation: false };
    const masked = 'busybox cat /proc/mounts | while read d m r; do case $m in /proc/sys) echo masked;; esac; done';
    const [bounding, written, usual, unmasked] = await Promise.all([
      says({}, ownStatus('CapBnd', 'NoNewPrivs'), { securityContext: dropped }),
      says({}, 'echo x > /x', { securityContext: { readOnlyRootFilesystem: true } }),
      says({}, masked),
      says({}, masked, { securityContext: { procMount: 'Unmasked' } }),
    ]);
    expect(bounding).toBe('0000000000001001\n1');
    expect(written).toContain('Read-only file system');
    expect(usual).toBe('masked');
    expect(unmasked).toBe('');
  });

  test('profiles', async () => {
    const seccomp = (localhostProfile: string) => ({
      securityContext: { seccompProfile: { type: 'Localhost' as const, localhostProfile } },
    });
    const unconfined = { securityContext: { seccompProfile: { type: 'Unconfined' as const } } };
    const appArmorProfile = { type: 'Localhost' as const, localhostProfile: 'strict' };
    const { SecurityOptions } = await engine.docker.info();
    const hasAppArmor = SecurityOptions?.some((option: string) => option.includes('apparmor'));
    const [confined, usual, mode, absent, unarmoured] = await Promise.all([
      says(seccomp('no-mkdir.json'), 'mkdir /tmp/x'),
      says({}, 'mkdir /tmp/x && echo made'),
      says(unconfined, ownStatus('Seccomp')),
      refusal(seccomp('none.json')),
      hasAppArmor ? 'has no AppArmor' : refusal({ securityContext: { appArmorProfile } }),
    ]);
    expect(confined).toContain('not permitted');
    expect(usual).toBe('made');
    expect(mode).toBe('0');
    expect(absent).toMatch(/seccomp profile "none.json": cannot read/);
    expect(unarmoured).toContain('has no AppArmor');
  });

  test('sysctls: safe ones and those that are allowed', async () => {
    const sysctls = [
      { name: 'net.ipv4.ip_unprivileged_port_start', value: '80' },
      { name: 'net/core/somaxconn', value: '99' },
    ];
    const show = 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/core/somaxconn';
    expect(await says({ securityContext: { sysctls } }, show)).toBe('80\n99');
    const unsafe = { sysctls: [{ name: 'kernel.msgmax', value: '1' }] };
    master.assignSome(podOf('unsafe', { securityContext: unsafe, containers: [shell(FOREVER)] }));
    await eventually('the refusal', () => status('unsafe')?.reason === 'SysctlForbidden');
    expect(status('unsafe')).toMatchObject({ phase: 'Failed', message: expect.stringContaining('kernel.msgmax') });
  });

  test('pods that do not fit are refused, and none that runs is touched', async () => {
    const asking = (cpu: string) => [shell(FOREVER, { resources: { requests: { cpu } } })];
    await run(podOf('first', { containers: asking('10m') }));
    master.assignSome(podOf('huge', { containers: asking('10k') }));
    await eventually('the refusal', () => status('huge')?.reason === 'OutOfcpu');
    expect(status('huge')).toMatchObject({ phase: 'Failed', message: expect.stringContaining('requested: 10000000') });
    master.assignSome(podOf('elsewhere', { containers: asking('1m'), nodeSelector: { 'kubernetes.io/os': 'plan9' } }));
    await eventually('the refusal', () => status('elsewhere')?.reason === 'NodeAffinity');
    expect(status('first')?.phase).toBe('Running');
    expect(await engine.containers(master.cellId)).toHaveLength(2);
  });

  test('resources change in place; with RestartContainer the container starts anew', async () => {
    const pod = podOf('resized', {});
    const asking = (cpu: string, memory: string): Container =>
      shell(FOREVER, {
        resources: { requests: { cpu, memory }, limits: { cpu, memory } },
        resizePolicy: [
          { resourceName: 'cpu', restartPolicy: 'NotRequired' },
          { resourceName: 'memory', restartPolicy: 'RestartContainer' },
        ],
      });
    const become = (cpu: string, memory: string) => ({
      ...pod,
      spec: { ...pod.spec, containers: [asking(cpu, memory)] },
    });
    const condition = (type: string) => status('resized')?.conditions?.find((found) => found.type === type);
    await run(become('100m', '32Mi'));
    const before = await inspect('resized');
    master.assignSome(become('200m', '32Mi'));
    await eventually('the new limit', () => one('resized')?.resources?.limits?.cpu === '200m');
    const after = await inspect('resized');
    expect(after).toMatchObject({ Id: before.Id, HostConfig: { CpuQuota: 20_000, CpuShares: 204 } });
    expect(one('resized')).toMatchObject({ restartCount: 0, allocatedResources: { cpu: '200m', memory: '32Mi' } });
    master.assignSome(become('200m', '48Mi'));
    await eventually('the restart', () => one('resized')?.restartCount === 1 && one('resized')?.ready);
    expect((await inspect('resized')).HostConfig.Memory).toBe(48 * MIB);
    master.assignSome(become('10k', '48Mi'));
    await eventually('the refusal', () => condition('PodResizePending')?.reason === 'Infeasible');
    expect(one('resized')?.resources?.limits?.cpu).toBe('200m');
    expect(one('resized')?.restartCount).toBe(1);
  });

  test('what limits the pod limits all its containers together', async () => {
    const fork = 'i=0; while [ $i -lt 100 ]; do sleep 9 & i=$((i+1)); done; echo all';
    expect(await says({}, `(${fork})`)).toMatch(/can't fork/);
    const { CgroupDriver, CgroupVersion } = await engine.docker.info();
    // Elsewhere pods have no cgroups.
    if (CgroupDriver !== 'cgroupfs') return;
    const both = ['one', 'two'].map((name) => shell(FOREVER, { name, resources: { requests: { cpu: '100m' } } }));
    const resources = { limits: { cpu: '500m', memory: '64Mi' } };
    // Of production, so that nothing is taken from it while others keep the machine busy.
    const pod = podOf('whole', { priority: 5_000_000, containers: both, resources });
    await run(pod);
    const place = `stowage-${master.cellId}/pod${pod.metadata?.uid}`;
    const [file, shares] =
      CgroupVersion === '2'
        ? [`/sys/fs/cgroup/${place}/memory.max`, `/sys/fs/cgroup/${place}/cpu.weight`]
        : [`/sys/fs/cgroup/memory/${place}/memory.limit_in_bytes`, `/sys/fs/cgroup/cpu/${place}/cpu.shares`];
    expect((await readFile(file, 'utf8')).trim()).toBe(String(64 * MIB));
    expect((await readFile(shares, 'utf8')).trim()).toBe(CgroupVersion === '2' ? '20' : '512');
    const one = await engine.containerOf(master.cellId, 'whole', 'one');
    const { State } = await engine.docker.getContainer(one?.Id ?? '').inspect();
    expect(await readFile(`/proc/${State.Pid}/cgroup`, 'utf8')).toContain(`/${place}/${one?.Id}`);
    master.assignAll();
    await eventually('the cgroup to go', () => !existsSync(file));
  });

  test('GPUs are asked of the engine by id, each for one container', async () => {
    const asking = (gpus: string) => [shell(FOREVER, { resources: { limits: { 'nvidia.com/gpu': gpus } } })];
    master.assignSome(podOf('gpu', { restartPolicy: 'Never', containers: asking('1') }));
    const made = await eventually('the container', async () => {
      const label = [`stowage.dev/cell=${master.cellId}`, 'io.kubernetes.container.name=app'];
      return (await engine.docker.listContainers({ all: true, filters: { label } }))[0];
    });
    const { HostConfig } = await engine.docker.getContainer(made.Id).inspect();
    expect(HostConfig.DeviceRequests).toMatchObject([{ Driver: 'nvidia', DeviceIDs: ['0'], Capabilities: [['gpu']] }]);
    // No engine of these tests has a GPU.
    await eventually('its end', () => one('gpu')?.state?.terminated?.reason === 'ContainerCannotRun');
    expect(one('gpu')?.state?.terminated?.message).toContain('device driver');
    master.assignSome(podOf('greedy', { containers: asking('3') }));
    await eventually('the refusal', () => status('greedy')?.reason === 'OutOfnvidia.com/gpu');
  });

  test('who writes more than he may is evicted', async () => {
    const resources = { limits: { 'ephemeral-storage': '4Mi' } };
    const writing = shell(`dd if=/dev/zero of=/big bs=1024k count=8; ${FOREVER}`, { resources });
    await run(podOf('writer', { containers: [writing] }));
    await eventually('the eviction', () => status('writer')?.reason === 'Evicted');
    expect(status('writer')?.message).toBe('Container app exceeded its local ephemeral storage limit "4Mi".');
  });

  test('when the disk is short, what has ended goes first, then a pod', async () => {
    const write = (mib: number) => `dd if=/dev/zero of=/big bs=1024k count=${mib}`;
    master.assignSome(podOf('ended', { restartPolicy: 'Never', containers: [shell(write(1))] }));
    await eventually('it to end', () => status('ended')?.phase === 'Succeeded');
    await run(podOf('writes', { containers: [shell(`${write(2)}; ${FOREVER}`)] }));
    left.set('nodefs.available', { available: MIB, capacity: 1024 * MIB });
    await eventually('the eviction', () => status('writes')?.reason === 'Evicted');
    left.delete('nodefs.available');
    expect(status('writes')?.message).toMatch(
      /low on resource: ephemeral-storage.*Container app was using 2(Mi|\d{3}Ki),/,
    );
    const label = [`stowage.dev/cell=${master.cellId}`, 'io.kubernetes.pod.name=ended'];
    expect(await engine.docker.listContainers({ all: true, filters: { label } })).toEqual([]);
    expect(status('ended')?.phase).toBe('Succeeded');
  });

  test('when memory is short, the least important pod that uses most beyond its request goes', async () => {
    const holding = (mib: number) => [shell(`dd if=/dev/zero of=/dev/shm/x bs=1024k count=${mib}; ${FOREVER}`)];
    await run(podOf('served', { priority: 5_000_000, containers: holding(40) }));
    await run(podOf('small', { priority: 0, containers: holding(1) }));
    await run(podOf('large', { priority: 0, containers: holding(20) }));
    await eventually('it to hold memory', async () => {
      const stats = await engine.docker.getContainer((await inspect('large')).Id).stats({ stream: false });
      return (stats.memory_stats.usage ?? 0) > 20 * MIB;
    });
    left.set('memory.available', { available: 50 * MIB, capacity: 4096 * MIB });
    await eventually('the eviction', () => status('large')?.reason === 'Evicted', 15_000);
    left.set('memory.available', { available: 150 * MIB, capacity: 4096 * MIB });
    expect(status('large')).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('low on resource: memory'),
    });
    expect(status('large')?.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' }),
    );
    const told = master.heard
      .flatMap(({ event }) => event ?? [])
      .find(({ reason, pod }) => reason === 'Evicted' && pod?.name === 'large');
    expect(told).toMatchObject({
      type: 'Warning',
      message: expect.stringMatching(/Container app was using \d+Ki, request is 0/),
    });
    const pressures = () =>
      master.heard
        .flatMap(({ node }) => (node ? [JSON.parse(node.statusJson)] : []))
        .map(({ conditions }) => conditions.find(({ type }: { type: string }) => type === 'MemoryPressure')?.status);
    await eventually(
      'the condition to come and go',
      () => pressures().includes('True') && pressures().at(-1) === 'False',
    );
    expect(status('small')?.phase).toBe('Running');
    expect(status('served')?.phase).toBe('Running');
  });
});
