import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { classOfClaim, classOfVolume, isClaimBound, isFree } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Change } from '../../store/cache.ts';
import { keyOf } from '../kit/controller.ts';
import { FreeVolumes } from './free-volumes.ts';

/**
 * Which volumes and claims may have to do with each other, so that no look at one goes through all of the others.
 *
 * Owns: free volumes by class; volumes by the claim they are kept for; waiting claims by class; claims by the volume they name.
 * Invariant, once told of every volume and claim: each of these is as the objects themselves say.
 */
export class StorageIndex {
  readonly #free = new Map<string, FreeVolumes>();
  readonly #keptFor = new Groups();
  readonly #waiting = new Groups();
  readonly #naming = new Groups();

  volumeChanged({ type, object, previous }: Change<PersistentVolume>): void {
    const { name = '' } = metaOf(object);
    if (previous) {
      this.#free.get(classOfVolume(previous))?.delete(name);
      this.#keptFor.delete(claimKeyOf(previous), name);
    }
    if (type === 'deleted') return;
    this.#keptFor.add(claimKeyOf(object), name);
    if (!isFree(object)) return;
    const free = this.#free.get(classOfVolume(object)) ?? new FreeVolumes();
    this.#free.set(classOfVolume(object), free);
    free.put(object);
  }

  claimChanged({ type, object, previous }: Change<PersistentVolumeClaim>): void {
    const key = keyOf(object);
    if (previous) {
      this.#waiting.delete(classOfClaim(previous), key);
      this.#naming.delete(previous.spec?.volumeName, key);
    }
    if (type === 'deleted') return;
    this.#naming.add(object.spec?.volumeName, key);
    if (!isClaimBound(object)) this.#waiting.add(classOfClaim(object), key);
  }

  /** Names of free volumes of the class with at least that much storage, smallest first. */
  freeVolumes(className: string, storage: string): Iterable<string> {
    return this.#free.get(className)?.atLeast(storage) ?? [];
  }

  /** Names of the volumes whose `claimRef` is to this claim, or to one of its name. */
  volumesKeptFor(claimKey: string): Iterable<string> {
    return this.#keptFor.of(claimKey);
  }

  /** Keys of the claims of the class that are not bound. */
  waitingClaims(className: string): Iterable<string> {
    return this.#waiting.of(className);
  }

  /** Keys of the claims whose `volumeName` this is. */
  claimsNaming(volumeName: string): Iterable<string> {
    return this.#naming.of(volumeName);
  }
}

/** Key of the claim a volume is kept for. */
export const claimKeyOf = ({ spec }: PersistentVolume): string | undefined =>
  spec?.claimRef?.name ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name}` : undefined;

/** Owns sets of names by what they have in common. */
class Groups {
  readonly #groups = new Map<string, Set<string>>();

  add(group: string | undefined, name: string): void {
    if (group === undefined) return;
    const names = this.#groups.get(group);
    if (names) names.add(name);
    else this.#groups.set(group, new Set([name]));
  }

  delete(group: string | undefined, name: string): void {
    const names = group === undefined ? undefined : this.#groups.get(group);
    names?.delete(name);
    if (group !== undefined && names?.size === 0) this.#groups.delete(group);
  }

  of(group: string): Iterable<string> {
    return this.#groups.get(group) ?? [];
  }
}
