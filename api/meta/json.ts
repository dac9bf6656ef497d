import { badRequest } from './errors.ts';

/** Safe handling of JSON from outside: bounded depth, and keys such as `__proto__` that must stay plain data. */

export type JsonObject = { [key: string]: unknown };

/** Deepest nesting accepted where a schema does not bound it. */
export const MAX_DEPTH = 200;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sets an own property whatever the key's name (a plain assignment of `__proto__` would change the prototype). */
export function setOwn(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** An own property, never one inherited from `Object.prototype`. */
export const ownOf = (source: JsonObject, key: string): unknown =>
  Object.hasOwn(source, key) ? source[key] : undefined;

/** What JSON calls the type of a value. */
export function jsonType(value: unknown): 'null' | 'string' | 'number' | 'bool' | 'array' | 'object' {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : typeof value === 'number' ? 'number' : 'object';
}

/** 400 for values nested deeper than {@link MAX_DEPTH}. */
export const tooDeep = (what: string) =>
  badRequest(`${what} is nested more than ${MAX_DEPTH} levels deep; use a flatter document`);

/** A deep copy. Throws 400 when nested deeper than {@link MAX_DEPTH}; `what` names the value in that message. */
export function copyJson(value: unknown, what: string, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw tooDeep(what);
  if (Array.isArray(value)) return value.map((item) => copyJson(item, what, depth + 1));
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) setOwn(copy, key, copyJson((value as JsonObject)[key], what, depth + 1));
  return copy;
}

/** Deep equality of JSON values; the order of an object's keys does not matter. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => equalJson(item, b[index]));
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equalJson((a as JsonObject)[key], (b as JsonObject)[key]));
}

const LONGEST_EXCERPT = 200;

/** A value as an error message shows it: scalars quoted (cut when long), anything larger described. */
export function excerpt(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length} items`;
  if (isJsonObject(value)) return `an object with fields [${Object.keys(value).join(', ').slice(0, LONGEST_EXCERPT)}]`;
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}...` : text;
}
