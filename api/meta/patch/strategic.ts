import { badRequest } from '../errors.ts';
import {
  copyJson,
  excerpt,
  isJsonObject,
  type JsonObject,
  jsonType,
  MAX_DEPTH,
  ownOf,
  setOwn,
  tooDeep,
} from '../json.ts';
import type { TSchema } from '../schema.ts';
import { arrange, checkOrder, directiveList, type Identify, identityBy, uniteScalars } from './merge-list.ts';

/**
 * Strategic merge patch (Kubernetes docs, "Update API Objects in Place Using kubectl patch"): like a merge patch, but lists
 * whose schema says so are merged by key, and directives say what plain values cannot: `$patch`, `$retainKeys`,
 * `$setElementOrder/FIELD`, `$deleteFromPrimitiveList/FIELD`.
 */

const PATCH = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_SCALARS = '$deleteFromPrimitiveList/';

interface FieldShape {
  properties?: Record<string, TSchema>;
  additionalProperties?: TSchema;
  items?: TSchema;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
}
/** Fields the schema does not know merge like a merge patch; decoding reports them afterwards. */
const UNKNOWN: FieldShape = {};

function shapeOf(shape: FieldShape, field: string): FieldShape {
  const properties = shape.properties;
  if (properties) return Object.hasOwn(properties, field) ? ((properties[field] ?? UNKNOWN) as FieldShape) : UNKNOWN;
  return (shape.additionalProperties ?? UNKNOWN) as FieldShape;
}

const hasStrategy = (shape: FieldShape, strategy: string) =>
  (shape['x-kubernetes-patch-strategy'] ?? '').split(',').includes(strategy);

const isDirective = (key: string) =>
  key === PATCH || key === RETAIN || key.startsWith(ORDER) || key.startsWith(DELETE_SCALARS);

/** A value of the patch that meets nothing to merge with: a copy without directives and nulls. */
function plain(value: unknown, depth: number): unknown {
  if (depth >= MAX_DEPTH) throw tooDeep('the patch');
  if (Array.isArray(value)) {
    return value
      .filter((item) => !isJsonObject(item) || (ownOf(item, PATCH) ?? 'merge') === 'merge')
      .map((item) => plain(item, depth + 1));
  }
  if (!isJsonObject(value)) return value;
  if (ownOf(value, PATCH) === 'delete') return {};
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (!isDirective(key) && value[key] !== null) setOwn(result, key, plain(value[key], depth + 1));
  }
  return result;
}

function patchDirective(patch: JsonObject): 'merge' | 'replace' | 'delete' {
  const directive = ownOf(patch, PATCH) ?? 'merge';
  if (directive === 'merge' || directive === 'replace' || directive === 'delete') return directive;
  throw badRequest(
    `strategic merge patch: unknown patch type ${excerpt(directive)}; $patch is merge, replace or delete`,
  );
}

/** The fields of `document` that `$retainKeys` lets stay. */
function retained(document: JsonObject, patch: JsonObject): JsonObject {
  const kept: JsonObject = {};
  const keys = Object.hasOwn(patch, RETAIN) ? new Set(directiveList(patch, RETAIN)) : undefined;
  for (const key of keys ? Object.keys(patch) : []) {
    if (!isDirective(key) && patch[key] !== null && !keys?.has(key))
      throw badRequest(
        `strategic merge patch: $retainKeys must list every field of its patch; ${JSON.stringify(key)} is missing`,
      );
  }
  for (const key of Object.keys(document)) if (!keys || keys.has(key)) setOwn(kept, key, document[key]);
  return kept;
}

function mergeObject(document: JsonObject, patch: JsonObject, shape: FieldShape, depth: number): JsonObject {
  if (depth >= MAX_DEPTH) throw tooDeep('the patch');
  const directive = patchDirective(patch);
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { [PATCH]: _, ...rest } = patch;
    return plain(rest, depth) as JsonObject;
  }
  const merged = retained(document, patch);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_SCALARS)) deleteScalars(merged, patch, key);
  }
  for (const key of Object.keys(patch)) {
    if (isDirective(key)) continue;
    if (patch[key] === null) delete merged[key];
    else setOwn(merged, key, mergeField(merged, patch, key, shapeOf(shape, key), depth + 1));
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith(ORDER)) setOrder(merged, document, patch, key.slice(ORDER.length), shape);
  }
  return merged;
}

function mergeField(document: JsonObject, patch: JsonObject, field: string, shape: FieldShape, depth: number): unknown {
  const before = ownOf(document, field);
  const value = patch[field];
  if (isJsonObject(before) && isJsonObject(value) && !hasStrategy(shape, 'replace'))
    return mergeObject(before, value, shape, depth);
  if (Array.isArray(before) && Array.isArray(value) && hasStrategy(shape, 'merge'))
    return mergeList(before, value, field, shape, depth);
  return plain(value, depth);
}

function deleteScalars(merged: JsonObject, patch: JsonObject, directive: string): void {
  const field = directive.slice(DELETE_SCALARS.length);
  const identify = identityBy(undefined, field);
  const gone = new Set(directiveList(patch, directive).map(identify));
  const before = ownOf(merged, field);
  if (Array.isArray(before))
    setOwn(
      merged,
      field,
      before.filter((item) => !gone.has(identify(item))),
    );
}

/** Applies `$setElementOrder/field` after the field itself was merged. */
function setOrder(merged: JsonObject, document: JsonObject, patch: JsonObject, field: string, shape: FieldShape): void {
  const order = directiveList(patch, `${ORDER}${field}`);
  const items = ownOf(merged, field);
  if (!Array.isArray(items)) return;
  const identify = identityBy(shapeOf(shape, field)['x-kubernetes-patch-merge-key'], field);
  const patched = ownOf(patch, field);
  if (Array.isArray(patched)) {
    const present = patched.filter((item) => !isJsonObject(item) || patchDirective(item) === 'merge');
    checkOrder(present, order, field, identify);
  }
  const before = ownOf(document, field);
  setOwn(merged, field, arrange(items, order, Array.isArray(before) ? before : [], identify));
}

function mergeList(before: unknown[], patch: unknown[], field: string, shape: FieldShape, depth: number): unknown[] {
  const mergeKey = shape['x-kubernetes-patch-merge-key'];
  const identify = identityBy(mergeKey, field);
  if (mergeKey === undefined) {
    const united = uniteScalars(before, patch, identify);
    return arrange(united, patch, before, identify);
  }
  const items = patch.map((item) => {
    if (isJsonObject(item)) return item;
    throw badRequest(`strategic merge patch: ${field} is a list of objects, found a ${jsonType(item)}`);
  });
  const ordinary = items.filter((item) => patchDirective(item) === 'merge');
  // One `$patch: replace` among the items replaces the whole list.
  if (items.some((item) => patchDirective(item) === 'replace')) return plain(ordinary, depth) as unknown[];
  const gone = new Set(items.filter((item) => patchDirective(item) === 'delete').map(identify));
  const rest = before.filter((item) => !gone.has(identify(item)));
  const merged = mergeItems(rest, ordinary, identify, (shape.items ?? UNKNOWN) as FieldShape, depth);
  return arrange(merged, ordinary, before, identify);
}

function mergeItems(
  before: unknown[],
  patch: JsonObject[],
  identify: Identify,
  shape: FieldShape,
  depth: number,
): unknown[] {
  const merged = [...before];
  const positions = new Map<string, number>();
  for (const [index, item] of before.entries())
    if (!positions.has(identify(item))) positions.set(identify(item), index);
  for (const item of patch) {
    const position = positions.get(identify(item));
    if (position === undefined) {
      positions.set(identify(item), merged.length);
      merged.push(plain(item, depth));
    } else {
      merged[position] = mergeObject(merged[position] as JsonObject, item, shape, depth + 1);
    }
  }
  return merged;
}

/**
 * Applies a strategic merge patch by the merge keys and strategies of `schema`. Neither argument changes; the result shares
 * unpatched parts with `document`. Throws 400 for a malformed patch.
 */
export function applyStrategicPatch(schema: TSchema, document: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch))
    throw badRequest(`error decoding patch: a strategic merge patch is an object, found ${jsonType(patch)}`);
  const base = isJsonObject(document) ? document : {};
  return mergeObject(base, copyJson(patch, 'the patch') as JsonObject, schema as FieldShape, 0);
}
