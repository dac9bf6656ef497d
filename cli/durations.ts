import { usageFailure } from './failure.ts';

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads a duration as kubectl takes them (`90s`, `1h30m`, `0`) into milliseconds. */
export function parseDuration(text: string, flag: string): number {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw usageFailure(`error: ${flag} takes a duration such as 90s, 5m or 1h30m, not "${text}"`);
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
}

/** Reads a whole number >= `least`. */
export function parseWhole(text: string, flag: string, least: number): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
  throw usageFailure(`error: ${flag} takes a whole number of at least ${least}, not "${text}"`);
}
