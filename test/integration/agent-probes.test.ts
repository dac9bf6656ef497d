import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
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
/** Serves the files of /tmp/www on port 8080. */
const SERVER = `mkdir /tmp/www; httpd -p 8080 -h /tmp/www; ${FOREVER}`;
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
const command = (...words: string[]) => ({ exec: { command: words } });
const often = { periodSeconds: 1, failureThreshold: 1 };

describe('probes and hooks of an agent on Docker', () => {
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
  const statusOf = (pod: Pod) => master.status(pod.metadata?.name ?? '')?.containerStatuses?.[0];
  const running = (pod: Pod) => eventually('the pod to run', () => statusOf(pod)?.state?.running !== undefined);
  const ready = (pod: Pod, is = true) => eventually(`readiness ${is}`, () => statusOf(pod)?.ready === is);
  const events = (pod: Pod, reason: string) =>
    master.heard
      .flatMap(({ event }) => event ?? [])
      .filter((event) => event.pod?.uid === pod.metadata?.uid && event.reason === reason)
      .map(({ message }) => message);
  async function inside(pod: Pod, container: string, ...words: string[]): Promise<void> {
    const found = await engine.containerOf(master.cellId, pod.metadata?.name ?? '', container);
    const exec = await engine.docker.getContainer(found?.Id ?? '').exec({ Cmd: words, AttachStdout: true });
    const body = await exec.start({});
    for await (const _ of body);
  }
  async function leave(): Promise<void> {
    master.assignAll();
    await eventually('all to go', async () => (await engine.containers(master.cellId)).length === 0);
  }

  test('a container takes traffic while its readiness probe succeeds, also past a restart of the agent', async () => {
    const readinessProbe = { httpGet: { path: '/ready', port: 'web' }, ...often };
    const ports = [{ name: 'web', containerPort: 8080 }];
    const pod = podOf('ready', { containers: [shell('app', SERVER, { ports, readinessProbe })] });
    master.assignSome(pod);
    await running(pod);
    await eventually('a failure', () => events(pod, 'Unhealthy').some((message) => message.includes('404')));
    expect(events(pod, 'Unhealthy').at(-1)).toBe('Readiness probe failed: HTTP probe failed with statuscode: 404');
    expect(statusOf(pod)?.ready).toBe(false);
    await inside(pod, 'app', 'busybox', 'touch', '/tmp/www/ready');
    await ready(pod);
    await agent.stop();
    master.heard.length = 0;
    agent = make();
    await agent.start();
    await agent.whenReady;
    master.assignAll(pod);
    await ready(pod);
    const heard = master.heard.flatMap(({ pods }) => pods?.reports ?? []);
    expect(heard.every(({ statusJson }) => JSON.parse(statusJson).containerStatuses[0].ready)).toBe(true);
    await inside(pod, 'app', 'busybox', 'rm', '/tmp/www/ready');
    await ready(pod, false);
    expect(statusOf(pod)?.restartCount).toBe(0);
    await leave();
  });

  test('a failed liveness probe restarts its container, with the grace of the probe', async () => {
    const livenessProbe = { ...command('test', '-e', '/tmp/alive'), ...often, terminationGracePeriodSeconds: 1 };
    const startupProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 30 };
    const script = `echo > /tmp/alive; trap "" TERM; sleep 1; ${SERVER.replace(/trap .*?;/, '')}`;
    const pod = podOf('alive', {
      terminationGracePeriodSeconds: 60,
      containers: [shell('app', script, { startupProbe, livenessProbe })],
    });
    master.assignSome(pod);
    await running(pod);
    expect(statusOf(pod)?.started).toBe(false);
    await ready(pod);
    expect(statusOf(pod)?.started).toBe(true);
    expect(events(pod, 'Unhealthy')[0]).toMatch(/^Startup probe failed: connect ECONNREFUSED /);
    await inside(pod, 'app', 'busybox', 'rm', '/tmp/alive');
    // Long before the grace of the pod is over.
    await eventually('the restart', () => statusOf(pod)?.restartCount === 1 && statusOf(pod)?.started);
    expect(events(pod, 'Killing').at(-1)).toContain('it failed its liveness probe');
    await leave();
  });

  test('an init container that goes on lets the next one start once its startup probe succeeds', async () => {
    const side = shell('side', `sleep 1; ${SERVER}`, {
      restartPolicy: 'Always',
      startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 30 },
      readinessProbe: { ...command('test', '-e', '/tmp/open'), ...often },
    });
    const pod = podOf('side', { initContainers: [side], containers: [shell('app', FOREVER)] });
    master.assignSome(pod);
    await running(pod);
    const heard = master.heard.flatMap(({ pods }) => pods?.reports ?? []).filter(({ name }) => name === 'side');
    const order = heard.map(({ statusJson }) => {
      const { initContainerStatuses, containerStatuses } = JSON.parse(statusJson);
      return [initContainerStatuses[0].started, containerStatuses[0].state.running !== undefined];
    });
    expect(order).toContainEqual([false, false]);
    expect(order).not.toContainEqual([false, true]);
    const isReady = () => master.status('side')?.conditions?.find(({ type }) => type === 'Ready')?.status;
    expect(isReady()).toBe('False');
    await inside(pod, 'side', 'busybox', 'touch', '/tmp/open');
    await eventually('the pod to be ready', () => isReady() === 'True');
    await leave();
  });

  test('a probe that hangs ends at its timeout, and so do its processes', async () => {
    const readinessProbe = { ...command('sh', '-c', 'sleep 1234; true'), ...often, timeoutSeconds: 1 };
    const pod = podOf('hangs', { containers: [shell('app', FOREVER, { readinessProbe })] });
    master.assignSome(pod);
    await running(pod);
    await eventually('three failures', () => events(pod, 'Unhealthy').length >= 3);
    expect(events(pod, 'Unhealthy')[0]).toBe('Readiness probe failed: no answer within 1 s (timeoutSeconds)');
    const found = await engine.containerOf(master.cellId, 'hangs', 'app');
    const { Processes } = await engine.docker.getContainer(found?.Id ?? '').top();
    expect(Processes.filter((columns: string[]) => columns.at(-1)?.endsWith('sleep 1234')).length).toBeLessThan(2);
    await leave();
  });

  test('hooks are run after the start and before the end', async () => {
    const postStart = command('sh', '-c', 'while ! test -d /tmp/www; do sleep 0.1; done; echo > /tmp/www/begun');
    const preStop = { httpGet: { path: '/cgi-bin/end', port: 8080 } };
    const cgi = 'mkdir -p /tmp/www/cgi-bin; printf "#!/bin/sh\\necho > /said/ended\\necho\\n" > /tmp/www/cgi-bin/end';
    const script = `${cgi}; busybox chmod +x /tmp/www/cgi-bin/end; ${SERVER.replace('mkdir', 'mkdir -p')}`;
    const said = await mkdtemp(join(tmpdir(), 'stowage-test-said-'));
    const readinessProbe = { httpGet: { path: '/begun', port: 8080 }, ...often };
    const pod = podOf('hooks', {
      volumes: [{ name: 'said', hostPath: { path: said } }],
      containers: [
        shell('app', script, {
          lifecycle: { postStart, preStop },
          readinessProbe,
          volumeMounts: [{ name: 'said', mountPath: '/said' }],
        }),
      ],
    });
    master.assignSome(pod);
    await ready(pod);
    const wrong = podOf('wrong', {
      containers: [shell('app', FOREVER, { lifecycle: { postStart: command('sh', '-c', 'echo no; false') } })],
    });
    master.assignSome(wrong);
    const preStopOf = command('sh', '-c', 'sleep 1234; true');
    const slow = podOf('slow', { containers: [shell('app', FOREVER, { lifecycle: { preStop: preStopOf } })] });
    master.assignSome(slow);
    await running(slow);
    await eventually('the failed hook', () => events(wrong, 'FailedPostStartHook').length > 0);
    expect(events(wrong, 'FailedPostStartHook')[0]).toBe('PostStartHook failed: it ended with exit code 1: no');
    const metadata = { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: 1 };
    master.assignSome({ ...slow, metadata: { ...slow.metadata, ...metadata } });
    await eventually('the pod to go', () => master.gone.includes('slow'));
    expect(events(slow, 'FailedPreStopHook')[0]).toMatch(/^PreStopHook failed: .*the grace is over$/);
    await leave();
    await rm(join(said, 'ended'));
    await rm(said, { recursive: true });
  });
});
