import { isJsonObject, type JsonObject, MAX_DEPTH, setOwn } from '../../api/meta/json.ts';
import type { Rng } from '../../platform/rng.ts';
import { pick } from './dice.ts';

/** Changes of JSON values at random places: what a careless or hostile client may send in any field. */

const nested = (depth: number, list: boolean): unknown => {
  let value: unknown = 'deep';
  for (let i = 0; i < depth; i += 1) value = list ? [value] : { a: value };
  return value;
};

/** Keys that objects inherit, that patches take for directives, that need escapes, or that no field has. */
export const ODD_KEYS = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length'],
  ...['', '.', '..', '/', '~1', '$patch', '$retainKeys', '$setElementOrder/containers', 'f:spec', 'k:{"name":"a"}'],
  ...['\u0000', '\ud800', 'é', 'A b', 'a'.repeat(300), 'kubernetes.io/x', '-', '*', '0'],
];

const ODD_TEXTS = [
  ...['', ' ', '0', '-1', '1e999', 'NaN', 'null', 'true', '\u0000', '\ud800', '\udc00x', '\u202e', '😀', 'İ', '\n\r\t'],
  ...[
    '../..',
    '%00',
    '%',
    '$(a)',
    '$' + '{a}',
    "'",
    '"',
    '<a>',
    '(a+)+$',
    '[',
    '\\',
    '9'.repeat(400),
    'a'.repeat(70_000),
  ],
  ...[
    '__proto__',
    'constructor',
    '999999999999h',
    '1Ei',
    '100000E',
    '0.0000000001n',
    '-0',
    '1e-400',
    '2026-02-30T00:00:00Z',
  ],
  ...['10.0.0.0/33', '::1', '* * * * *', '0 0 31 2 *', '@every 1s', 'v1', 'kube-system', 'default', 'system:masters'],
  ...['9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '2026-01-01T00:00:00.123456789+14:00', 'a,b=c', 'a in (b', '!'],
];

const ODD_NUMBERS = [
  ...[0, -0, -1, 0.5, 1e308, -1e308, 5e-324, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64, 1e21],
  ...[99_999, 65_536, 3_153_600_000],
];

const SMALL = [[], [null], [[]], [{}], {}, { '': null }, { name: null }, ['', '']];

/** More than anybody lists by hand. */
const MANY = {
  items: Array.from({ length: 20_000 }, (_, i) => `x${i % 15_000}`),
  keys: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`!${i}`, 'x'])),
};

const odd = (rng: Rng): unknown => {
  switch (rng.int(9)) {
    case 0:
      return null;
    case 1:
      return rng.int(2) === 0;
    case 2:
    case 3:
      return pick(rng, ODD_NUMBERS);
    case 4:
    case 5:
      return pick(rng, ODD_TEXTS);
    case 6:
      return structuredClone(pick<unknown>(rng, [MANY.items, MANY.keys, ...SMALL]));
    case 7:
      return nested(pick(rng, [5, 199, 201, 1_000]), rng.int(2) === 0);
    default: {
      const value: JsonObject = {};
      setOwn(value, pick(rng, ODD_KEYS), pick<unknown>(rng, [null, 'x', 1, {}, [], { polluted: true }]));
      return value;
    }
  }
};

/** Every place in a value as (holder, key), the root left out, and what is deeper than anything is read. */
function placesIn(value: unknown, places: [JsonObject | unknown[], string | number][] = [], depth = 0): typeof places {
  if (depth > MAX_DEPTH) return places;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      places.push([value, index]);
      placesIn(item, places, depth + 1);
    }
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      places.push([value, key]);
      placesIn(value[key], places, depth + 1);
    }
  }
  return places;
}

/** Changes `value`, which the caller owns, in one place; may give back another value. */
export function mutateValue(value: unknown, rng: Rng): unknown {
  const places = placesIn(value);
  const place = pick(rng, places);
  if (!place || rng.int(40) === 0) return odd(rng);
  const [holder, key] = place;
  const found: unknown = Reflect.get(holder, key);
  switch (rng.int(10)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1:
      if (isJsonObject(found)) setOwn(found, pick(rng, ODD_KEYS), odd(rng));
      else if (Array.isArray(found)) found.push(...structuredClone(found), odd(rng));
      else set(holder, key, [found]);
      break;
    case 2:
      if (isJsonObject(holder)) setOwn(holder, pick(rng, ODD_KEYS), structuredClone(found));
      else holder.push(structuredClone(found));
      break;
    case 3: {
      // The value of one place in another: types swapped, references that mean something else.
      const [other, at] = pick(rng, places);
      set(holder, key, structuredClone(Reflect.get(other, at)));
      break;
    }
    case 4:
      set(holder, key, null);
      break;
    default:
      set(holder, key, odd(rng));
  }
  return value;
}

function set(holder: JsonObject | unknown[], key: string | number, value: unknown): void {
  if (Array.isArray(holder)) holder[Number(key)] = value;
  else setOwn(holder, String(key), value);
}

/** Changes text in a way that its grammar need not allow. */
export function mutateText(text: string, rng: Rng): string {
  const at = rng.int(text.length + 1);
  switch (rng.int(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + rng.int(4));
    case 2:
      return (
        text.slice(0, at) +
        pick(rng, ['{', '}', '[', ']', '"', ',', ':', '\\', '\u0000', '&a ', '*a', '\n', '- ', '\ufeff']) +
        text.slice(at)
      );
    case 3:
      return text.replace(/:\d+/, () =>
        pick(rng, [':1e999', ':-1e999', ':01', ':-', ':0x10', ':NaN', `:${'9'.repeat(400)}`, ':1.0']),
      );
    case 4:
      // Keys that stand twice.
      return text.replace(
        '{',
        `{${pick(rng, ['"metadata":{},', '"metadata":null,', '"spec":[],', '"kind":"Pod",', '"__proto__":{"polluted":true},'])}`,
      );
    case 5:
      return text + text;
    case 6:
      return text.replace(/"([a-z]+)"/g, (whole) =>
        rng.int(20) === 0 ? `"\\u${pick(rng, ['d800', '0000', 'dc00', 'zz'])}"` : whole,
      );
    default:
      return pick(rng, [
        '',
        ' ',
        'null',
        '0',
        '""',
        '[]',
        '{}',
        '[{}]',
        '{"a":',
        `${'['.repeat(20_000)}`,
        `${'{"a":'.repeat(20_000)}`,
        '\u0000',
        '---\n---\n',
        '&a [*a]',
        'a: &a\n  b: *a',
        '!!js/function x',
        '? {a: b}\n: c',
        '.nan',
        '.inf',
      ]);
  }
}

/** Flips, cuts or repeats bytes. */
export function mutateBytes(bytes: Buffer, rng: Rng): Buffer {
  const at = rng.int(Math.max(1, bytes.length));
  switch (rng.int(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([rng.int(256), rng.int(256)]), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes, bytes]);
    default: {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[at] = rng.int(256);
      return changed;
    }
  }
}
