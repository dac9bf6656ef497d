import { expect, test } from 'vitest';
import { container, created, podOf } from '../sample.suite.ts';
import { pods } from './pod.ts';
import { validatePodUpdate } from './pod-update.ts';

const faults = (before: object, after: object): string[] =>
  validatePodUpdate(created(pods, after).object, created(pods, before).object).map(({ path }) => path);

const toleration = { key: 'a', operator: 'Exists', effect: 'NoExecute' };
const gates = { schedulingGates: [{ name: 'g' }] };

const demanding = (...nodeSelectorTerms: object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const preferring = (key: string) => ({
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [exists(key)] } }],
});
const exists = (key: string) => ({ key, operator: 'Exists' });
const onNode = (name: string) => ({ key: 'metadata.name', operator: 'In', values: [name] });
const near = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', labelSelector: {} }] };
const TERMS = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';

/** Where a pod may go can be narrowed as long as it is gated. */
function whileGated(): [string, object, object, string[]][] {
  const [a, ab, b] = ['a', 'ab', 'b'].map((keys) => ({ matchExpressions: [...keys].map(exists) }));
  const cases: [string, object, object, string[]][] = [
    ['one more label', { nodeSelector: { disk: 'ssd' } }, { nodeSelector: { disk: 'ssd', gpu: 'a' } }, []],
    ['another label', { nodeSelector: { disk: 'ssd' } }, { nodeSelector: { disk: 'hdd' } }, ['spec.nodeSelector']],
    ['one label less', { nodeSelector: { disk: 'ssd' } }, {}, ['spec.nodeSelector']],
    ['a first term', {}, demanding(a!), []],
    ['a term narrowed', demanding(a!), demanding(ab!), []],
    ['a term narrowed to a node', demanding(a!), demanding({ ...a, matchFields: [onNode('n')] }), []],
    ['a term changed', demanding(ab!), demanding(b!), [`${TERMS}[0]`]],
    ['a term widened', demanding(ab!), demanding(a!), [`${TERMS}[0]`]],
    ['an empty term filled', demanding({}), demanding(a!), [`${TERMS}[0]`]],
    ['one more term', demanding(a!), demanding(a!, b!), [TERMS]],
    ['no terms any more', demanding(a!), {}, [TERMS]],
    [
      'other preferences',
      { affinity: { nodeAffinity: preferring('a') } },
      { affinity: { nodeAffinity: preferring('b') } },
      [],
    ],
    ['no preferences any more', { affinity: { nodeAffinity: preferring('a') } }, {}, []],
    ['pod affinity', {}, { affinity: { podAffinity: near } }, ['spec']],
    ['no pod affinity any more', { affinity: { podAffinity: near } }, {}, ['spec']],
    [
      'node affinity beside pod affinity',
      { affinity: { podAffinity: near } },
      { affinity: { podAffinity: near, ...demanding(a!).affinity } },
      [],
    ],
  ];
  return cases.map(([name, before, after, paths]) => [
    `${name}, while gated`,
    podOf({ ...gates, ...before }),
    podOf({ ...gates, ...after }),
    paths,
  ]);
}

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
  ...whileGated(),
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
