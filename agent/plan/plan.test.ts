import { expect, test } from 'vitest';
import { container, containers, NOW_MS, planScene, podOf, table, words } from './transcript.fixture.ts';

const plain = podOf();
const never = podOf({ restartPolicy: 'Never' });
const onFailure = podOf({ restartPolicy: 'OnFailure' });
const two = podOf({ containers: [container('app'), container('log')] });
const withInit = podOf({ initContainers: [container('first'), container('second')] });
const withSidecar = podOf({ initContainers: [container('proxy', { restartPolicy: 'Always' }), container('first')] });
const deleted = podOf({}, { deletionTimestamp: '2030-01-01T00:10:30Z', deletionGracePeriodSeconds: 30 });
const always = podOf({ containers: [container('app', { imagePullPolicy: 'Always' })] });
const offline = podOf({ containers: [container('app', { imagePullPolicy: 'Never' })] });
const withIp = podOf({
  containers: [container('app', { env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }] })],
});

const trouble = (reason: string, retryInMs: number) => ({
  reason,
  message: 'it failed',
  failures: 1,
  retryAtMs: NOW_MS + retryInMs,
});

const watched = podOf({ ephemeralContainers: [container('look', { targetContainerName: 'app' } as never)] });
const watchedJob = podOf({ restartPolicy: 'Never', ephemeralContainers: [container('look')] });

table('an ephemeral container', [
  ['waits for the one it looks into', { pod: watched, seen: 'POD#0:running app#0:created' }, ['startContainer app-0']],
  ['is made when that one runs', { pod: watched, seen: 'POD#0:running app#0:running' }, ['createContainer look#0']],
  ['is started', { pod: watched, seen: 'POD#0:running app#0:running ?look#0:created' }, ['startContainer look-0']],
  ['is not started again', { pod: watched, seen: 'POD#0:running app#0:running ?look#0:exited(1)' }, []],
  [
    'does not keep a pod from its end, and ends with it',
    { pod: watchedJob, seen: 'POD#0:running app#0:exited(0) ?look#0:running' },
    ['stopContainer look-0 30s'],
  ],
]);

test('an ephemeral container has a status of its own and bears on nothing else', () => {
  const { status, steps } = planScene({ pod: watched, seen: 'POD#0:running app#0:running ?look#0:exited(1)' });
  expect(steps).toEqual([]);
  expect(status).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ name: 'app', ready: true }],
    ephemeralContainerStatuses: [{ name: 'look', state: { terminated: { exitCode: 1 } } }],
  });
});

test('an ephemeral container joins the processes of the one it looks into', () => {
  const { steps } = planScene({ pod: watched, seen: 'POD#0:running app#0:running' });
  expect(steps).toMatchObject([{ type: 'createContainer', role: 'ephemeral', target: 'id-app-0' }]);
});

table('a pod comes up', [
  [
    'nothing yet',
    { pod: plain, seen: '', observed: { volumesVersion: undefined } },
    ['createSandbox #0', 'prepareVolumes'],
  ],
  [
    'a sandbox is made: it starts while the container is made',
    { pod: plain, seen: 'POD#0:created' },
    ['startSandbox POD-0', 'createContainer app#0'],
  ],
  [
    'no container before the volumes',
    { pod: plain, seen: 'POD#0:running', observed: { volumesVersion: undefined } },
    ['prepareVolumes'],
  ],
  ['no start before the sandbox runs', { pod: plain, seen: 'POD#0:created app#0:created' }, ['startSandbox POD-0']],
  ['all is made', { pod: plain, seen: 'POD#0:running app#0:created' }, ['startContainer app-0']],
  ['all runs', { pod: plain, seen: 'POD#0:running app#0:running' }, []],
  [
    'containers do not wait for each other',
    { pod: two, seen: 'POD#0:running app#0:created' },
    ['startContainer app-0', 'createContainer log#0'],
  ],
  ['who asks for the address waits for it', { pod: withIp, seen: 'POD#0:created' }, ['startSandbox POD-0']],
  ['and then gets it', { pod: withIp, seen: 'POD#0:running' }, ['createContainer app#0']],
  [
    'changed sources are brought to the volumes',
    { pod: plain, seen: 'POD#0:running app#0:running', observed: { volumesVersion: 'v0' } },
    ['prepareVolumes'],
  ],
]);

table('images', [
  [
    'an image that turned out to be absent is pulled',
    { pod: plain, seen: 'POD#0:running', observed: { images: new Map([['app', { attempt: 0, state: 'absent' }]]) } },
    ['ensureImage app:1'],
  ],
  [
    'one that is being pulled is waited for',
    { pod: plain, seen: 'POD#0:running', observed: { images: new Map([['app', { attempt: 0, state: 'pulling' }]]) } },
    [],
  ],
  [
    'one that is pulled is used',
    { pod: plain, seen: 'POD#0:running', observed: { images: new Map([['app', { attempt: 0, state: 'pulled' }]]) } },
    ['createContainer app#0'],
  ],
  [
    'Always pulls before every attempt',
    {
      pod: always,
      seen: 'POD#0:running app#0:exited(1)',
      observed: { images: new Map([['app', { attempt: 0, state: 'pulled' }]]) },
    },
    ['ensureImage app:1'],
  ],
  [
    'a failed pull waits its back-off',
    {
      pod: plain,
      seen: 'POD#0:running',
      observed: { troubles: new Map([['container/app', trouble('ErrImagePull', 8000)]]) },
    },
    ['event Failed'],
    8000,
  ],
  [
    'Never waits for somebody to bring it',
    {
      pod: offline,
      seen: 'POD#0:running',
      observed: { troubles: new Map([['container/app', trouble('ErrImageNeverPull', 4000)]]) },
    },
    ['event ErrImageNeverPull'],
    4000,
  ],
]);

table('restarts', [
  [
    'the first end is followed at once',
    { pod: plain, seen: 'POD#0:running app#0:exited(1)' },
    ['createContainer app#1'],
  ],
  ['even a good one, with Always', { pod: plain, seen: 'POD#0:running app#0:exited(0)' }, ['createContainer app#1']],
  [
    'the second waits 10 s',
    { pod: plain, seen: 'POD#0:running app#0:exited(1) app#1:exited(1)@-4' },
    ['event BackOff'],
    6000,
  ],
  [
    'and no longer',
    { pod: plain, seen: 'POD#0:running app#0:exited(1) app#1:exited(1)@-10' },
    ['createContainer app#2'],
  ],
  ['the sixth waits 160 s', { pod: plain, seen: 'POD#0:running app#5:exited(1)@-100' }, ['event BackOff'], 60_000],
  [
    'none waits more than five minutes',
    { pod: plain, seen: 'POD#0:running app#9:exited(1)@-100' },
    ['event BackOff'],
    200_000,
  ],
  [
    'Never means never: the pod is over',
    { pod: never, seen: 'POD#0:running app#0:exited(1)' },
    ['removeSandbox POD-0'],
  ],
  [
    'OnFailure restarts a failure',
    { pod: onFailure, seen: 'POD#0:running app#0:exited(1)' },
    ['createContainer app#1'],
  ],
  [
    'OnFailure is content with success',
    { pod: onFailure, seen: 'POD#0:running app#0:exited(0)' },
    ['removeSandbox POD-0'],
  ],
  [
    'only the last two attempts are kept',
    { pod: plain, seen: 'POD#0:running app#0:exited(1) app#1:exited(1) app#2:running' },
    ['removeContainer app-0'],
  ],
  [
    'an earlier attempt that runs again is killed',
    { pod: plain, seen: 'POD#0:running app#0:running app#1:running' },
    ['killContainer app-0'],
  ],
  [
    'a changed image replaces the container',
    {
      pod: podOf({ containers: [container('app', { image: 'app:2' })] }),
      seen: 'POD#0:running',
      observed: { containers: containers('POD#0:running app#0:running', plain) },
    },
    ['stopContainer app-0 30s'],
  ],
]);

table('the sandbox dies', [
  ['what ran in it is asked to end', { pod: plain, seen: 'POD#0:exited app#0:running' }, ['stopContainer app-0 30s']],
  ['then it is removed', { pod: plain, seen: 'POD#0:exited app#0:exited(143)' }, ['removeSandbox POD-0']],
  ['then another is made', { pod: plain, seen: 'app#0:exited(143)' }, ['createSandbox #1']],
  ['and the container again in it', { pod: plain, seen: 'POD#1:running app#0:exited(143)' }, ['createContainer app#1']],
  [
    'a container made for the old one is made anew',
    { pod: plain, seen: 'POD#1:running app#0:created' },
    ['removeContainer app-0'],
  ],
  [
    'what still runs in one that vanished is ended first',
    { pod: plain, seen: 'POD#1:running app#0:running' },
    ['stopContainer app-0 30s'],
  ],
  [
    'init containers run again',
    { pod: withInit, seen: 'POD#1:running !first#0:exited(0) !second#0:exited(0) app#0:exited(143)' },
    ['createContainer first#1'],
  ],
]);

table('init containers', [
  ['the first goes first', { pod: withInit, seen: 'POD#0:running' }, ['createContainer first#0']],
  ['the second waits for its end', { pod: withInit, seen: 'POD#0:running !first#0:running' }, []],
  ['then it is its turn', { pod: withInit, seen: 'POD#0:running !first#0:exited(0)' }, ['createContainer second#0']],
  [
    'a failure is tried again',
    { pod: withInit, seen: 'POD#0:running !first#0:exited(1)' },
    ['createContainer first#1'],
  ],
  [
    'after both the pod proper',
    { pod: withInit, seen: 'POD#0:running !first#0:exited(0) !second#0:exited(0)' },
    ['createContainer app#0'],
  ],
  [
    'with Never a failure ends the pod',
    { pod: podOf({ ...withInit.spec, restartPolicy: 'Never' }), seen: 'POD#0:running !first#0:exited(1)' },
    ['removeSandbox POD-0'],
  ],
  ['once the pod proper has begun they are not missed', { pod: withInit, seen: 'POD#0:running app#0:running' }, []],
  [
    'a sidecar only has to start',
    { pod: withSidecar, seen: 'POD#0:running !proxy#0:running' },
    ['createContainer first#0'],
  ],
  [
    'a sidecar that ends comes back, even beside the pod proper',
    { pod: withSidecar, seen: 'POD#0:running !proxy#0:exited(1) !first#0:exited(0) app#0:running' },
    ['createContainer proxy#1'],
  ],
]);

const stopping = (grace: number, agoMs: number) => ({
  stopping: new Map([['id-app-0', { sinceMs: NOW_MS - agoMs, graceSeconds: grace }]]),
});

table('a pod is deleted', [
  ['what runs is asked to end', { pod: deleted, seen: 'POD#0:running app#0:running' }, ['stopContainer app-0 30s']],
  [
    'and is waited for',
    { pod: deleted, seen: 'POD#0:running app#0:running', observed: stopping(30, 5_000) },
    [],
    27_000,
  ],
  [
    'what outlives its grace is killed',
    { pod: deleted, seen: 'POD#0:running app#0:running', observed: stopping(30, 33_000) },
    ['killContainer app-0'],
    2_000,
  ],
  [
    'a grace can become shorter',
    {
      pod: podOf({}, { ...deleted.metadata, deletionGracePeriodSeconds: 1 }),
      seen: 'POD#0:running app#0:running',
      observed: stopping(30, 5_000),
    },
    ['killContainer app-0'],
    2_000,
  ],
  [
    'then all is removed',
    { pod: deleted, seen: 'POD#0:running app#0:exited(0)' },
    ['removeSandbox POD-0', 'removeContainer app-0'],
  ],
  ['then its directory', { pod: deleted, seen: '' }, ['removeVolumes']],
  [
    'then the master may know',
    { pod: deleted, seen: '', observed: { volumesOnDisk: false } },
    ['reportGone', 'forget'],
  ],
  [
    'sidecars end after the others',
    { pod: podOf(withSidecar.spec, deleted.metadata), seen: 'POD#0:running !proxy#0:running app#0:running' },
    ['stopContainer app-0 30s'],
  ],
  [
    'and then they do',
    { pod: podOf(withSidecar.spec, deleted.metadata), seen: 'POD#0:running !proxy#0:running app#0:exited(0)' },
    ['stopContainer proxy-0 30s'],
  ],
  [
    'a pod the cell does not know any more goes the same way, and sooner',
    { pod: plain, wanted: false, seen: 'POD#0:running app#0:running' },
    ['stopContainer app-0 2s'],
  ],
  [
    'but nobody waits to hear of it',
    { pod: plain, wanted: false, seen: '', observed: { volumesOnDisk: false } },
    ['forget'],
  ],
]);

const over = { phase: 'Succeeded' } as const;
table('a pod is over', [
  ['ended containers are kept for their logs', { pod: never, seen: 'app#0:exited(0)', last: over }, []],
  ['nothing is started again', { pod: plain, seen: 'app#0:exited(0)', last: over }, []],
  [
    'a deadline ends what runs',
    {
      pod: podOf({ activeDeadlineSeconds: 60 }),
      seen: 'POD#0:running app#0:running',
      last: { startTime: '2030-01-01T00:09:00Z' },
    },
    ['stopContainer app-0 30s'],
  ],
  [
    'and the pod is over when all have ended',
    {
      pod: podOf({ activeDeadlineSeconds: 60 }),
      seen: 'POD#0:running app#0:exited(143)',
      last: { startTime: '2030-01-01T00:09:00Z', phase: 'Running' },
    },
    ['removeSandbox POD-0', 'event DeadlineExceeded'],
  ],
  [
    'before it the pod is woken in time',
    {
      pod: podOf({ activeDeadlineSeconds: 90 }),
      seen: 'POD#0:running app#0:running',
      last: { startTime: '2030-01-01T00:09:00Z' },
    },
    [],
    30_000,
  ],
]);

table('somebody removed a container', [
  [
    'one that ran is made again, as the next attempt',
    { pod: plain, seen: 'POD#0:running', last: { containerStatuses: [reported(3)] } },
    ['event BackOff'],
    40_000,
  ],
  [
    'with Never it was the end',
    { pod: never, seen: 'POD#0:running', last: { containerStatuses: [reported(0)] } },
    ['removeSandbox POD-0'],
  ],
]);

function reported(restartCount: number) {
  return {
    name: 'app',
    image: 'app:1',
    imageID: '',
    ready: true,
    restartCount,
    containerID: 'docker://gone',
    state: { running: { startedAt: '2030-01-01T00:09:59Z' } },
  };
}

test('a failing step is tried again when its time has come', () => {
  const troubles = new Map([['sandbox', trouble('FailedCreatePodSandBox', 0)]]);
  expect(words(planScene({ pod: plain, seen: '', observed: { troubles } }).steps)).toEqual(['createSandbox #0']);
});
