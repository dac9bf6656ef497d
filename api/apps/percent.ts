import type { FieldError } from '../meta/errors.ts';
import { invalidValue } from '../meta/validation.ts';

/** Counts that may be given as a percentage (`25%`). */

const PERCENT = /^([0-9]+)%$/;

/** The number of a percentage; undefined for a count. */
export function percentOf(value: number | string): number | undefined {
  const match = PERCENT.exec(String(value));
  return match ? Number(match[1]) : undefined;
}

/** A count, or that share of `total`, rounded up or down. 0 for text that is no percentage. */
export function scaledCount(value: number | string, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const share = ((percentOf(value) ?? 0) * total) / 100;
  return rounding === 'up' ? Math.ceil(share) : Math.floor(share);
}

export function validateCountOrPercent(value: number | string | undefined, path: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number')
    return value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];
  return percentOf(value) === undefined
    ? [
        invalidValue(
          path,
          value,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        ),
      ]
    : [];
}

/** No more than the whole can be missing. */
export function validateAtMostWhole(value: number | string | undefined, path: string): FieldError[] {
  return value !== undefined && (percentOf(value) ?? 0) > 100
    ? [invalidValue(path, value, 'must not be greater than 100%')]
    : [];
}

/** A count or percentage that comes to nothing, whatever the whole is. */
export const isZeroCount = (value: number | string | undefined): boolean =>
  value === 0 || (value !== undefined && percentOf(value) === 0);
