import { equalJson, isJsonObject, type JsonObject, ownOf, setOwn } from '../json.ts';

/** Null is how JSON says absent, and undefined how JavaScript does. */
const isAbsent = (value: unknown) => value === undefined || value === null;

/**
 * The smallest JSON Merge Patch (RFC 7386) that makes `to` of `from`; undefined where they are equal. A key that is null or undefined
 * counts as absent. Lists are replaced whole. Shares parts with `to`.
 */
export function mergePatchBetween(from: object, to: object): JsonObject | undefined {
  const patch: JsonObject = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [before, after] = [ownOf(from as JsonObject, key), ownOf(to as JsonObject, key)];
    if (isAbsent(after)) {
      if (!isAbsent(before)) setOwn(patch, key, null);
    } else if (isJsonObject(before) && isJsonObject(after)) {
      const inner = mergePatchBetween(before, after);
      if (inner) setOwn(patch, key, inner);
    } else if (isAbsent(before) || !equalJson(before, after)) setOwn(patch, key, after);
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}
