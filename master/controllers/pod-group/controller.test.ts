import { describe, expect, test } from 'vitest';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { POD_GROUP_KEY, type PodGroup, podGroups, X_POD_GROUP_LABEL } from '../../../api/stowage/pod-group.ts';
import { xPodGroups } from '../../../api/stowage/x-pod-group.ts';
import { World } from '../kit/world.suite.ts';
import { bind, podSpec, reportEnd, reportReady } from '../samples.suite.ts';
import { podGroupController } from './controller.ts';
import { phaseOf } from './phase.ts';

const pod = (name: string, group = 'g', label = POD_GROUP_KEY): Pod => ({
  metadata: { name, namespace: 'shop', labels: { [label]: group } },
  spec: podSpec(),
});
const group = (minMember: number, name = 'g'): PodGroup => ({
  metadata: { name, namespace: 'shop' },
  spec: { minMember },
});

function cell() {
  const world = new World([podGroupController()]);
  const settle = () => {
    world.advance(1_000);
    world.settle();
    return world.get(podGroups, 'shop', 'g')?.status;
  };
  return { world, settle };
}

test.each([
  ['no pods', [0, 0, 0, 0, 0], 'Pending'],
  ['too few', [2, 0, 0, 0, 0], 'Pending'],
  ['all there', [3, 0, 0, 0, 0], 'Scheduling'],
  ['some placed', [3, 2, 1, 0, 0], 'Scheduling'],
  ['all placed', [3, 3, 2, 0, 0], 'Scheduled'],
  ['all run', [4, 4, 3, 0, 0], 'Running'],
  ['some done, the others run', [3, 3, 1, 2, 0], 'Running'],
  ['done', [3, 3, 0, 3, 0], 'Finished'],
  ['one failed', [3, 3, 1, 1, 1], 'Failed'],
  ['one failed and was replaced', [4, 4, 3, 0, 1], 'Running'],
] as const)('phase of a group of three: %s', (_, [total, scheduled, running, succeeded, failed], phase) => {
  expect(phaseOf({ total, scheduled, running, succeeded, failed }, 3)).toBe(phase);
});

describe('the status of a PodGroup', () => {
  test('follows its pods, whichever came first, and leaves alone what others say in it', () => {
    const { world, settle } = cell();
    const [a, b] = ['a', 'b'].map((name) => world.create(pods, pod(name)));
    world.create(pods, pod('c', 'other'));
    const made = world.create(podGroups, group(2));
    expect(settle()).toEqual({ phase: 'Scheduling', scheduled: 0, running: 0, succeeded: 0, failed: 0 });
    const conditions = [{ type: 'Scheduled', status: 'True' as const, reason: 'Scheduled' }];
    world.setStatus(podGroups, made, { conditions });
    bind(world, a!);
    bind(world, b!);
    expect(settle()).toMatchObject({ phase: 'Scheduled', scheduled: 2, conditions });
    reportReady(world, a!);
    reportReady(world, b!);
    expect(settle()).toMatchObject({ phase: 'Running', running: 2 });
    reportEnd(world, a!, 'Succeeded');
    reportEnd(world, b!, 'Succeeded');
    const done = { phase: 'Finished', scheduled: 2, running: 0, succeeded: 2, failed: 0, conditions };
    expect(settle()).toEqual(done);
    for (const each of [a!, b!]) world.delete(pods, each, { gracePeriodSeconds: 0 });
    expect(settle()).toEqual(done);
  });

  test('is kept for the kind of the scheduler plugins likewise', () => {
    const { world, settle } = cell();
    world.create(xPodGroups, group(1));
    bind(world, world.create(pods, pod('a', 'g', X_POD_GROUP_LABEL)));
    settle();
    expect(world.get(xPodGroups, 'shop', 'g')?.status).toMatchObject({ phase: 'Scheduled', scheduled: 1 });
  });

  test('forgets pods that go, or change their group', () => {
    const { world, settle } = cell();
    world.create(podGroups, group(2));
    const [a, b] = ['a', 'b'].map((name) => world.create(pods, pod(name)));
    for (const each of [a!, b!]) bind(world, each);
    expect(settle()).toMatchObject({ scheduled: 2 });
    world.delete(pods, a!, { gracePeriodSeconds: 0 });
    world.update(pods, b!, (next) => {
      next.metadata!.labels = {};
    });
    expect(settle()).toMatchObject({ phase: 'Pending', scheduled: 0 });
  });

  test('is written at most once a second, and not at all for nothing', () => {
    const { world, settle } = cell();
    world.create(podGroups, group(5));
    settle();
    world.takeTranscript();
    const made = ['a', 'b', 'c'].map((name) => world.create(pods, pod(name)));
    for (const each of made) bind(world, each);
    world.settle();
    expect(world.takeTranscript()).toEqual([]);
    expect(settle()).toMatchObject({ scheduled: 3 });
    expect(world.takeTranscript()).toEqual(['pod-group: update podgroup g status']);
    world.setStatus(pods, made[0]!, { message: 'still here' });
    expect(world.due).toEqual([]);
    world.create(pods, pod('x', 'nobody'));
    expect(world.due).toEqual([]);
  });
});
