import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { byteLength, forbiddenField, invalidValue, tooLong } from '../meta/validation.ts';
import { configKeyFault } from './checks.ts';

/** Rules that ConfigMaps and Secrets share. */

/** Most that the values of one object may hold together, in bytes. */
export const MAX_DATA_BYTES = 1024 * 1024;

export type Data = Record<string, string>;

export const validateKeys = (data: Data | undefined, path: string): FieldError[] =>
  Object.keys(data ?? {}).flatMap((key) => {
    const fault = configKeyFault(key);
    return fault ? [invalidValue(`${path}[${key}]`, key, fault)] : [];
  });

export const textBytes = (data: Data | undefined): number =>
  Object.values(data ?? {}).reduce((sum, value) => sum + byteLength(value), 0);

/** Bytes that base64 values stand for. */
export const base64Bytes = (data: Data | undefined): number =>
  Object.values(data ?? {}).reduce((sum, value) => sum + decodedLength(value), 0);

function decodedLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

export const validateSize = (bytes: number, path: string): FieldError[] =>
  bytes > MAX_DATA_BYTES ? [tooLong(path, MAX_DATA_BYTES)] : [];

interface Immutable {
  immutable?: boolean;
}

/** Once immutable, the listed fields can no longer change, nor can it become mutable again. */
export function validateImmutable<T extends Immutable>(
  next: T,
  previous: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (!previous.immutable) return [];
  const errors: FieldError[] = [];
  if (!next.immutable) errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of fields)
    if (!equalJson(next[field] ?? {}, previous[field] ?? {}))
      errors.push(forbiddenField(field, 'field is immutable when `immutable` is set'));
  return errors;
}
