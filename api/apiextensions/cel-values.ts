import { isJsonObject, type JsonObject, setOwn } from '../meta/json.ts';
import { durationOf } from './cel.ts';
import type { Structure } from './structure.ts';

/**
 * JSON as expressions see it (Kubernetes docs, "Validation rules", types): integers are whole numbers, dates are times, texts with the
 * formats `duration` and `byte` are lengths of time and bytes.
 */
export function expressionValue(value: unknown, structure: Structure | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => expressionValue(item, structure?.items));
  if (isJsonObject(value)) return expressionObject(value, structure);
  const { type, format } = structure?.schema ?? {};
  if (typeof value === 'number') return Number.isInteger(value) && type !== 'number' ? BigInt(value) : value;
  return typeof value === 'string' && format ? formattedValue(value, format) : value;
}

/** A text that is not of its format stays a text: that is a fault of its own. */
function formattedValue(text: string, format: string): unknown {
  switch (format) {
    case 'date':
    case 'date-time': {
      const time = new Date(text);
      return Number.isNaN(time.getTime()) ? text : time;
    }
    case 'duration':
      return durationOf(text) ?? text;
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      return text;
  }
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
