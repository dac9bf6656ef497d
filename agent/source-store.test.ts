import { describe, expect, test } from 'vitest';
import { container, podOf } from './plan/transcript.fixture.ts';
import type { Pod } from './pod-types.ts';
import { SourceStore } from './source-store.ts';

const shown = (resources?: object) =>
  podOf({
    containers: [container('app', resources)],
    volumes: [
      {
        name: 'v',
        downwardAPI: {
          items: [
            { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
            { path: 'limit', resourceFieldRef: { containerName: 'app', resource: 'limits.memory' } },
          ],
        },
      },
    ],
  });
const labelled = (pod: Pod, tier: string): Pod => ({ ...pod, metadata: { ...pod.metadata, labels: { tier } } });

describe('what a pod refers to has changed', () => {
  const version = (pod: Pod, store = new SourceStore()) => store.versionFor(pod);

  test('with what its volumes show of it', () => {
    const pod = shown();
    expect(version(labelled(pod, 'a'))).toBe(version(labelled(pod, 'a')));
    expect(version(labelled(pod, 'b'))).not.toBe(version(labelled(pod, 'a')));
    expect(version(shown({ resources: { limits: { memory: '1Gi' } } }))).not.toBe(version(pod));
    const plain = podOf({ containers: [container('app')] });
    expect(version(labelled(plain, 'b'))).toBe(version(labelled(plain, 'a')));
  });

  test('with the binding of its claim, and not with what else is said of it', () => {
    const store = new SourceStore();
    const pod = podOf({
      containers: [container('app')],
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
    });
    const put = (phase: string, resourceVersion: string) =>
      store.put('persistentvolumeclaims', {
        metadata: { namespace: 'default', name: 'data', uid: 'c', resourceVersion },
        spec: { volumeName: 'v' },
        status: { phase: phase as 'Bound' },
      });
    const versions = new Set([version(pod, store)]);
    put('Pending', '1');
    versions.add(version(pod, store));
    put('Bound', '2');
    versions.add(version(pod, store));
    put('Bound', '3');
    versions.add(version(pod, store));
    store.put('persistentvolumes', { metadata: { name: 'v', uid: 'v' }, spec: {} });
    versions.add(version(pod, store));
    expect(versions.size).toBe(4);
    expect(store.objectsOf(pod)).toMatchObject({
      claims: [{ metadata: { name: 'data' } }],
      persistentVolumes: [{ metadata: { name: 'v' } }],
    });
    store.remove('persistentvolumes', '', 'v');
    expect(store.objectsOf(pod).persistentVolumes).toEqual([]);
  });
});
