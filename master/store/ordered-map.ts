import { createRequire } from 'node:module';
import { compareKeys, type KeyRange } from './key-range.ts';

/** sorted-btree is CommonJS with a `default` export, which Node and vitest import differently; both `require` it alike. */
type SortedBTree = typeof import('sorted-btree', { with: { 'resolution-mode': 'require' }});
const { default: BTree }: SortedBTree = createRequire(import.meta.url)('sorted-btree');

/** A map in the order of {@link compareKeys}: a B+ tree. */
export class OrderedMap<V> extends BTree<string, V> {
  constructor() {
    super(undefined, compareKeys);
  }
}

interface Entry<V> {
  readonly key: string;
  value: V;
}

/**
 * A map that is looked up and overwritten far more often than it is listed. Owns the values by hash and, once somebody has asked
 * for it, the order of the keys: filling it costs nothing for that. Invariant: what is there of the order holds the very entries
 * of the map.
 */
export class LookupMap<V> {
  readonly #entries = new Map<string, Entry<V>>();
  /** There from the first range on. */
  #tree: OrderedMap<Entry<V>> | undefined;
  /** There until a key comes or goes. */
  #sorted: readonly Entry<V>[] | undefined;

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
    const entry = { key, value };
    this.#entries.set(key, entry);
    this.#tree?.set(key, entry);
    this.#sorted = undefined;
  }

  delete(key: string): void {
    if (!this.#entries.delete(key)) return;
    this.#tree?.delete(key);
    this.#sorted = undefined;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** In key order; with a range, from its first key to before its last. */
  values(from?: string, to?: string): V[] {
    if (from === undefined || to === undefined) return this.#inOrder().map(({ value }) => value);
    this.#tree ??= this.#grown();
    const values: V[] = [];
    this.#tree.forRange(from, to, false, (_key, { value }) => {
      values.push(value);
    });
    return values;
  }

  /** In key order, read on one at a time: only while the map stays as it is. */
  *entries(range: KeyRange): Generator<readonly [string, V]> {
    this.#tree ??= this.#grown();
    for (const [key, { value }] of this.#tree.entries(range.from)) {
      if (range.to !== undefined && compareKeys(key, range.to) >= 0) return;
      yield [key, value];
    }
  }

  #inOrder(): readonly Entry<V>[] {
    this.#sorted ??= this.#tree?.valuesArray() ?? [...this.#entries.values()].sort((a, b) => compareKeys(a.key, b.key));
    return this.#sorted;
  }

  #grown(): OrderedMap<Entry<V>> {
    const tree = new OrderedMap<Entry<V>>();
    for (const entry of this.#inOrder()) tree.set(entry.key, entry);
    return tree;
  }
}
