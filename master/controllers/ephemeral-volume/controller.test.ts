import { expect, test } from 'vitest';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { World } from '../kit/world.suite.ts';
import { ephemeralVolumeController } from './controller.ts';

const podOf = (): Pod => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    containers: [{ name: 'c', image: 'i' }],
    volumes: [
      { name: 'plain', emptyDir: {} },
      {
        name: 'tmp',
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { labels: { of: 'web' } },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        },
      },
    ],
  },
});

test('a pod gets a claim for each ephemeral volume, owned by it, and again when it is lost', () => {
  const world = new World([ephemeralVolumeController]);
  const pod = world.create(pods, podOf());
  world.settle();
  const claim = () => world.get(persistentVolumeClaims, 'shop', 'web-tmp');
  expect(claim()).toMatchObject({
    metadata: { labels: { of: 'web' }, ownerReferences: [{ kind: 'Pod', uid: pod.metadata?.uid, controller: true }] },
    spec: { accessModes: ['ReadWriteOnce'] },
  });
  expect(world.list(persistentVolumeClaims)).toHaveLength(1);
  world.delete(persistentVolumeClaims, claim()!);
  world.settle();
  expect(claim()).toBeDefined();
});

test("another's claim of that name is left alone, and that is said", () => {
  const world = new World([ephemeralVolumeController]);
  world.create(persistentVolumeClaims, { metadata: { name: 'web-tmp', namespace: 'shop' }, spec: {} });
  world.create(pods, podOf());
  world.settle();
  expect(world.get(persistentVolumeClaims, 'shop', 'web-tmp')?.metadata?.ownerReferences).toBeUndefined();
  const note = { reason: 'FailedBinding', message: expect.stringContaining('was not made for this pod') };
  expect(world.decide(ephemeralVolumeController, 'shop/web')).toMatchObject([{ type: 'event', note }]);
});
