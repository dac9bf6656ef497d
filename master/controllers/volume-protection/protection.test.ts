import { expect, test } from 'vitest';
import { persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { CLAIM_PROTECTION, VOLUME_PROTECTION } from '../../../api/core/volume-protection.ts';
import { World } from '../kit/world.suite.ts';
import { claimProtectionController } from './claim-protection.ts';
import { volumeProtectionController } from './volume-protection.ts';

const claim = { metadata: { name: 'data', namespace: 'shop', finalizers: [CLAIM_PROTECTION] }, spec: {} };
const podOf = (name: string, nodeName?: string): Pod => ({
  metadata: { name, namespace: 'shop' },
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'c', image: 'i' }],
    volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
  },
});

test('a claim goes after the last pod that has it; pods without a node do not hold it', () => {
  const world = new World([claimProtectionController]);
  world.create(persistentVolumeClaims, claim);
  const first = world.create(pods, podOf('first', 'n1'));
  const second = world.create(pods, podOf('second', 'n2'));
  world.create(pods, podOf('waiting'));
  world.delete(persistentVolumeClaims, claim);
  world.settle();
  world.delete(pods, first, { gracePeriodSeconds: 0 });
  world.settle();
  expect(world.list(persistentVolumeClaims)).toHaveLength(1);
  world.delete(pods, second, { gracePeriodSeconds: 0 });
  world.settle();
  expect(world.list(persistentVolumeClaims)).toEqual([]);
});

test('a claim that nobody has goes at once', () => {
  const world = new World([claimProtectionController]);
  world.create(persistentVolumeClaims, claim);
  world.delete(persistentVolumeClaims, claim);
  world.settle();
  expect(world.list(persistentVolumeClaims)).toEqual([]);
});

test('a volume goes once it is bound to no claim', () => {
  const world = new World([volumeProtectionController]);
  const volume = { metadata: { name: 'v', finalizers: [VOLUME_PROTECTION] }, spec: {} };
  world.create(persistentVolumes, volume);
  world.setStatus(persistentVolumes, volume, { phase: 'Bound' });
  world.delete(persistentVolumes, volume);
  world.settle();
  expect(world.list(persistentVolumes)).toHaveLength(1);
  world.setStatus(persistentVolumes, volume, { phase: 'Released' });
  world.settle();
  expect(world.list(persistentVolumes)).toEqual([]);
});
