import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { isReadAlike, isSameJson } from './alike.ts';

test('JSON values are the same when their texts with sorted keys are', () => {
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_, inner) =>
      inner && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('a', 'b', 1, true, null),
      fc.array(tie('any'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('x', 'y'), tie('any'), { noNullPrototype: true }),
    ),
  })).any;
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(isSameJson(a, b)).toBe(sorted(a) === sorted(b));
      expect(isSameJson(a, structuredClone(a))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

const base: Pod = {
  metadata: { name: 'a', namespace: 'ns', uid: '1', labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu: '1' } } }], priority: 0 },
};
const read = (change: (pod: Pod) => void) => {
  const pod = structuredClone(base);
  change(pod);
  return { pod, spec: pod.spec! };
};

test.each<[string, (pod: Pod) => void, boolean]>([
  ['another name and uid', (pod) => Object.assign(pod.metadata!, { name: 'b', uid: '2' }), true],
  ['another state', (pod) => Object.assign(pod, { status: { phase: 'Pending' } }), true],
  ['another label', (pod) => Object.assign(pod.metadata!.labels!, { tier: 'x' }), false],
  ['being deleted', (pod) => Object.assign(pod.metadata!, { deletionTimestamp: '2026-01-01T00:00:00Z' }), false],
  ['another namespace', (pod) => Object.assign(pod.metadata!, { namespace: 'other' }), false],
  ['another request', (pod) => Object.assign(pod.spec!.containers![0]!.resources!.requests!, { cpu: '2' }), false],
  ['another image', (pod) => Object.assign(pod.spec!.containers![0]!, { image: 'web:2' }), false],
  [
    'a host port',
    (pod) => Object.assign(pod.spec!.containers![0]!, { ports: [{ containerPort: 1, hostPort: 1 }] }),
    false,
  ],
  ['another priority', (pod) => Object.assign(pod.spec!, { priority: 1 }), false],
  ['an init container', (pod) => Object.assign(pod.spec!, { initContainers: pod.spec!.containers }), false],
  [
    'a volume that any machine can make',
    (pod) => Object.assign(pod.spec!, { volumes: [{ name: 'a', emptyDir: {} }] }),
    true,
  ],
  [
    'a disk',
    (pod) =>
      Object.assign(pod.spec!, {
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', rbd: { image: 'x' } },
        ],
      }),
    false,
  ],
  ['a selector', (pod) => Object.assign(pod.spec!, { nodeSelector: { disk: 'ssd' } }), false],
])('a pod with %s', (_, change, alike) => {
  expect(
    isReadAlike(
      read(() => undefined),
      read(change),
    ),
  ).toBe(alike);
});
