import { isJsonObject, type JsonObject, ownOf, setOwn } from '../../api/meta/json.ts';

/**
 * `next` as the store would give it back (nothing in it is `undefined`), sharing with `before` every part that equals it, whatever
 * the order of an object's keys. So `settle(next, before) === before` exactly when nothing changed, and the same of each part.
 * Neither is changed; what of `next` is fit for the store already is shared with it. `before` has come from the store or from here.
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
  let settled: unknown[] | undefined;
  let same = known === before && known.length === next.length;
  for (let i = 0; i < next.length; i += 1) {
    const item = next[i];
    // JSON has null where a list has a hole.
    const part = item === undefined ? null : settleValue(item, known[i]);
    if (part !== known[i]) same = false;
    if (part !== item) settled ??= next.slice();
    if (settled) settled[i] = part;
  }
  return same ? before : (settled ?? next);
}

function settleObject(next: JsonObject, before: unknown): unknown {
  const known = isJsonObject(before) ? before : undefined;
  const keys = Object.keys(next);
  let settled: JsonObject | undefined;
  let same = known !== undefined;
  let count = 0;
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i]!;
    const value = next[key];
    const was = known && ownOf(known, key);
    const part = value === undefined ? undefined : settleValue(value, was);
    if (part === undefined || part !== value) settled ??= firstOf(next, keys, i);
    if (part === undefined) continue;
    if (part !== was) same = false;
    if (settled) setOwn(settled, key, part);
    count += 1;
  }
  return same && Object.keys(known!).length === count ? before : (settled ?? next);
}

/** A new object with the first so many of `keys`. */
function firstOf(object: JsonObject, keys: readonly string[], count: number): JsonObject {
  const first: JsonObject = {};
  for (let i = 0; i < count; i += 1) setOwn(first, keys[i]!, object[keys[i]!]);
  return first;
}
