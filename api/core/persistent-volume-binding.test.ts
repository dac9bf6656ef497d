import { describe, expect, test } from 'vitest';
import { claimOf, created, volumeOf } from '../sample.suite.ts';
import { persistentVolumes } from './persistent-volume.ts';
import { isClaimBound, isFree, keepVolumeFor, volumeFitsClaim } from './persistent-volume-binding.ts';
import { persistentVolumeClaims } from './persistent-volume-claim.ts';

const volume = (spec: object = {}, metadata: object = {}) =>
  created(persistentVolumes, { ...volumeOf(spec), metadata: { name: 'disk-1', ...metadata } }).object;
const claim = (spec: object = {}, metadata: object = {}) => {
  const { object } = created(persistentVolumeClaims, claimOf(spec));
  object.metadata = { ...object.metadata, uid: 'claim-uid', ...metadata };
  return object;
};
const sized = (storage: string) => ({ resources: { requests: { storage } } });
const mine = { namespace: 'default', name: 'data' };
const CLASS = 'volume.beta.kubernetes.io/storage-class';

describe('a volume fits a claim', () => {
  test.each<[string, ReturnType<typeof volume>, ReturnType<typeof claim>, boolean]>([
    ['of the same size', volume(), claim(), true],
    ['that asks for less', volume(), claim(sized('1023Mi')), true],
    ['that asks for a byte more', volume(), claim(sized('1073741825')), false],
    ['for some of its access modes', volume({ accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] }), claim(), true],
    ['for an access mode it has not', volume(), claim({ accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }), false],
    ['of another mode', volume({ volumeMode: 'Block' }), claim(), false],
    ['of its class', volume({ storageClassName: 'fast' }), claim({ storageClassName: 'fast' }), true],
    [
      'of its class, said the old way',
      volume({}, { annotations: { [CLASS]: 'a' } }),
      claim({ storageClassName: 'a' }),
      true,
    ],
    ['of another class', volume({ storageClassName: 'fast' }), claim({ storageClassName: 'slow' }), false],
    ['that wants no class', volume({ storageClassName: 'fast' }), claim({ storageClassName: '' }), false],
    ['that names no class', volume(), claim({ storageClassName: '' }), true],
    ['of another attributes class', volume({ volumeAttributesClassName: 'gold' }), claim(), false],
    [
      'whose selector matches',
      volume({}, { labels: { disk: 'ssd' } }),
      claim({ selector: { matchLabels: { disk: 'ssd' } } }),
      true,
    ],
    ['whose selector does not', volume(), claim({ selector: { matchLabels: { disk: 'ssd' } } }), false],
    ['it is kept for', volume({ claimRef: { ...mine, uid: 'claim-uid' } }), claim(), true],
    ['of a name it is kept for, of any class', volume({ claimRef: mine, storageClassName: 'x' }), claim(), true],
    ['it is kept for, but too big', volume({ claimRef: mine }), claim(sized('2Gi')), false],
    ['that took the name of the one it is kept for', volume({ claimRef: { ...mine, uid: 'old' } }), claim(), false],
    ['when it is kept for another', volume({ claimRef: { ...mine, namespace: 'shop' } }), claim(), false],
    ['that names it', volume(), claim({ volumeName: 'disk-1', selector: { matchLabels: { disk: 'ssd' } } }), true],
    ['that names another', volume(), claim({ volumeName: 'disk-2' }), false],
    ['when it is on its way out', volume({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }), claim(), false],
  ])('%s', (_, one, other, expected) => {
    // What a manifest may not say, the server does.
    expect(volumeFitsClaim(one, other)).toBe(expected);
  });

  test('but not when a claim has left it behind', () => {
    const left = volume();
    expect(isFree(left)).toBe(true);
    left.status = { phase: 'Released' };
    expect(isFree(left)).toBe(false);
    expect(volumeFitsClaim(left, claim())).toBe(false);
  });
});

test('keeping a volume for a claim marks it as no person’s choice, unless it was one', () => {
  const one = volume();
  keepVolumeFor(one, claim({}, { resourceVersion: '7' }));
  expect(one.spec?.claimRef).toEqual({
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    ...mine,
    uid: 'claim-uid',
    resourceVersion: '7',
  });
  expect(one.metadata?.annotations).toEqual({ 'pv.kubernetes.io/bound-by-controller': 'yes' });
  const chosen = volume({ claimRef: mine });
  keepVolumeFor(chosen, claim());
  expect(chosen.spec?.claimRef?.uid).toBe('claim-uid');
  expect(chosen.metadata?.annotations).toBeUndefined();
});

test('a claim that merely names a volume is not bound yet', () => {
  expect(isClaimBound(claim({ volumeName: 'disk-1' }))).toBe(false);
  const annotations = { 'pv.kubernetes.io/bind-completed': 'yes' };
  expect(isClaimBound(claim({ volumeName: 'disk-1' }, { annotations }))).toBe(true);
  expect(isClaimBound(claim({}, { annotations }))).toBe(false);
});
