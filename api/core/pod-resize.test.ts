import { expect, test } from 'vitest';
import type { Container } from './container.ts';
import type { Pod } from './pod.ts';
import { podResizeRules, validateResizePolicy } from './pod-resize.ts';
import type { PodSpec } from './pod-spec.ts';

type Resources = Container['resources'];

const main = (resources: Resources, more: Partial<Container> = {}): Container => ({
  name: 'main',
  image: 'x',
  resources,
  ...more,
});
const podOf = (container: Container, spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: 'p', labels: { a: 'b' } },
  spec: { containers: [container], ...spec },
  status: { phase: 'Running' },
});
const BURSTABLE: Resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } };
const RESTARTS: Partial<Container> = { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] };

const faultsOf = (next: Pod, previous: Pod): string => {
  const asked = structuredClone(next);
  podResizeRules.prepareForUpdate(asked, previous);
  return podResizeRules
    .validateUpdate(asked, previous)
    .map(({ path, message }) => `${path}: ${message}`)
    .join('\n');
};
const resized = (before: Resources, after: Resources, more: Partial<Container> = {}): string =>
  faultsOf(podOf(main(after, more)), podOf(main(before, more)));

test.each<[string, Resources, Resources, Partial<Container>, RegExp | undefined]>([
  ['more of both', BURSTABLE, { requests: { cpu: '2', memory: '2Gi' }, limits: { memory: '3Gi' } }, {}, undefined],
  ['less CPU', BURSTABLE, { ...BURSTABLE, requests: { cpu: '1m', memory: '1Gi' } }, {}, undefined],
  ['a limit that was not there', BURSTABLE, { ...BURSTABLE, limits: { memory: '2Gi', cpu: '2' } }, {}, undefined],
  [
    'a request taken away',
    BURSTABLE,
    { ...BURSTABLE, requests: { cpu: '1' } },
    {},
    /resource requests cannot be removed/,
  ],
  ['a limit taken away', BURSTABLE, { requests: BURSTABLE.requests }, {}, /resource limits cannot be removed/],
  ['all taken away', BURSTABLE, undefined, {}, /cannot be removed/],
  [
    'a lower memory limit',
    BURSTABLE,
    { ...BURSTABLE, limits: { memory: '1Gi' } },
    {},
    /limits\[memory\]: .*cannot be decreased/,
  ],
  ['the same with a restart', BURSTABLE, { ...BURSTABLE, limits: { memory: '1Gi' } }, RESTARTS, undefined],
  ['something else', BURSTABLE, { ...BURSTABLE, limits: { memory: '2Gi', 'a/b': '1' } }, {}, /only cpu and memory/],
  ['a claim', BURSTABLE, { ...BURSTABLE, claims: [{ name: 'gpu' }] }, {}, /only cpu and memory/],
  ['out of its class', {}, { requests: { cpu: '1' } }, {}, /Pod QOS Class may not change.*it is BestEffort/],
  [
    'up into the class above',
    BURSTABLE,
    { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '1', memory: '2Gi' } },
    {},
    /"Guaranteed": Pod QOS Class may not change.*it is Burstable/,
  ],
])('%s', (_what, before, after, more, fault) => {
  if (fault) expect(resized(before, after, more)).toMatch(fault);
  else expect(resized(before, after, more)).toBe('');
});

test('nothing else of the pod changes with them', () => {
  const before = podOf(main(BURSTABLE));
  const next = podOf(main({ ...BURSTABLE, requests: { cpu: '2', memory: '1Gi' } }, { image: 'y', command: ['z'] }), {
    nodeName: 'other',
  });
  next.metadata = { name: 'p', labels: {} };
  next.status = { phase: 'Failed' };
  podResizeRules.prepareForUpdate(next, before);
  expect(next).toEqual(podOf(main({ ...BURSTABLE, requests: { cpu: '2', memory: '1Gi' } })));
});

test('sidecars are resized, containers that run to their end are not', () => {
  const withInit = (cpu: string, restartPolicy?: 'Always') =>
    podOf(main(BURSTABLE), {
      initContainers: [{ name: 'first', image: 'x', resources: { requests: { cpu } }, restartPolicy }],
    });
  expect(faultsOf(withInit('2', 'Always'), withInit('1', 'Always'))).toBe('');
  expect(faultsOf(withInit('2'), withInit('1'))).toMatch(/initContainers\[0\].resources: .*non-sidecar init/);
});

test('containers stay the same ones', () => {
  const two = podOf(main(BURSTABLE));
  two.spec!.containers.push({ name: 'other', image: 'x' });
  expect(faultsOf(two, podOf(main(BURSTABLE)))).toMatch(/may not add, remove, rename or reorder/);
  expect(faultsOf(podOf(main(BURSTABLE)), two)).toMatch(/may not add, remove, rename or reorder/);
});

test('pods that are sized as a whole, and those of a file, keep what they have', () => {
  const whole = podOf(main(BURSTABLE), { resources: { limits: { cpu: '4' } } });
  expect(faultsOf(whole, whole)).toMatch(/spec.resources: /);
  const mirror = podOf(main(BURSTABLE));
  mirror.metadata = { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } };
  expect(faultsOf(mirror, mirror)).toMatch(/static pods cannot be resized/);
});

test.each<[string, Container['resizePolicy'], string | undefined, string]>([
  ['both resources', RESTARTS.resizePolicy, 'Always', ''],
  ['another', [{ resourceName: 'a/b', restartPolicy: 'NotRequired' }], 'Always', 'c.resizePolicy[0].resourceName'],
  ['one twice', [...RESTARTS.resizePolicy!, ...RESTARTS.resizePolicy!], 'Always', 'c.resizePolicy[1]'],
  ['a restart of what never restarts', RESTARTS.resizePolicy, 'Never', 'c.resizePolicy[0].restartPolicy'],
])('a policy for %s', (_what, resizePolicy, restartPolicy, faulty) => {
  const faults = validateResizePolicy({ name: 'c', resizePolicy }, restartPolicy, 'c');
  expect(faults.map(({ path }) => path).join()).toBe(faulty);
});
