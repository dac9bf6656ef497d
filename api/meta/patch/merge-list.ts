import { badRequest } from '../errors.ts';
import { excerpt, isJsonObject, type JsonObject, ownOf } from '../json.ts';

/**
 * Order and identity of list items in a strategic merge patch. Items are known by their merge key, or by their value in lists of
 * scalars; two items with the same identity are the same item.
 */

export type Identify = (item: unknown) => string;

/** Identity by merge key, or by value when there is none. Throws 400 for an item that has no such key. */
export function identityBy(mergeKey: string | undefined, field: string): Identify {
  if (mergeKey === undefined) {
    return (item) => {
      if (typeof item === 'object' && item !== null)
        throw badRequest(`strategic merge patch: ${field} is a list of scalars, found item ${excerpt(item)}`);
      return String(item);
    };
  }
  return (item) => {
    const key = isJsonObject(item) ? ownOf(item, mergeKey) : undefined;
    if (key === undefined || key === null)
      throw badRequest(
        `strategic merge patch: ${field}: map: ${excerpt(item)} does not contain declared merge key: ${mergeKey}`,
      );
    return String(key);
  };
}

/** Position of each identity in a list; the first one counts. */
function positionsIn(list: readonly unknown[], identify: Identify): Map<string, number> {
  const positions = new Map<string, number>();
  for (const [index, item] of list.entries()) {
    const identity = identify(item);
    if (!positions.has(identity)) positions.set(identity, index);
  }
  return positions;
}

/**
 * Orders merged items: those named in `order` (the patch's list, or its `$setElementOrder`) follow that order; the others, known
 * to the server only, keep their order and stay as near as they can to their old place (`before`) among them.
 */
export function arrange(
  merged: readonly unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  identify: Identify,
): unknown[] {
  const wanted = positionsIn(order, identify);
  const old = positionsIn(before, identify);
  const place = (item: unknown) => wanted.get(identify(item)) ?? -1;
  const named = merged.filter((item) => place(item) >= 0).sort((a, b) => place(a) - place(b));
  const others = merged.filter((item) => place(item) < 0);
  const arranged: unknown[] = [];
  let next = 0;
  for (const other of others) {
    const oldOther = old.get(identify(other));
    while (next < named.length && oldOther !== undefined) {
      const oldNamed = old.get(identify(named[next]));
      if (oldNamed === undefined || oldNamed > oldOther) break;
      arranged.push(named[next]);
      next += 1;
    }
    arranged.push(other);
  }
  return [...arranged, ...named.slice(next)];
}

/** Throws 400 unless the patch's items stand in the order its own `$setElementOrder` gives. */
export function checkOrder(
  items: readonly unknown[],
  order: readonly unknown[],
  field: string,
  identify: Identify,
): void {
  const positions = positionsIn(order, identify);
  let last = -1;
  for (const item of items) {
    const position = positions.get(identify(item));
    if (position === undefined || position < last)
      throw badRequest(
        `strategic merge patch: the order in patch list ${field} doesn't match $setElementOrder/${field} list: item ${excerpt(item)}`,
      );
    last = position;
  }
}

/** Scalars of `before` and then the new ones of `patch`, each once. */
export const uniteScalars = (before: readonly unknown[], patch: readonly unknown[], identify: Identify): unknown[] => {
  const united = new Map<string, unknown>();
  for (const item of [...before, ...patch]) if (!united.has(identify(item))) united.set(identify(item), item);
  return [...united.values()];
};

/** A directive's list, or 400. */
export function directiveList(patch: JsonObject, directive: string): unknown[] {
  const value = patch[directive];
  if (!Array.isArray(value))
    throw badRequest(`strategic merge patch: ${directive} must be a list, found ${excerpt(value)}`);
  return value;
}
