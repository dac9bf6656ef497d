import { describe, expect, test } from 'vitest';
import type { HookState, ObservedPod, ProbeVerdict } from './state.ts';
import { container, containers, NOW_MS, planScene, podOf, table } from './transcript.fixture.ts';

const http = { httpGet: { port: 80 } };
const probed = podOf({
  containers: [container('app', { livenessProbe: http, readinessProbe: http, startupProbe: http })],
});
const hooked = podOf({ containers: [container('app', { lifecycle: { postStart: { exec: { command: ['warm'] } } } })] });

const verdict = (of: ProbeVerdict): Partial<ObservedPod> => ({ probes: new Map([['id-app-0', of]]) });
const hook = (of: HookState): Partial<ObservedPod> => ({ hooks: new Map([['id-app-0', of]]) });
const failed = (probe: 'liveness' | 'startup', graceSeconds?: number): Partial<ObservedPod> =>
  verdict({ started: true, ready: false, failed: { probe, graceSeconds } });
const running = 'POD#0:running app#0:running';

table('probes', [
  [
    'one that fails for good ends its container',
    { pod: probed, seen: running, observed: failed('liveness') },
    ['stopContainer app-0 30s'],
  ],
  [
    'with a grace of its own',
    { pod: probed, seen: running, observed: failed('startup', 3) },
    ['stopContainer app-0 3s'],
  ],
  [
    'and does so once',
    {
      pod: probed,
      seen: running,
      observed: { ...failed('liveness'), stopping: new Map([['id-app-0', { sinceMs: NOW_MS, graceSeconds: 30 }]]) },
    },
    [],
  ],
  [
    'one that is not ready is left alone',
    { pod: probed, seen: running, observed: verdict({ started: true, ready: false }) },
    [],
  ],
]);

table('a postStart hook', [
  [
    'is run once its container runs',
    { pod: hooked, seen: running, observed: hook({ state: 'due' }) },
    ['runPostStart app-0'],
  ],
  ['is run once', { pod: hooked, seen: running, observed: hook({ state: 'running' }) }, []],
  [
    'that failed ends its container',
    { pod: hooked, seen: running, observed: hook({ state: 'failed', message: 'no' }) },
    ['stopContainer app-0 30s'],
  ],
  ['of a container that another agent started is its affair', { pod: hooked, seen: running }, []],
]);

const proxy = container('proxy', {
  restartPolicy: 'Always',
  startupProbe: http,
  lifecycle: { postStart: { sleep: { seconds: 1 } } },
});
const beside = podOf({ initContainers: [proxy] });
const about = (id: string, of: ProbeVerdict): Partial<ObservedPod> => ({ probes: new Map([[id, of]]) });

table('a sidecar lets the next one go on', [
  ['not before its startup probe has answered', { pod: beside, seen: 'POD#0:running !proxy#0:running' }, []],
  [
    'once that has succeeded',
    {
      pod: beside,
      seen: 'POD#0:running !proxy#0:running',
      observed: about('id-proxy-0', { started: true, ready: false }),
    },
    ['createContainer app#0'],
  ],
  [
    'and its hook is done',
    {
      pod: beside,
      seen: 'POD#0:running !proxy#0:running',
      observed: {
        ...about('id-proxy-0', { started: true, ready: true }),
        hooks: new Map([['id-proxy-0', { state: 'running' }]]),
      },
    },
    [],
  ],
]);

describe('a container with probes', () => {
  const one = (observed?: Partial<ObservedPod>) =>
    planScene({ pod: probed, seen: running, observed }).status.containerStatuses?.[0];

  test.each<[string, Partial<ObservedPod> | undefined, object]>([
    ['is neither started nor ready before they answer', undefined, { started: false, ready: false }],
    ['is started before it is ready', verdict({ started: true, ready: false }), { started: true, ready: false }],
    ['is ready', verdict({ started: true, ready: true }), { started: true, ready: true }],
    ['is not ready before it has started', verdict({ started: false, ready: true }), { started: false, ready: false }],
    [
      'is not ready before its hook is done',
      { ...verdict({ started: true, ready: true }), ...hook({ state: 'running' }) },
      { started: false, ready: false },
    ],
  ])('%s', (_, observed, expected) => {
    expect(one(observed)).toMatchObject(expected);
  });
});

const small = podOf({ containers: [container('app', { resources: { limits: { cpu: '1', memory: '1Gi' } } })] });
const resources = { limits: { cpu: '2', memory: '1Gi' } };
const large = (resizePolicy?: 'NotRequired' | 'RestartContainer') =>
  podOf({
    containers: [
      container('app', {
        resources,
        ...(resizePolicy && { resizePolicy: [{ resourceName: 'cpu', restartPolicy: resizePolicy }] }),
      }),
    ],
  });
const before = containers(running, small);
const was = {
  containerStatuses: [
    { name: 'app', image: '', imageID: '', ready: true, restartCount: 0, resources: { limits: { cpu: '1' } } },
  ],
};
const refusal = { reason: 'Deferred', message: 'the node has 1 CPU less' } as const;

table('changed resources', [
  [
    'are given to a container that runs',
    { pod: large(), seen: '', observed: { containers: before } },
    ['resizeContainer app-0'],
  ],
  [
    'or to its next attempt',
    { pod: large('RestartContainer'), seen: '', observed: { containers: before } },
    ['stopContainer app-0 30s'],
  ],
  [
    'but not while the node has no room',
    { pod: large(), seen: '', observed: { containers: before }, resize: refusal },
    [],
  ],
  [
    'are tried again after a failure',
    {
      pod: large(),
      seen: '',
      observed: {
        containers: before,
        troubles: new Map([
          ['resize/app', { reason: 'ResizeError', message: 'no', failures: 1, retryAtMs: NOW_MS + 2_000 }],
        ]),
      },
    },
    [],
    2_000,
  ],
]);

test('what is in force is told until more is granted', () => {
  const scene = { pod: large(), seen: '', last: was, observed: { containers: before } };
  const waiting = planScene({ ...scene, resize: refusal }).status;
  expect(waiting.containerStatuses?.[0]?.resources).toEqual({ limits: { cpu: '1' } });
  expect(waiting.conditions).toContainEqual(expect.objectContaining({ type: 'PodResizePending', ...refusal }));
  const under = planScene(scene).status;
  expect(under.conditions).toContainEqual(expect.objectContaining({ type: 'PodResizeInProgress', status: 'True' }));
  const done = planScene({ ...scene, observed: undefined, seen: running, last: under }).status;
  expect(done.containerStatuses?.[0]?.resources).toEqual(resources);
  expect(done.conditions?.some(({ type }) => type.startsWith('PodResize'))).toBe(false);
});
