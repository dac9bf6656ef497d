import { isJsonObject, type JsonObject, setOwn } from '../meta/json.ts';
import type { Structure } from './structure.ts';

/** JSON as expressions see it (Kubernetes docs, "Validation rules", types): integers are whole numbers, dates are times. */
export function expressionValue(value: unknown, structure: Structure | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => expressionValue(item, structure?.items));
  if (isJsonObject(value)) return expressionObject(value, structure);
  const { type, format } = structure?.schema ?? {};
  if (typeof value === 'number') return Number.isInteger(value) && type !== 'number' ? BigInt(value) : value;
  if (typeof value === 'string' && (format === 'date-time' || format === 'date')) {
    const time = new Date(value);
    return Number.isNaN(time.getTime()) ? value : time;
  }
  return value;
}

function expressionObject(value: JsonObject, structure: Structure | undefined): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) continue;
    const property = structure?.properties.get(key);
    setOwn(copy, property ? escapedName(key) : key, expressionValue(value[key], property ?? structure?.values));
  }
  return copy;
}

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** How a field is named in expressions whose name is no identifier (Kubernetes docs, "Validation rules", escaping). */
export function escapedName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name
    .replace(/__/g, '__underscores__')
    .replace(/\./g, '__dot__')
    .replace(/-/g, '__dash__')
    .replace(/\//g, '__slash__');
}
