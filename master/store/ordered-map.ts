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
