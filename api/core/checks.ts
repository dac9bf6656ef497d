import type { FieldError } from '../meta/errors.ts';
import { invalidValue, type NameRule, nameFault, required } from '../meta/validation.ts';

/** Small checks that the validators of many kinds share. Each returns the faults found, mostly none or one. */

const MAX_PORT = 65_535;
export const MAX_INT32 = 2 ** 31 - 1;

/** Runs a check on each item, with the item's path. */
export const each = <T>(
  items: readonly T[] | undefined,
  path: string,
  check: (item: T, path: string, index: number) => FieldError[],
): FieldError[] => items?.flatMap((item, index) => check(item, `${path}[${index}]`, index)) ?? [];

/** `fault` as an invalid value, when there is one. */
export const faultOf = (path: string, value: unknown, fault: string | undefined): FieldError[] =>
  fault === undefined ? [] : [invalidValue(path, value, fault)];

/** A name that must be there and obey a rule. */
export const requiredName = (rule: NameRule, path: string, name: string | undefined): FieldError[] =>
  name ? faultOf(path, name, nameFault(rule, name)) : [required(path)];

/** A name that obeys a rule where it is given. */
export const optionalName = (rule: NameRule, path: string, name: string | undefined): FieldError[] =>
  name ? faultOf(path, name, nameFault(rule, name)) : [];

export const requiredText = (path: string, text: string | undefined, detail?: string): FieldError[] =>
  text ? [] : [required(path, detail)];

export const nonNegative = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];

export const between = (path: string, value: number | undefined, low: number, high: number): FieldError[] =>
  value !== undefined && (value < low || value > high)
    ? [invalidValue(path, value, `must be between ${low} and ${high}, inclusive`)]
    : [];

export const portNumber = (path: string, port: number | undefined): FieldError[] => between(path, port, 1, MAX_PORT);

/** IANA service names: what probes may refer to. */
export function portNameFault(name: string): string | undefined {
  if (name.length > 15) return 'must be no more than 15 characters';
  if (!/^[-a-z0-9]+$/.test(name)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)';
  if (!/[a-z]/.test(name)) return 'must contain at least one letter (a-z)';
  if (name.includes('--')) return 'must not contain consecutive hyphens';
  if (name.startsWith('-') || name.endsWith('-')) return 'must not begin or end with a hyphen';
  return undefined;
}

/** A port by number or by name. */
export const portReference = (path: string, port: number | string): FieldError[] =>
  typeof port === 'number' ? portNumber(path, port) : faultOf(path, port, portNameFault(port));

/** A path inside a volume: relative, and never upwards. */
export function insidePath(path: string, value: string): FieldError[] {
  if (value.startsWith('/')) return [invalidValue(path, value, 'must be a relative path')];
  if (value.split('/').includes('..')) return [invalidValue(path, value, "must not contain '..'")];
  return [];
}

/** Keys of ConfigMaps and Secrets. */
export function configKeyFault(key: string): string | undefined {
  if (key.length > 253) return 'must be no more than 253 characters';
  if (key === '.' || key === '..') return `must not be '${key}'`;
  if (key.startsWith('..')) return "must not start with '..'";
  if (!/^[-._a-zA-Z0-9]+$/.test(key))
    return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  return undefined;
}

const IPV4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const HEXTET = /^[0-9a-fA-F]{1,4}$/;

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half ? half.split(':') : []));
  const last = groups.at(-1);
  const hasIpv4 = last !== undefined && IPV4.test(last);
  const hextets = hasIpv4 ? groups.slice(0, -1) : groups;
  const count = hextets.length + (hasIpv4 ? 2 : 0);
  return hextets.every((group) => HEXTET.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

export const isIp = (text: string): boolean => IPV4.test(text) || isIpv6(text);

export const ipAddress = (path: string, text: string): FieldError[] =>
  isIp(text) ? [] : [invalidValue(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];

/** The items whose key was seen before, as `[item, index]`. */
export function repeated<T>(items: readonly T[], keyOf: (item: T) => string): [T, number][] {
  if (items.length < 2) return [];
  const seen = new Set<string>();
  return items.flatMap((item, index): [T, number][] => {
    const key = keyOf(item);
    if (seen.has(key)) return [[item, index]];
    seen.add(key);
    return [];
  });
}
