import { expect, test } from 'vitest';
import { ephemeralContainerRules, validateEphemeralContainers } from './ephemeral-containers.ts';
import type { Pod } from './pod.ts';

type Ephemeral = NonNullable<NonNullable<Pod['spec']>['ephemeralContainers']>[number];

const pod = (...ephemeralContainers: Ephemeral[]): Pod => ({
  metadata: { name: 'p', labels: { a: 'b' } },
  spec: { containers: [{ name: 'main', image: 'x' }], ...(ephemeralContainers.length > 0 && { ephemeralContainers }) },
  status: { phase: 'Running' },
});
const looking: Ephemeral = { name: 'looking', image: 'y', targetContainerName: 'main' };

test.each<[string, Ephemeral, RegExp | undefined]>([
  ['one that looks into another', looking, undefined],
  ['a name that is taken', { name: 'main', image: 'y' }, /Duplicate value: "main"/],
  ['no image', { name: 'a' }, /image: Required value/],
  ['ports', { ...looking, ports: [{ containerPort: 1 }] }, /ports: .*cannot be set for an Ephemeral Container/],
  ['resources', { ...looking, resources: { limits: { cpu: '1' } } }, /resources: .*cannot be set/],
  ['a restart policy', { ...looking, restartPolicy: 'Always' }, /restartPolicy: .*cannot be set/],
  ['a target that is not there', { ...looking, targetContainerName: 'x' }, /targetContainerName: Not found: "x"/],
])('%s', (_what, container, fault) => {
  const faults = validateEphemeralContainers(pod(container), pod()).map(({ path, message }) => `${path}: ${message}`);
  if (fault) expect(faults.join('\n')).toMatch(fault);
  else expect(faults).toEqual([]);
});

test('a new pod has none', () => {
  expect(validateEphemeralContainers(pod(looking), undefined)).toMatchObject([
    { path: 'spec.ephemeralContainers', message: expect.stringContaining('cannot be set on create') },
  ]);
});

test('nothing else of the pod changes with them', () => {
  const next: Pod = { ...pod(looking), status: { phase: 'Failed' } };
  next.metadata!.labels = {};
  next.spec!.nodeName = 'other';
  ephemeralContainerRules.prepareForUpdate(next, pod());
  expect(next).toEqual(pod(looking));
});

test('there can be more, never less or others', () => {
  const faults = (next: Pod) =>
    ephemeralContainerRules.validateUpdate(next, pod(looking)).map(({ message }) => message);
  expect(faults(pod(looking, { name: 'b', image: 'z' }))).toEqual([]);
  expect(faults(pod()).join()).toMatch(/"looking" may not be removed/);
  expect(faults(pod({ ...looking, image: 'other' })).join()).toMatch(/"looking" may not be changed/);
});
