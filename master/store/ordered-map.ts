import { createRequire } from 'node:module';
import { compareKeys } from './key-range.ts';

/** sorted-btree is CommonJS with a `default` export, which Node and vitest import differently; both `require` it alike. */
type SortedBTree = typeof import('sorted-btree', { with: { 'resolution-mode': 'require' }});
const { default: BTree }: SortedBTree = createRequire(import.meta.url)('sorted-btree');

/** A map in the order of {@link compareKeys}: a B+ tree. */
export class OrderedMap<V> extends BTree<string, V> {
  constructor() {
    super(undefined, compareKeys);
  }
}

/**
 * A map that is looked up and overwritten far more often than it is listed. Owns the values by hash, and the order of the keys.
 * Invariant: the tree holds the very entries of the map.
 */
export class LookupMap<V> {
  readonly #entries = new Map<string, { value: V }>();
  readonly #order = new OrderedMap<{ value: V }>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: string, value: V): void {
    const known = this.#entries.get(key);
    if (known) {
      known.value = value;
      return;
    }
    const entry = { value };
    this.#entries.set(key, entry);
    this.#order.set(key, entry);
  }

  delete(key: string): void {
    if (this.#entries.delete(key)) this.#order.delete(key);
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** In key order; with a range, from its first key to before its last. */
  values(from?: string, to?: string): V[] {
    const values: V[] = [];
    const collect = (_key: string, { value }: { value: V }) => {
      values.push(value);
    };
    if (from === undefined || to === undefined) this.#order.forEachPair(collect);
    else this.#order.forRange(from, to, false, collect);
    return values;
  }
}
