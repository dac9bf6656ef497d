import type { TSchema } from '../../api/meta/schema.ts';

/**
 * The patch that takes an object from `current` (what the server has) to `modified` (what the file says now), removing what
 * `original` (what the file said at the last apply) had and `modified` no longer has, and touching nothing else. Kubernetes docs,
 * "Declarative Management of Kubernetes Objects Using Configuration Files", section "How apply calculates differences".
 *
 * With a schema the patch is a strategic merge patch: lists with a merge key are merged by it. Without one (an unknown kind) it is
 * a JSON merge patch. `{}` means that nothing has to change.
 */
export function threeWayPatch(
  schema: TSchema | undefined,
  original: JsonObject,
  modified: JsonObject,
  current: JsonObject,
): JsonObject {
  return mapPatch(schema && nodeOf(schema), original, modified, current);
}

export type JsonObject = Record<string, unknown>;

/** What a patch needs of a schema. */
interface SchemaNode {
  readonly properties?: Record<string, SchemaNode>;
  readonly items?: SchemaNode;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
}

const nodeOf = (schema: TSchema): SchemaNode => schema as unknown as SchemaNode;

const isMap = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const asMap = (value: unknown): JsonObject => (isMap(value) ? value : {});
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isEmpty = (patch: JsonObject) => Object.keys(patch).length === 0;

function mapPatch(
  node: SchemaNode | undefined,
  original: JsonObject,
  modified: JsonObject,
  current: JsonObject,
): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(modified)) {
    if (value === null) {
      if (key in current) patch[key] = null;
    } else if (!(key in current) || current[key] === null) {
      patch[key] = withoutNulls(value);
    } else {
      Object.assign(patch, fieldPatch(node?.properties?.[key], key, original[key], value, current[key]));
    }
  }
  for (const key of Object.keys(original)) {
    if (!(key in modified) && key in current) patch[key] = null;
  }
  return patch;
}

/** The entries that one field adds to its parent's patch. */
function fieldPatch(
  node: SchemaNode | undefined,
  key: string,
  original: unknown,
  modified: unknown,
  current: unknown,
): JsonObject {
  if (isMap(modified) && isMap(current)) {
    if (strategies(node).includes('replace')) return same(modified, current) ? {} : { [key]: modified };
    const inner = mapPatch(node, asMap(original), modified, current);
    if (isEmpty(inner)) return {};
    return { [key]: retaining(node, inner, modified) };
  }
  if (Array.isArray(modified) && Array.isArray(current) && strategies(node).includes('merge')) {
    const mergeKey = node?.['x-kubernetes-patch-merge-key'];
    return mergeKey
      ? keyedListPatch(node, mergeKey, key, asList(original), modified, current)
      : primitiveListPatch(key, asList(original), modified, current);
  }
  return same(modified, current) ? {} : { [key]: modified };
}

const strategies = (node: SchemaNode | undefined): string[] => (node?.['x-kubernetes-patch-strategy'] ?? '').split(',');

/** `$retainKeys` clears the fields of a union that the new value does not name. */
function retaining(node: SchemaNode | undefined, patch: JsonObject, modified: JsonObject): JsonObject {
  if (!strategies(node).includes('retainKeys')) return patch;
  return { $retainKeys: Object.keys(modified).sort(), ...patch };
}

function keyedListPatch(
  node: SchemaNode | undefined,
  mergeKey: string,
  key: string,
  original: readonly unknown[],
  modified: readonly unknown[],
  current: readonly unknown[],
): JsonObject {
  const find = (list: readonly unknown[], id: unknown) => list.map(asMap).find((each) => same(each[mergeKey], id));
  const patches: JsonObject[] = [];
  for (const element of modified.map(asMap)) {
    const id = element[mergeKey];
    const existing = find(current, id);
    if (!existing) patches.push(asMap(withoutNulls(element)));
    else {
      const inner = mapPatch(node?.items, asMap(find(original, id)), element, existing);
      if (!isEmpty(inner)) patches.push({ ...retaining(node, inner, element), [mergeKey]: id });
    }
  }
  for (const { [mergeKey]: id } of original.map(asMap)) {
    if (!find(modified, id) && find(current, id)) patches.push({ $patch: 'delete', [mergeKey]: id });
  }
  const wanted = modified.map((each) => asMap(each)[mergeKey]);
  const present = current.map((each) => asMap(each)[mergeKey]);
  if (patches.length === 0 && inOrder(wanted, present)) return {};
  const order = { [`$setElementOrder/${key}`]: wanted.map((id) => ({ [mergeKey]: id })) };
  return patches.length > 0 ? { ...order, [key]: patches } : order;
}

function primitiveListPatch(
  key: string,
  original: readonly unknown[],
  modified: readonly unknown[],
  current: readonly unknown[],
): JsonObject {
  const has = (list: readonly unknown[], value: unknown) => list.some((each) => same(each, value));
  const added = modified.filter((value) => !has(current, value));
  const removed = original.filter((value) => !has(modified, value) && has(current, value));
  if (added.length === 0 && removed.length === 0 && inOrder(modified, current)) return {};
  return {
    [`$setElementOrder/${key}`]: modified,
    ...(added.length > 0 && { [key]: added }),
    ...(removed.length > 0 && { [`$deleteFromPrimitiveList/${key}`]: removed }),
  };
}

/** True when the wanted elements stand in this order in the list that is there. */
function inOrder(wanted: readonly unknown[], present: readonly unknown[]): boolean {
  const positions = wanted.map((id) => present.findIndex((each) => same(each, id)));
  return positions.every((position, index) => index === 0 || positions[index - 1]! < position);
}

/** A null in a value that is added whole asks for nothing. */
function withoutNulls(value: unknown): unknown {
  if (!isMap(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** Equal as JSON, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => same(each, b[index]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}
