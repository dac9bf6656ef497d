import { describe, expect, test } from 'vitest';
import { container, printed } from '../sample.suite.ts';
import { type Pod, pods } from './pod.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const AGO_2M = '2026-01-01T00:57:30Z';

interface Sketch {
  spec?: object;
  status?: object;
  deleted?: boolean;
}

const podWith = ({ spec, status, deleted }: Sketch): Pod =>
  ({
    metadata: {
      name: 'web',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(deleted && { deletionTimestamp: '2026-01-01T00:59:00Z' }),
    },
    spec: { containers: [container(), container({ name: 'b' })], ...spec },
    status: { phase: 'Running', ...status },
  }) as Pod;

const row = (sketch: Sketch) => {
  const { Ready, Status, Restarts } = printed(pods, podWith(sketch), NOW);
  return [Ready, Status, Restarts];
};

const running = { ready: true, restartCount: 0, state: { running: {} } };
const ended = (terminated: object) => ({ ready: false, restartCount: 0, state: { terminated } });
const waiting = (reason: string) => ({ ready: false, restartCount: 0, state: { waiting: { reason } } });
const init = [container({ name: 'i1' }), container({ name: 'i2' })];
const sidecar = [container({ name: 's', restartPolicy: 'Always' })];
const restarted = (restartCount: number, finishedAt: string) => ({
  ...running,
  restartCount,
  lastState: { terminated: { exitCode: 1, finishedAt } },
});

describe('READY, STATUS and RESTARTS', () => {
  test.each<[string, Sketch, (string | number)[]]>([
    ['not scheduled', { status: { phase: 'Pending' } }, ['0/2', 'Pending', '0']],
    ['running', { status: { containerStatuses: [running, running] } }, ['2/2', 'Running', '0']],
    [
      'starting',
      { status: { phase: 'Pending', containerStatuses: [waiting('ContainerCreating'), waiting('ContainerCreating')] } },
      ['0/2', 'ContainerCreating', '0'],
    ],
    [
      'the first with something to say',
      { status: { containerStatuses: [waiting('CrashLoopBackOff'), waiting('ImagePullBackOff')] } },
      ['0/2', 'CrashLoopBackOff', '0'],
    ],
    [
      'done',
      {
        status: {
          phase: 'Succeeded',
          containerStatuses: [ended({ exitCode: 0, reason: 'Completed' }), ended({ exitCode: 0, reason: 'Completed' })],
        },
      },
      ['0/2', 'Completed', '0'],
    ],
    [
      'failed',
      { status: { phase: 'Failed', containerStatuses: [ended({ exitCode: 1, reason: 'Error' })] } },
      ['0/2', 'Error', '0'],
    ],
    [
      'exit code',
      { status: { phase: 'Failed', containerStatuses: [ended({ exitCode: 3 })] } },
      ['0/2', 'ExitCode:3', '0'],
    ],
    [
      'signal',
      { status: { phase: 'Failed', containerStatuses: [ended({ exitCode: 137, signal: 9 })] } },
      ['0/2', 'Signal:9', '0'],
    ],
    ['reason of the pod', { status: { phase: 'Failed', reason: 'Evicted' } }, ['0/2', 'Evicted', '0']],
    [
      'gated',
      {
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
        },
      },
      ['0/2', 'SchedulingGated', '0'],
    ],
    [
      'one done, pod ready',
      {
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [running, ended({ exitCode: 0, reason: 'Completed' })],
        },
      },
      ['1/2', 'Running', '0'],
    ],
    [
      'one done, pod not ready',
      { status: { containerStatuses: [running, ended({ exitCode: 0, reason: 'Completed' })] } },
      ['1/2', 'NotReady', '0'],
    ],
    ['terminating', { deleted: true, status: { containerStatuses: [running, running] } }, ['2/2', 'Terminating', '0']],
    [
      'deleted after its end',
      {
        deleted: true,
        status: { phase: 'Succeeded', containerStatuses: [ended({ exitCode: 0, reason: 'Completed' })] },
      },
      ['0/2', 'Completed', '0'],
    ],
    ['on a lost node', { deleted: true, status: { reason: 'NodeLost' } }, ['0/2', 'Unknown', '0']],
    [
      'restarts',
      { status: { containerStatuses: [restarted(1, '2026-01-01T00:10:00Z'), restarted(2, AGO_2M)] } },
      ['2/2', 'Running', '3 (2m30s ago)'],
    ],
    [
      'first init container',
      {
        spec: { initContainers: init },
        status: { phase: 'Pending', initContainerStatuses: [{ name: 'i1', restartCount: 0, state: { running: {} } }] },
      },
      ['0/2', 'Init:0/2', '0'],
    ],
    [
      'second init container',
      {
        spec: { initContainers: init },
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i1', ...ended({ exitCode: 0 }) },
            { name: 'i2', ...waiting('PodInitializing') },
          ],
        },
      },
      ['0/2', 'Init:1/2', '0'],
    ],
    [
      'init fails',
      {
        spec: { initContainers: init },
        status: {
          phase: 'Pending',
          initContainerStatuses: [{ name: 'i1', ...ended({ exitCode: 1, reason: 'Error' }) }],
        },
      },
      ['0/2', 'Init:Error', '0'],
    ],
    [
      'init exit code',
      {
        spec: { initContainers: init },
        status: { phase: 'Pending', initContainerStatuses: [{ name: 'i1', ...ended({ exitCode: 5 }) }] },
      },
      ['0/2', 'Init:ExitCode:5', '0'],
    ],
    [
      'init loops',
      {
        spec: { initContainers: init },
        status: {
          phase: 'Pending',
          initContainerStatuses: [{ name: 'i1', ...waiting('CrashLoopBackOff'), restartCount: 4 }],
        },
      },
      ['0/2', 'Init:CrashLoopBackOff', '4'],
    ],
    [
      'a sidecar counts',
      {
        spec: { initContainers: sidecar },
        status: {
          initContainerStatuses: [{ name: 's', ...running, started: true, restartCount: 2 }],
          containerStatuses: [running, running],
        },
      },
      ['3/3', 'Running', '2'],
    ],
    [
      'restarts of finished init containers do not',
      {
        spec: { initContainers: init },
        status: {
          initContainerStatuses: [
            { name: 'i1', ...ended({ exitCode: 0 }), restartCount: 3 },
            { name: 'i2', ...ended({ exitCode: 0 }) },
          ],
          containerStatuses: [running, running],
        },
      },
      ['2/2', 'Running', '0'],
    ],
  ])('%s', (_, sketch, expected) => {
    expect(row(sketch)).toEqual(expected);
  });
});

test('the wide columns, in kubectl’s order', () => {
  expect(pods.columns.map((column) => column.name)).toEqual([
    'Name',
    'Ready',
    'Status',
    'Restarts',
    'Age',
    'IP',
    'Node',
    'Nominated Node',
    'Readiness Gates',
  ]);
  const gates = [{ conditionType: 'a' }, { conditionType: 'b' }];
  const full = podWith({
    spec: { nodeName: 'n1', readinessGates: gates },
    status: { podIPs: [{ ip: '10.0.0.2' }], nominatedNodeName: 'n2', conditions: [{ type: 'b', status: 'True' }] },
  });
  expect(printed(pods, full, NOW)).toMatchObject({
    Age: '60m',
    IP: '10.0.0.2',
    Node: 'n1',
    'Nominated Node': 'n2',
    'Readiness Gates': '1/2',
  });
  expect(printed(pods, podWith({}), NOW)).toMatchObject({ IP: '<none>', Node: '<none>', 'Readiness Gates': '<none>' });
});
