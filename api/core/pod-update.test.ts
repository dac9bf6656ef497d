import { expect, test } from 'vitest';
import { container, created, podOf } from '../sample.suite.ts';
import { pods } from './pod.ts';
import { validatePodUpdate } from './pod-update.ts';

const faults = (before: object, after: object): string[] =>
  validatePodUpdate(created(pods, after).object, created(pods, before).object).map(({ path }) => path);

const toleration = { key: 'a', operator: 'Exists', effect: 'NoExecute' };
const gates = { schedulingGates: [{ name: 'g' }] };

test.each<[string, object, object, string[]]>([
  ['nothing', podOf(), podOf(), []],
  ['image', podOf(), podOf({}, { image: 'web:2', imagePullPolicy: 'IfNotPresent' }), []],
  ['command', podOf(), podOf({}, { command: ['x'] }), ['spec']],
  ['more containers', podOf(), podOf({ containers: [container(), container({ name: 'b' })] }), ['spec.containers']],
  ['more init containers', podOf(), podOf({ initContainers: [container({ name: 'b' })] }), ['spec.initContainers']],
  ['node', podOf(), podOf({ nodeName: 'n' }), ['spec']],
  ['deadline set', podOf(), podOf({ activeDeadlineSeconds: 5 }), []],
  ['deadline sooner', podOf({ activeDeadlineSeconds: 5 }), podOf({ activeDeadlineSeconds: 4 }), []],
  [
    'deadline later',
    podOf({ activeDeadlineSeconds: 5 }),
    podOf({ activeDeadlineSeconds: 6 }),
    ['spec.activeDeadlineSeconds'],
  ],
  ['deadline gone', podOf({ activeDeadlineSeconds: 5 }), podOf(), ['spec.activeDeadlineSeconds']],
  ['toleration added', podOf(), podOf({ tolerations: [toleration] }), []],
  [
    'toleration shortened',
    podOf({ tolerations: [toleration] }),
    podOf({ tolerations: [{ ...toleration, tolerationSeconds: 5 }] }),
    [],
  ],
  ['toleration removed', podOf({ tolerations: [toleration] }), podOf(), ['spec.tolerations']],
  ['gate removed', podOf(gates), podOf(), []],
  ['gate added', podOf(), podOf(gates), ['spec.schedulingGates']],
  ['selector of a gated pod', podOf(gates), podOf({ ...gates, nodeSelector: { disk: 'ssd' } }), []],
  ['selector', podOf(), podOf({ nodeSelector: { disk: 'ssd' } }), ['spec']],
  ['grace period', podOf(), podOf({ terminationGracePeriodSeconds: 1 }), ['spec']],
])('%s', (_, before, after, expected) => {
  expect(faults(before, after)).toEqual(expected);
});

test('the fault names the fields that changed', () => {
  const after = created(pods, podOf({ hostPID: true })).object;
  const [fault] = validatePodUpdate(after, created(pods, podOf()).object);
  expect(fault?.message).toContain('these were changed: hostPID');
});

test('whether it is the picture of a pod from a file is settled', () => {
  const plain = created(pods, podOf()).object;
  const mirror = { ...plain, metadata: { ...plain.metadata, annotations: { 'kubernetes.io/config.mirror': 'x' } } };
  const path = 'metadata.annotations[kubernetes.io/config.mirror]';
  expect(validatePodUpdate(mirror, plain)).toMatchObject([{ path }]);
  expect(validatePodUpdate(plain, mirror)).toMatchObject([{ path }]);
  expect(validatePodUpdate(mirror, mirror)).toEqual([]);
});
