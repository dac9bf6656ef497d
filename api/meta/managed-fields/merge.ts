import { isJsonObject, type JsonObject, ownOf, setOwn } from '../json.ts';
import type { TSchema } from '../schema.ts';
import { type Container, fieldOf, isContainer, itemElement, type KeyedList, type Shape, shapeOf } from './shape.ts';

/**
 * The live object with all that a configuration says (Kubernetes docs, "Server-Side Apply", merge strategy): maps merge by key and
 * lists with identities by item; anything else is replaced. A null replaces a value, and leaves a map or such a list as it is.
 * Neither argument changes; the result shares parts with both.
 */
export const mergeConfiguration = (schema: TSchema, live: unknown, applied: unknown): unknown =>
  merge(shapeOf(schema), live, applied);

function merge(shape: Shape, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (shape.kind === 'list' && Array.isArray(live)) {
    return Array.isArray(applied) ? mergeLists(shape, live, applied) : (applied ?? live);
  }
  if (isContainer(shape) && isJsonObject(live)) {
    return isJsonObject(applied) ? mergeObjects(shape, live, applied) : (applied ?? live);
  }
  return applied;
}

function mergeObjects(shape: Container, live: JsonObject, applied: JsonObject): JsonObject {
  const merged: JsonObject = {};
  for (const name of Object.keys(live)) setOwn(merged, name, live[name]);
  for (const name of Object.keys(applied)) {
    const field = fieldOf(shape, name);
    setOwn(merged, name, field ? merge(field.shape, ownOf(live, name), applied[name]) : applied[name]);
  }
  return merged;
}

/**
 * Applied items in the order of the configuration, items of others where they stood among them: the live list is walked, what only it
 * has is taken, and whatever item the configuration has next in common with it brings all applied items up to itself.
 */
function mergeLists(shape: KeyedList, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const elements = applied.map((item) => itemElement(shape, item));
  const ours = new Set(elements);
  const theirs = new Map<string, unknown>();
  for (const item of live) {
    const element = itemElement(shape, item);
    if (!theirs.has(element)) theirs.set(element, item);
  }
  const common = [...elements.keys()].filter((at) => theirs.has(elements[at]!));
  const merged: unknown[] = [];
  let [taken, due] = [0, 0];
  const takeThrough = (end: number) => {
    for (; taken < end; taken += 1) merged.push(merge(shape.items, theirs.get(elements[taken]!), applied[taken]));
  };
  for (const item of live) {
    const element = itemElement(shape, item);
    if (!ours.has(element)) merged.push(item);
    else if (due < common.length && elements[common[due]!] === element) takeThrough(common[due++]! + 1);
  }
  takeThrough(applied.length);
  return merged;
}
