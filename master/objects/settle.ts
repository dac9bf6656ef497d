import { isJsonObject, type JsonObject, ownOf, setOwn } from '../../api/meta/json.ts';

/**
 * `next` as the store would give it back (nothing in it is `undefined`), sharing with `before` every part that equals it, whatever
 * the order of an object's keys. So `settle(next, before) === before` exactly when nothing changed, and the same of each part.
 * Neither is changed. `before` has come from the store or from here.
 */
export function settle<T>(next: T, before: unknown): T {
  return settleValue(next, before) as T;
}

function settleValue(next: unknown, before: unknown): unknown {
  if (next === before || typeof next !== 'object' || next === null) return next;
  return Array.isArray(next) ? settleList(next, before) : settleObject(next as JsonObject, before);
}

function settleList(next: readonly unknown[], before: unknown): unknown {
  const known: readonly unknown[] = Array.isArray(before) ? before : [];
  // JSON has null where a list has a hole.
  const settled = next.map((item, i) => (item === undefined ? null : settleValue(item, known[i])));
  const same = known === before && known.length === settled.length && settled.every((item, i) => item === known[i]);
  return same ? before : settled;
}

function settleObject(next: JsonObject, before: unknown): unknown {
  const known = isJsonObject(before) ? before : undefined;
  const settled: JsonObject = {};
  let same = known !== undefined;
  let count = 0;
  for (const key of Object.keys(next)) {
    const value = next[key];
    if (value === undefined) continue;
    const was = known && ownOf(known, key);
    const part = settleValue(value, was);
    if (part !== was) same = false;
    setOwn(settled, key, part);
    count += 1;
  }
  return same && Object.keys(known!).length === count ? before : settled;
}
