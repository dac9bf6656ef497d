import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { quantityValue } from '../../../api/meta/quantity.ts';

interface Entry {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Volumes of one class that nobody has, smallest first.
 *
 * Owns: the order. Invariant: `#sorted` holds each volume once, by size and, of equals, by name.
 */
export class FreeVolumes {
  readonly #sorted: Entry[] = [];
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#sorted.length;
  }

  put(volume: PersistentVolume): void {
    const name = volume.metadata?.name ?? '';
    this.delete(name);
    const entry = { name, bytes: quantityValue(volume.spec?.capacity?.storage ?? '0') };
    this.#entries.set(name, entry);
    this.#sorted.splice(this.#placeOf(entry), 0, entry);
  }

  delete(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    this.#sorted.splice(this.#placeOf(entry), 1);
  }

  /** Names of the volumes that hold `storage` or more, smallest first. */
  *atLeast(storage: string): Generator<string> {
    const first = this.#placeOf({ name: '', bytes: quantityValue(storage) });
    for (let place = first; place < this.#sorted.length; place += 1) yield this.#sorted[place]!.name;
  }

  /** The place of the first entry that does not come before this one. */
  #placeOf({ bytes, name }: Entry): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#sorted[middle]!;
      if (found.bytes < bytes || (found.bytes === bytes && found.name < name)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
