import { badRequest } from '../errors.ts';
import { copyJson, isJsonObject, type JsonObject, jsonType, MAX_DEPTH, ownOf, setOwn, tooDeep } from '../json.ts';

function merge(document: unknown, patch: unknown, depth: number): unknown {
  if (!isJsonObject(patch)) return copyJson(patch, 'the patch', depth);
  if (depth >= MAX_DEPTH) throw tooDeep('the patch');
  const merged: JsonObject = {};
  const base = isJsonObject(document) ? document : {};
  for (const key of Object.keys(base)) if (!Object.hasOwn(patch, key)) setOwn(merged, key, base[key]);
  for (const key of Object.keys(patch)) {
    if (patch[key] !== null) setOwn(merged, key, merge(ownOf(base, key), patch[key], depth + 1));
  }
  return merged;
}

/**
 * JSON Merge Patch (RFC 7386): null deletes, objects merge, anything else replaces. Neither argument changes; the result shares
 * unpatched parts with `document`. Throws 400 for a patch that is not an object or is nested too deep.
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch))
    throw badRequest(`error decoding patch: a merge patch is an object, found ${jsonType(patch)}`);
  return merge(document, patch, 0);
}
