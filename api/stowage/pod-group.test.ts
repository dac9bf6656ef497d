import { describe, expect, test } from 'vitest';
import type { ObjectMeta } from '../meta/object.ts';
import { created, lines, printed } from '../sample.suite.ts';
import { OLD_POD_GROUP_KEY, POD_GROUP_KEY, podGroupOf, podGroups, X_POD_GROUP_LABEL } from './pod-group.ts';
import { xPodGroups } from './x-pod-group.ts';

const own = { apiGroup: 'stowage.dev', name: 'a' };
const plugins = { apiGroup: 'scheduling.x-k8s.io', name: 'a' };

test.each<[string, ObjectMeta | undefined, object | undefined]>([
  ['nothing', undefined, undefined],
  ['other labels', { labels: { app: 'web' } }, undefined],
  ['an empty name', { labels: { [POD_GROUP_KEY]: '' } }, undefined],
  ['our label', { labels: { [POD_GROUP_KEY]: 'a' } }, own],
  ['our annotation', { annotations: { [POD_GROUP_KEY]: 'a' } }, own],
  ['the label of the plugins', { labels: { [X_POD_GROUP_LABEL]: 'a' } }, plugins],
  ['that as an annotation means nothing', { annotations: { [X_POD_GROUP_LABEL]: 'a' } }, undefined],
  ['their old annotation', { annotations: { [OLD_POD_GROUP_KEY]: 'a' } }, plugins],
  ['their old label', { labels: { [OLD_POD_GROUP_KEY]: 'a' } }, plugins],
  ['both: ours', { labels: { [X_POD_GROUP_LABEL]: 'b', [POD_GROUP_KEY]: 'a' } }, own],
])('a pod with %s', (_, metadata, group) => {
  expect(podGroupOf({ metadata })).toEqual(group);
});

describe.each([
  ['stowage.dev', podGroups],
  ['scheduling.x-k8s.io', xPodGroups],
] as const)('PodGroup of %s', (_, resource) => {
  const group = (spec: object) =>
    created(resource as typeof podGroups, { metadata: { name: 'training', namespace: 'default' }, spec });

  test('counts from one', () => {
    expect(group({ minMember: 1, scheduleTimeoutSeconds: 0 }).faults).toEqual([]);
    const faults = lines(group({ scheduleTimeoutSeconds: -1 }).faults);
    expect(faults).toEqual([
      'spec.minMember: Invalid value: 0: must be greater than or equal to 1',
      'spec.scheduleTimeoutSeconds: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });

  test('prints how far it is', () => {
    const { object } = group({ minMember: 4 });
    expect(printed(resource as typeof podGroups, object, 0)).toMatchObject({ Phase: 'Pending', MinMember: 4 });
    object.status = { phase: 'Scheduled', scheduled: 4, running: 2 };
    const row = printed(resource as typeof podGroups, object, 0);
    expect(row).toMatchObject({ Phase: 'Scheduled', Scheduled: 4, Running: 2 });
  });
});

test('minResources must be amounts, and whoever sets them is told what comes of it', () => {
  const group = (cpu: string) =>
    created(xPodGroups, {
      metadata: { name: 't', namespace: 'default' },
      spec: { minMember: 2, minResources: { cpu } },
    });
  expect(lines(group('-1').faults)).toEqual([
    'spec.minResources[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ]);
  expect(xPodGroups.warnings?.(group('8').object)).toHaveLength(1);
});
