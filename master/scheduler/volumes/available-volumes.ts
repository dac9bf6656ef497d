import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { classOfVolume, volumeFitsClaim } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import { quantityValue } from '../../../api/meta/quantity.ts';
import { type Pin, pinOfVolume, placeOfVolume, type VolumePlace } from './volume-place.ts';

/** A volume as the scheduler knows it. */
export interface KnownVolume {
  readonly name: string;
  readonly object: PersistentVolume;
  readonly storageClass: string;
  readonly bytes: number;
  readonly place: VolumePlace;
  readonly pin: Pin | undefined;
}

export function knownVolume(object: PersistentVolume): KnownVolume {
  return {
    name: object.metadata?.name ?? '',
    object,
    storageClass: classOfVolume(object),
    bytes: quantityValue(object.spec?.capacity?.storage ?? '0'),
    place: placeOfVolume(object),
    pin: pinOfVolume(object),
  };
}

type Shelf = Map<string, KnownVolume>;

class ClassVolumes {
  version = 0;
  readonly anywhere: Shelf = new Map();
  /** Label (undefined: the node's name) -> value -> volumes. */
  readonly pinned = new Map<string | undefined, Map<string, Shelf>>();
}

/**
 * The volumes that no claim has, by storage class, found by the node that is to reach them.
 *
 * Owns: every volume that is free, filed under one label of the nodes that reach it; and per class a version, which stands for
 * what was concluded from all that is free in the class. Only who adds and removes knows what outdates that.
 */
export class AvailableVolumes {
  readonly #classes = new Map<string, ClassVolumes>();
  readonly #free = new Map<string, KnownVolume>();

  has(name: string): boolean {
    return this.#free.has(name);
  }

  version(storageClass: string): number {
    return this.#classes.get(storageClass)?.version ?? 0;
  }

  /** What was concluded from the class's version no longer holds. */
  outdate(storageClass: string): void {
    this.#classOf(storageClass).version++;
  }

  add(volume: KnownVolume): void {
    this.#free.set(volume.name, volume);
    const { storageClass, name } = volume;
    for (const shelf of shelvesOf(this.#classOf(storageClass), volume)) shelf.set(name, volume);
  }

  remove(name: string): void {
    const volume = this.#free.get(name);
    if (!volume) return;
    this.#free.delete(name);
    const ofClass = this.#classOf(volume.storageClass);
    for (const shelf of shelvesOf(ofClass, volume)) shelf.delete(name);
    dropEmpty(ofClass, volume);
  }

  /** The smallest free volume that fits the claim and can be reached from the node, none of `except`; of equals the first by name. */
  smallest(
    storageClass: string,
    claim: PersistentVolumeClaim,
    node: Node,
    except: ReadonlySet<string>,
  ): KnownVolume | undefined {
    const ofClass = this.#classes.get(storageClass);
    if (!ofClass) return undefined;
    let best: KnownVolume | undefined;
    const consider = (shelf: Shelf | undefined) => {
      for (const volume of shelf?.values() ?? []) {
        if (best && !isSmaller(volume, best)) continue;
        if (except.has(volume.name) || !(volume.place.affinity?.(node) ?? true)) continue;
        if (volumeFitsClaim(volume.object, claim)) best = volume;
      }
    };
    consider(ofClass.anywhere);
    for (const [label, byValue] of ofClass.pinned) {
      const value = label === undefined ? node.metadata?.name : node.metadata?.labels?.[label];
      if (value !== undefined) consider(byValue.get(value));
    }
    return best;
  }

  #classOf(storageClass: string): ClassVolumes {
    let ofClass = this.#classes.get(storageClass);
    if (!ofClass) {
      ofClass = new ClassVolumes();
      this.#classes.set(storageClass, ofClass);
    }
    return ofClass;
  }
}

const isSmaller = (a: KnownVolume, b: KnownVolume) => a.bytes < b.bytes || (a.bytes === b.bytes && a.name < b.name);

/** Makes the shelves that are missing. */
function shelvesOf({ anywhere, pinned }: ClassVolumes, { pin }: KnownVolume): Shelf[] {
  if (!pin) return [anywhere];
  const byValue = pinned.get(pin.label) ?? new Map<string, Shelf>();
  pinned.set(pin.label, byValue);
  return pin.values.map((value) => {
    const shelf: Shelf = byValue.get(value) ?? new Map();
    byValue.set(value, shelf);
    return shelf;
  });
}

function dropEmpty({ pinned }: ClassVolumes, { pin }: KnownVolume): void {
  const byValue = pin && pinned.get(pin.label);
  for (const value of pin?.values ?? []) if (byValue?.get(value)?.size === 0) byValue.delete(value);
}
