import type { Rng } from '../platform/rng.ts';
import type { Store } from './store/store.ts';

const KEY = '/cell/id';
const LENGTH = 10;

/** The cell's own name, made once and kept in its store: it marks every container and network of the cell. */
export async function ensureCellId(store: Store, rng: Rng): Promise<string> {
  const known = await store.get(KEY);
  if (known) return known.value;
  const id = rng.suffix(LENGTH);
  const result = await store.commit({
    compares: [{ key: KEY, modRevision: 0 }],
    ops: [{ type: 'put', key: KEY, value: id }],
  });
  return result.ok ? id : (result.found.get(KEY)?.value ?? id);
}
