import { describe, expect, test } from 'vitest';
import { created, deploymentOf, lines, printed, template } from '../sample.suite.ts';
import { deployments } from './deployment.ts';
import { scaledCount } from './percent.ts';
import { replicaSets } from './replica-set.ts';

const faults = (spec: object) => lines(created(deployments, deploymentOf(spec)).faults);

test('a deployment that says little', () => {
  const { spec } = created(deployments, deploymentOf()).object;
  expect(spec).toMatchObject({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
  });
  expect(spec?.template.spec?.restartPolicy).toBe('Always');
  // Requests are settled when a pod is made, not in the template.
  expect(spec?.template.spec?.enableServiceLinks).toBeUndefined();
});

test('limits in a template stay limits', () => {
  const limits = { cpu: '1' };
  const { spec } = created(deployments, deploymentOf({ template: template({}, { resources: { limits } }) })).object;
  expect(spec?.template.spec?.containers[0]?.resources).toEqual({ limits });
});

test('Recreate has no rolling update', () => {
  const { spec } = created(deployments, deploymentOf({ strategy: { type: 'Recreate' } })).object;
  expect(spec?.strategy).toEqual({ type: 'Recreate' });
});

describe('faults', () => {
  const rolling = (rollingUpdate: object) => ({ strategy: { rollingUpdate } });
  test.each<[string, object, string]>([
    ['replicas', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ['empty selector', { selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    [
      'selector and labels',
      { selector: { matchLabels: { app: 'x' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'restart policy',
      { template: template({ restartPolicy: 'Never' }) },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'deadline',
      { progressDeadlineSeconds: 5, minReadySeconds: 5 },
      'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
    ],
    [
      'nothing may move',
      rolling({ maxSurge: 0, maxUnavailable: '0%' }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
    [
      'too much',
      rolling({ maxUnavailable: '101%' }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      'negative surge',
      rolling({ maxSurge: -1 }),
      'spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['container', { template: template({}, { image: '' }) }, 'spec.template.spec.containers[0].image: Required value'],
    [
      'strategy',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
  ])('%s', (_, spec, expected) => {
    expect(faults(spec)).toEqual([expected]);
  });

  test('no percentage', () => {
    expect(faults(rolling({ maxSurge: 'many' }))[0]).toContain('a valid percent string must be a numeric string');
  });
});

test.each([deployments, replicaSets])('the selector of a $kind stays', (resource) => {
  const before = created(resource as typeof deployments, deploymentOf()).object;
  const after = created(resource as typeof deployments, deploymentOf({ selector: { matchLabels: { a: 'b' } } })).object;
  expect(resource.validateUpdate?.(after as never, before as never).map((fault) => fault.message)).toEqual([
    'Invalid value: {"matchLabels":{"a":"b"}}: field is immutable',
  ]);
});

test.each([
  ['25%', 10, 'up', 3],
  ['25%', 10, 'down', 2],
  ['100%', 7, 'down', 7],
  [4, 1, 'up', 4],
] as const)('%s of %i, rounded %s, is %i', (value, total, rounding, expected) => {
  expect(scaledCount(value, total, rounding)).toBe(expected);
});

test('columns', () => {
  const { object } = created(deployments, deploymentOf({ replicas: 3 }));
  object.status = { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 };
  expect(printed(deployments, object, 0)).toMatchObject({
    Ready: '2/3',
    'Up-to-date': 1,
    Available: 2,
    Containers: 'main',
    Images: 'example/web:1',
    Selector: 'app=web',
  });
  const set = created(replicaSets, deploymentOf({ replicas: 3 })).object;
  set.status = { replicas: 2, readyReplicas: 1 };
  expect(printed(replicaSets, set, 0)).toMatchObject({ Desired: 3, Current: 2, Ready: 1, Selector: 'app=web' });
});

test('scale reads and writes replicas', () => {
  const { object } = created(deployments, deploymentOf());
  deployments.scale?.setReplicas(object, 5);
  expect(deployments.scale?.specReplicas(object)).toBe(5);
  expect(deployments.scale?.selector(object)).toBe('app=web');
});
