import { randomBytes } from 'node:crypto';
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
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

type Spec = NonNullable<Pod['spec']>;

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done';
const shell = (name: string, script: string, more: Partial<Container> = {}): Container => ({
  name,
  image: TEST_IMAGE,
  imagePullPolicy: 'Never',
  command: ['/bin/sh', '-c', script],
  ...more,
});
const podOf = (name: string, spec: Partial<Spec>): Pod => ({
  metadata: { namespace: 'default', name, uid: `${randomBytes(4).toString('hex')}-${name}`, resourceVersion: '1' },
  spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 5, containers: [], ...spec },
});
/** A deadline that has passed once the pod has run for a second. */
const overdue = (pod: Pod): Pod => ({ ...pod, spec: { containers: [], ...pod.spec, activeDeadlineSeconds: 1 } });
/** What a container leaves as its last words is what the test hears of it. */
const saying = (script: string, more: Partial<Container> = {}) =>
  shell('app', `{ ${script}; } >/dev/termination-log`, more);

describe('the life of a pod on Docker', () => {
  const host = inject('dockerHost');
  const engine = new Engine(host);
  const master = new ScriptedMaster();
  let dataDir: string;
  let agent: Agent;

  beforeAll(async () => {
    await engine.ensureTestImage();
    dataDir = await mkdtemp(join(tmpdir(), 'stowage-test-life-'));
    master.cellId = `stowage-test-${randomBytes(4).toString('hex')}`;
    const place = { dataDir, masterUrl: 'https://127.0.0.1:1', joinToken: '', nodeName: 'n1', metricsPort: 0 };
    const ground = { clock: systemClock, rng: systemRng(), log: silentLogger };
    agent = createAgent({ ...place, dockerHost: host, transport: master, ...ground });
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
  });

  const containerOf = (name: string, index = 0) => master.status(name)?.containerStatuses?.[index];
  const runs = (name: string) => eventually(`${name} to run`, () => containerOf(name)?.state?.running !== undefined);
  const ended = (name: string) =>
    eventually(
      `${name} to end`,
      () => /Succeeded|Failed/.test(master.status(name)?.phase ?? '') && master.status(name),
    );
  const statuses = (name: string): NonNullable<Pod['status']>[] =>
    master.heard.flatMap(({ pods }) =>
      (pods?.reports ?? []).filter((report) => report.name === name).map(({ statusJson }) => JSON.parse(statusJson)),
    );
  async function lastWords(spec: Partial<Spec>): Promise<string[]> {
    const name = `says-${randomBytes(3).toString('hex')}`;
    master.assignSome(podOf(name, spec));
    const status = await ended(name);
    return (status.containerStatuses ?? []).map(({ state }) => state?.terminated?.message?.trim() ?? '');
  }

  test('a pod over its deadline is Failed when its containers have ended, and not before', async () => {
    // Takes its time.
    const slow = 'trap "sleep 2; exit 0" TERM; while :; do sleep 0.1; done';
    const pod = podOf('late', { containers: [shell('app', slow)] });
    master.assignSome(pod);
    await runs('late');
    master.assignSome(overdue(pod));
    const status = await ended('late');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    for (const { phase, containerStatuses } of statuses('late')) {
      if (containerStatuses?.[0]?.state?.running) expect(phase).not.toBe('Failed');
    }
    const events = master.heard.flatMap(({ event }) => (event?.pod?.name === 'late' ? [event] : []));
    expect(events.find(({ reason }) => reason === 'Killing')?.message).toContain('activeDeadlineSeconds (1)');
    expect(events.filter(({ reason }) => reason === 'DeadlineExceeded')).toHaveLength(1);
  });

  test('a job is over when its sidecars have ended, too', async () => {
    const sidecar = shell('side', FOREVER, { restartPolicy: 'Always' });
    master.assignSome(podOf('job', { initContainers: [sidecar], containers: [shell('app', 'sleep 1')] }));
    expect((await ended('job')).initContainerStatuses?.[0]?.state?.terminated).toBeDefined();
    expect(master.status('job')?.phase).toBe('Succeeded');
  });

  test('a container that needs more memory than it may have is told so', async () => {
    const greedy = shell('app', 'busybox tail /dev/zero', { resources: { limits: { memory: '16Mi' } } });
    master.assignSome(podOf('greedy', { containers: [greedy] }));
    expect((await ended('greedy')).containerStatuses?.[0]?.state?.terminated).toMatchObject({
      reason: 'OOMKilled',
      exitCode: 137,
    });
  });

  test('the end of a log speaks for a container that failed without a word', async () => {
    const policy = { terminationMessagePolicy: 'FallbackToLogsOnError' } as const;
    const failing = shell('app', 'busybox seq 1 100; echo it was the disk; exit 3', policy);
    const [message = ''] = await lastWords({ containers: [failing] });
    expect(message.split('\n')).toHaveLength(80);
    expect(message).toMatch(/100\nit was the disk$/);
    expect(await lastWords({ containers: [shell('app', 'echo all is well', policy)] })).toEqual(['']);
    expect(await lastWords({ containers: [saying('echo mine; exit 1', policy)] })).toEqual(['mine']);
  });

  test('containers are where their spec says: directory, terminal, signal', async () => {
    expect(await lastWords({ containers: [saying('busybox pwd', { workingDir: '/tmp' })] })).toEqual(['/tmp']);
    const terminal = saying('test -t 0 && echo a terminal', { tty: true, stdin: true });
    expect(await lastWords({ containers: [terminal] })).toEqual(['a terminal']);
    const trap = 'trap "echo got USR1 >/dev/termination-log; exit 0" USR1; echo >/tmp/set; while :; do sleep 0.1; done';
    const readinessProbe = { exec: { command: ['test', '-e', '/tmp/set'] }, periodSeconds: 1 };
    const asked = shell('app', trap, { lifecycle: { stopSignal: 'SIGUSR1' }, readinessProbe });
    const pod = podOf('asked', { containers: [asked] });
    master.assignSome(pod);
    await eventually('it to be ready', () => containerOf('asked')?.ready);
    master.assignSome(overdue(pod));
    expect((await ended('asked')).containerStatuses?.[0]?.state?.terminated?.message).toBe('got USR1\n');
  });

  test('containers see each other, or the machine, where they share its namespaces', async () => {
    const find = 'until busybox grep -qs "sleep.4321" /proc/[0-9]*/cmdline; do sleep 0.1; done; echo there it is';
    const other = shell('other', 'sleep 4321');
    const pod = { shareProcessNamespace: true, activeDeadlineSeconds: 20 };
    master.assignSome(podOf('sees', { ...pod, containers: [saying(find), other] }));
    const message = () => containerOf('sees')?.state?.terminated?.message;
    await eventually('it to be seen', () => message() === 'there it is\n');
    const kinds = ['net', 'pid', 'ipc'];
    const show = saying(kinds.map((kind) => `busybox readlink /proc/self/ns/${kind}`).join('; '));
    const ours = await Promise.all(kinds.map((kind) => readlink(`/proc/self/ns/${kind}`)));
    const [hosts = ''] = await lastWords({ hostNetwork: true, hostPID: true, hostIPC: true, containers: [show] });
    expect(hosts.split('\n')).toEqual(ours);
    const [own = ''] = await lastWords({ containers: [show] });
    for (const [index, link] of own.split('\n').entries()) expect(link).not.toBe(ours[index]);
  });
});
