import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import {
  BIND_COMPLETED,
  classOfClaim,
  classOfVolume,
  isClaimBound,
  isFree,
} from '../../../api/core/persistent-volume-binding.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Controller, keyOf, watch } from '../kit/controller.ts';
import { World } from '../kit/world.suite.ts';
import { claimKeyOf, StorageIndex } from './storage-index.ts';

const CLASSES = ['', 'slow'];
const NAMES = ['a', 'b', 'c'];
const step = fc.record({
  kind: fc.constantFrom('volume', 'claim'),
  name: fc.constantFrom(...NAMES),
  what: fc.constantFrom('put', 'put', 'put', 'delete'),
  storageClassName: fc.constantFrom(...CLASSES),
  other: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
  done: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function perform(world: World, { kind, name, what, storageClassName, other, done }: Step): void {
  const resource = kind === 'volume' ? persistentVolumes : persistentVolumeClaims;
  const metadata = { name, namespace: kind === 'claim' ? 'shop' : undefined };
  const there = world.get<object>(resource, metadata.namespace, name);
  if (what === 'delete') {
    if (there) world.delete(resource, { metadata });
    return;
  }
  if (kind === 'volume') {
    const claimRef = other ? { namespace: 'shop', name: other } : undefined;
    const spec = { storageClassName, claimRef, capacity: { storage: '1Gi' } };
    if (!there) world.create(persistentVolumes, { metadata, spec });
    else
      world.update(persistentVolumes, { metadata }, (volume) => {
        volume.spec = spec;
      });
    world.setStatus<PersistentVolume>(persistentVolumes, { metadata }, { phase: done ? 'Released' : 'Available' });
    return;
  }
  const annotations = done ? { [BIND_COMPLETED]: 'yes' } : undefined;
  const spec = { storageClassName, volumeName: other };
  if (!there) world.create(persistentVolumeClaims, { metadata: { ...metadata, annotations }, spec });
  else
    world.update(persistentVolumeClaims, { metadata }, (claim) => {
      claim.spec = spec;
      claim.metadata = { ...claim.metadata, annotations };
    });
}

test('whatever comes and goes, the index is as the objects say', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const index = new StorageIndex();
      const follower: Controller = {
        name: 'follower',
        watches: [
          watch(persistentVolumes, (change) => {
            index.volumeChanged(change);
            return [];
          }),
          watch(persistentVolumeClaims, (change) => {
            index.claimChanged(change);
            return [];
          }),
        ],
        reconcile: () => [],
      };
      const world = new World([follower]);
      for (const next of steps) perform(world, next);
      const volumes = world.list(persistentVolumes);
      const claims = world.list(persistentVolumeClaims);
      const sorted = (names: Iterable<string>) => [...names].sort();
      for (const name of CLASSES) {
        const free = volumes.filter((volume) => isFree(volume) && classOfVolume(volume) === name);
        expect(sorted(index.freeVolumes(name, '1Mi'))).toEqual(sorted(free.map(keyOf)));
        const waiting = claims.filter((claim) => !isClaimBound(claim) && classOfClaim(claim) === name);
        expect(sorted(index.waitingClaims(name))).toEqual(sorted(waiting.map(keyOf)));
      }
      for (const name of NAMES) {
        const kept = volumes.filter((volume) => claimKeyOf(volume) === `shop/${name}`);
        expect(sorted(index.volumesKeptFor(`shop/${name}`))).toEqual(sorted(kept.map(keyOf)));
        const naming = claims.filter(({ spec }) => spec?.volumeName === name);
        expect(sorted(index.claimsNaming(name))).toEqual(sorted(naming.map(keyOf)));
      }
    }),
  );
});
