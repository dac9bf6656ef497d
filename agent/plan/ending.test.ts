import { describe, expect, test } from 'vitest';
import type { Pod } from '../pod-types.ts';
import { endingTold, PREEMPTED } from './disruption.ts';
import { container, NOW_MS, planScene, podOf, table } from './transcript.fixture.ts';

const sidecar = (name: string) => container(name, { restartPolicy: 'Always' });
const two = { initContainers: [sidecar('first'), sidecar('second')] };
const deletedAt = (deletionTimestamp: string): Pod => podOf(two, { deletionTimestamp, deletionGracePeriodSeconds: 30 });
const soon = deletedAt('2030-01-01T00:10:20Z');
const sidecars = 'POD#0:running !first#0:running !second#0:running';

table('sidecars end', [
  ['after the others', { pod: soon, seen: `${sidecars} app#0:running` }, ['stopContainer app-0 30s']],
  [
    'the last one first, within what is left of the grace',
    { pod: soon, seen: `${sidecars} app#0:exited(0)` },
    ['stopContainer second-0 20s'],
  ],
  [
    'one after the other',
    { pod: soon, seen: 'POD#0:running !first#0:running !second#0:exited(0) app#0:exited(0)' },
    ['stopContainer first-0 20s'],
  ],
  [
    'and have a moment when the grace is over',
    { pod: deletedAt('2030-01-01T00:09:00Z'), seen: sidecars },
    ['stopContainer second-0 2s'],
  ],
]);

const read = { lastWords: new Map<string, string>() };
const never = podOf({ restartPolicy: 'Never' });

table('last words are read', [
  [
    'when a container has ended',
    { pod: podOf(), seen: 'POD#0:running app#0:exited(1)', observed: read },
    ['createContainer app#1', 'readLastWords app-0'],
  ],
  [
    'before a pod that is deleted loses its containers',
    { pod: soon, seen: 'POD#0:running app#0:exited(0)', observed: read },
    ['readLastWords app-0'],
  ],
  [
    'not of one that could not be started',
    { pod: never, seen: 'POD#0:running app#0:created', observed: read },
    ['startContainer app-0'],
  ],
]);

test('a pod is over once they are known', () => {
  const scene = { pod: never, seen: 'POD#0:running app#0:exited(1)', last: { phase: 'Running' } } as const;
  expect(planScene({ ...scene, observed: read }).status.phase).toBe('Running');
  expect(planScene(scene).status.phase).toBe('Failed');
});

test('last words are what people see of an end', () => {
  const lastWords = new Map([['id-app-0', 'out of luck']]);
  const { status } = planScene({ pod: never, seen: 'POD#0:running app#0:exited(1)', observed: { lastWords } });
  expect(status.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 1, message: 'out of luck' });
});

describe('a pod that the agent must end', () => {
  const ending = { reason: 'Evicted', message: 'the node was short of memory', graceSeconds: 1 };
  const scene = { pod: podOf(), seen: 'POD#0:running app#0:running', observed: { ending } };

  test('says so at once where it is taken from its work, and keeps its phase while anything of it runs', () => {
    const { status } = planScene({ ...scene, last: { phase: 'Running' } });
    expect(status).toMatchObject({ phase: 'Running' });
    expect(status.reason).toBeUndefined();
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' }),
    );
    // An agent that comes after this one goes on with it.
    expect(endingTold(status)).toEqual({ reason: 'Evicted', message: ending.message });
    expect(endingTold({ conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'Other' }] })).toBeUndefined();
  });

  test('one that is preempted is told apart', () => {
    const { status } = planScene({ ...scene, observed: { ending: PREEMPTED } });
    expect(endingTold(status)).toEqual(PREEMPTED);
  });

  test.each([
    ['when nothing runs any more', {}],
    ['also when it is deleted meanwhile', { deletionTimestamp: '2030-01-01T00:10:30Z' }],
  ])('is failed with the reason %s', (_when, metadata) => {
    const { status } = planScene({ ...scene, pod: podOf({}, metadata), seen: 'POD#0:running app#0:exited(0)' });
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: ending.message });
  });

  table('its containers', [
    ['get no more grace than that', scene, ['stopContainer app-0 1s']],
    ['and none is made anew', { ...scene, seen: 'POD#0:running app#0:exited(137)' }, ['removeSandbox POD-0']],
    ['nor made at all', { ...scene, seen: '' }, []],
  ]);

  test('stays so', () => {
    const { status } = planScene({ ...scene, seen: 'app#0:exited(137)' });
    const later = planScene({ pod: podOf(), seen: 'app#0:exited(137)', last: status, nowMs: NOW_MS + 60_000 });
    expect(later.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(later.steps).toEqual([]);
  });
});
