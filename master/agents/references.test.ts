import { expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import { referencesOf } from './references.ts';

const names = (pod: Pod) => referencesOf(pod).map(({ plural, name }) => `${plural}/${name}`);
const podOf = (spec: object) => ({ metadata: { namespace: 'n', name: 'p' }, spec }) as Pod;

test('environment, volumes, projections and pull secrets are all found, each once', () => {
  const pod = podOf({
    initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'init' } }, { secretRef: { name: 's1' } }] }],
    containers: [
      {
        name: 'c',
        env: [
          { name: 'A', value: 'x' },
          { name: 'B', valueFrom: { configMapKeyRef: { name: 'c1', key: 'k' } } },
          { name: 'C', valueFrom: { secretKeyRef: { name: 's1', key: 'k' } } },
          { name: 'D', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
      },
    ],
    ephemeralContainers: [{ name: 'e', envFrom: [{ secretRef: { name: 's5' } }] }],
    volumes: [
      { name: 'v', configMap: { name: 'c1' } },
      { name: 'w', secret: { secretName: 's2' } },
      { name: 'x', emptyDir: {} },
      { name: 'y', projected: { sources: [{ secret: { name: 's3' } }, { configMap: { name: 'c2' } }, {}] } },
    ],
    imagePullSecrets: [{ name: 's4' }, {}],
  });
  expect(names(pod).sort()).toEqual(
    [
      'configmaps/c1',
      'configmaps/c2',
      'configmaps/init',
      ...['1', '2', '3', '4', '5'].map((n) => `secrets/s${n}`),
    ].sort(),
  );
  expect(referencesOf(pod).every(({ namespace }) => namespace === 'n')).toBe(true);
});

test('a pod that wants labels of its node is sent with it', () => {
  const placed = (spec: object) => names(podOf({ nodeName: 'n1', containers: [{ name: 'c' }], ...spec }));
  const affinity = (term: object) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  });
  expect(placed({ nodeSelector: { disk: 'ssd' } })).toEqual(['nodes/n1']);
  expect(placed({ affinity: affinity({ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }) })).toEqual([
    'nodes/n1',
  ]);
  // As those of a DaemonSet have it: the name their agent knows.
  expect(
    placed({ affinity: affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }) }),
  ).toEqual([]);
  expect(placed({})).toEqual([]);
});

test('a pod without references needs nothing', () => {
  expect(names(podOf({ containers: [{ name: 'c', image: 'i' }] }))).toEqual([]);
});
