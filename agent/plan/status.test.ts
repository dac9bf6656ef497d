import { describe, expect, test } from 'vitest';
import type { PodStatus } from '../pod-types.ts';
import { container, containers, NOW_MS, planScene, podOf, type Scene } from './transcript.fixture.ts';

const never = podOf({ restartPolicy: 'Never' });
const two = podOf({ containers: [container('app'), container('log')] });
const withInit = podOf({ initContainers: [container('first')] });

const status = (scene: Scene): PodStatus => planScene(scene).status;
const condition = (of: PodStatus, type: string) => of.conditions?.find((one) => one.type === type);
const truths = (of: PodStatus) => Object.fromEntries((of.conditions ?? []).map((one) => [one.type, one.status]));

describe('phase', () => {
  const rows: [string, Scene, PodStatus['phase']][] = [
    ['nothing yet', { pod: podOf(), seen: '' }, 'Pending'],
    ['a container is made but not started', { pod: podOf(), seen: 'POD#0:running app#0:created' }, 'Pending'],
    ['all run', { pod: podOf(), seen: 'POD#0:running app#0:running' }, 'Running'],
    ['one has not started yet', { pod: two, seen: 'POD#0:running app#0:running' }, 'Pending'],
    ['one is between two attempts', { pod: two, seen: 'POD#0:running app#1:exited(1) log#0:running' }, 'Running'],
    ['the next attempt is made', { pod: podOf(), seen: 'POD#0:running app#0:exited(1) app#1:created' }, 'Running'],
    ['init containers still run', { pod: withInit, seen: 'POD#0:running !first#0:running' }, 'Pending'],
    ['ended well for good', { pod: never, seen: 'POD#0:running app#0:exited(0)' }, 'Succeeded'],
    ['ended badly for good', { pod: never, seen: 'POD#0:running app#0:exited(2)' }, 'Failed'],
    [
      'one of two is left',
      { pod: podOf({ ...two.spec, restartPolicy: 'Never' }), seen: 'POD#0:running app#0:exited(0) log#0:running' },
      'Running',
    ],
    ['an end is final', { pod: never, seen: '', last: { phase: 'Failed' } }, 'Failed'],
  ];
  for (const [what, scene, phase] of rows) test(what, () => expect(status(scene).phase).toBe(phase));
});

describe('conditions', () => {
  test('all true once all runs', () => {
    expect(truths(status({ pod: podOf(), seen: 'POD#0:running app#0:running' }))).toEqual({
      PodReadyToStartContainers: 'True',
      Initialized: 'True',
      Ready: 'True',
      ContainersReady: 'True',
      PodScheduled: 'True',
    });
  });

  test('say which containers are missing', () => {
    const found = status({ pod: two, seen: 'POD#0:running app#0:running' });
    expect(condition(found, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [log]',
    });
    expect(condition(status({ pod: withInit, seen: '' }), 'Initialized')).toMatchObject({
      status: 'False',
      message: 'containers with incomplete status: [first]',
    });
  });

  test('keep the time of their last change; those of others are not reported', () => {
    const before = status({ pod: podOf(), seen: 'POD#0:running app#0:running' });
    const other = { type: 'example.com/checked', status: 'True' as const };
    const pod = { ...podOf(), status: { conditions: [other] } };
    const later = status({ pod, seen: 'POD#0:running app#0:exited(1)@-0', last: before, nowMs: NOW_MS + 60_000 });
    expect(condition(later, 'Initialized')?.lastTransitionTime).toBe('2030-01-01T00:10:00Z');
    expect(condition(later, 'Ready')?.lastTransitionTime).toBe('2030-01-01T00:11:00Z');
    expect(condition(later, 'example.com/checked')).toBeUndefined();
  });

  test('a readiness gate keeps the pod unready, its containers not', () => {
    const pod = podOf({ readinessGates: [{ conditionType: 'example.com/gate' }] });
    const found = truths(status({ pod, seen: 'POD#0:running app#0:running' }));
    expect(found).toMatchObject({ Ready: 'False', ContainersReady: 'True' });
  });

  test('a probe that has not succeeded keeps its container unready', () => {
    const probes = new Map([['id-app-0', { started: true, ready: false }]]);
    const found = status({ pod: podOf(), seen: 'POD#0:running app#0:running', observed: { probes } });
    expect(truths(found)).toMatchObject({ Ready: 'False' });
    expect(found.containerStatuses?.[0]).toMatchObject({ ready: false, started: true });
  });
});

describe('container statuses', () => {
  const one = (scene: Scene) => status(scene).containerStatuses?.[0];

  test('running', () => {
    expect(one({ pod: podOf(), seen: 'POD#0:running app#0:running' })).toEqual({
      name: 'app',
      image: 'app:1',
      imageID: 'docker://sha256:1',
      containerID: 'docker://id-app-0',
      restartCount: 0,
      ready: true,
      started: true,
      state: { running: { startedAt: '2030-01-01T00:09:58Z' } },
      lastState: {},
    });
  });

  test('restarted: the attempt before is its last state', () => {
    expect(one({ pod: podOf(), seen: 'POD#0:running app#0:exited(3)@-60 app#1:running' })).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 3, reason: 'Error', finishedAt: '2030-01-01T00:09:00Z' } },
    });
  });

  test('waiting out a back-off', () => {
    const found = one({ pod: podOf(), seen: 'POD#0:running app#0:exited(1) app#1:exited(1)@-4' });
    expect(found?.state?.waiting).toMatchObject({ reason: 'CrashLoopBackOff' });
    expect(found?.state?.waiting?.message).toContain('10s');
    expect(found?.lastState?.terminated).toMatchObject({ exitCode: 1, containerID: 'docker://id-app-1' });
    expect(found?.restartCount).toBe(1);
  });

  test('a failed try says why', () => {
    const failed = {
      reason: 'CreateContainerConfigError',
      message: 'configmap "x" not found',
      failures: 1,
      retryAtMs: NOW_MS + 1,
    };
    const troubles = new Map([['container/app', failed]]);
    const found = one({ pod: podOf(), seen: 'POD#0:running', observed: { troubles } });
    expect(found?.state?.waiting).toEqual({ reason: 'CreateContainerConfigError', message: 'configmap "x" not found' });
  });

  test('before their turn they wait for the init containers', () => {
    expect(one({ pod: withInit, seen: 'POD#0:running' })?.state?.waiting?.reason).toBe('PodInitializing');
  });

  test('ended by want of memory, or never started', () => {
    const [ended] = containers('app#0:exited(137)', never);
    const having = (more: object) => one({ pod: never, seen: '', observed: { containers: [{ ...ended!, ...more }] } });
    expect(having({})?.state?.terminated?.reason).toBe('Error');
    expect(having({ oomKilled: true })?.state?.terminated?.reason).toBe('OOMKilled');
    expect(having({ exitCode: 128, error: 'no such file' })?.state?.terminated).toMatchObject({
      reason: 'ContainerCannotRun',
      exitCode: 128,
      message: 'no such file',
    });
  });

  test('an init container that has ended well is ready', () => {
    const found = status({ pod: withInit, seen: 'POD#0:running !first#0:exited(0)' });
    expect(found.initContainerStatuses?.[0]).toMatchObject({
      name: 'first',
      ready: true,
      state: { terminated: { reason: 'Completed' } },
    });
  });
});

test('addresses, start and class', () => {
  const pod = podOf({ containers: [container('app', { resources: { requests: { cpu: '1' } } })] });
  expect(status({ pod, seen: 'POD#0:running' })).toMatchObject({
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }],
    hostIP: '192.0.2.1',
    startTime: '2030-01-01T00:10:00Z',
    qosClass: 'Burstable',
  });
  const last = { startTime: '2030-01-01T00:00:00Z', podIP: '10.0.0.9' };
  expect(status({ pod, seen: '', last })).toMatchObject(last);
  expect(status({ pod: podOf({ hostNetwork: true }), seen: 'POD#0:running' }).podIP).toBe('192.0.2.1');
});
