import { compareKeys, inRange, rangeOf } from './key-range.ts';
import type { ListOptions, ListResult, Revision, StoredValue, WatchEvent } from './store.ts';
import type { Table } from './table.ts';

/** The newest values under a prefix. */
export function listNow(table: Table, prefix: string, { limit, after }: ListOptions): ListResult {
  const range = rangeOf(prefix, after);
  const values = table.range(range, limit ?? Number.MAX_SAFE_INTEGER);
  const remaining = limit === undefined || values.length < limit ? 0 : table.count(range) - values.length;
  return { values, revision: table.revision, remaining };
}

/**
 * The values under a prefix as they were at `revision`: today's, with every key that changed since then set back to what its
 * first change replaced.
 */
export function listAt(table: Table, prefix: string, revision: Revision, { limit, after }: ListOptions): ListResult {
  const range = rangeOf(prefix, after);
  const before = new Map<string, StoredValue | undefined>();
  for (const { key, previous } of table.undoAfter(revision)) {
    if (inRange(range, key) && !before.has(key)) before.set(key, previous);
  }
  const wanted = limit ?? Number.MAX_SAFE_INTEGER;
  // Each changed key can hide at most one of today's values, so this many are enough to fill the page.
  const today = table.range(range, wanted + before.size);
  const values = today.filter(({ key }) => !before.has(key));
  for (const value of before.values()) if (value) values.push(plain(value));
  values.sort((a, b) => compareKeys(a.key, b.key));
  const total = table.count(range) + changeInCount(table, before);
  const page = values.slice(0, wanted);
  return { values: page, revision, remaining: total - page.length };
}

/** How many more keys there were then than there are now, among those that changed. */
function changeInCount(table: Table, before: ReadonlyMap<string, StoredValue | undefined>): number {
  let change = 0;
  for (const [key, value] of before) change += (value ? 1 : 0) - (table.get(key) ? 1 : 0);
  return change;
}

const plain = ({ key, value, modRevision }: StoredValue): StoredValue => ({ key, value, modRevision });

/**
 * What happened under a prefix after `revision`, oldest first. The log holds what each change replaced, so what a change wrote is
 * what the next change of the same key replaced, or today's value: found by walking backwards.
 */
export function eventsAfter(table: Table, prefix: string, revision: Revision): WatchEvent[] {
  const range = rangeOf(prefix);
  const written = new Map<string, StoredValue | undefined>();
  const events: WatchEvent[] = [];
  for (const { key, revision: modRevision, previous } of table.undoAfter(revision).reverse()) {
    if (!inRange(range, key)) continue;
    const value = written.has(key) ? written.get(key) : table.get(key);
    events.push(value ? { type: 'put', value: plain(value) } : { type: 'delete', key, modRevision });
    written.set(key, previous);
  }
  return events.reverse();
}
