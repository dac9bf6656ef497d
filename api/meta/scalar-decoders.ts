import { badRequest, type FieldError } from './errors.ts';
import { copyJson, jsonType } from './json.ts';
import { canonicalQuantity } from './quantity.ts';
import { notSupported } from './validation.ts';

/** Decoders of single values, and what a decoder is. Wording of faults follows Go's JSON package, as Kubernetes shows it. */

export interface Walk {
  /** Where the walk stands: `spec`, `.containers`, `[0]`. */
  readonly path: string[];
  readonly unknown: string[];
  readonly unsupported: FieldError[];
}
/** Decodes one non-null value; undefined means absent. `holder` is the Go name of the struct that has the field, for messages. */
export type Decoder = (value: unknown, walk: Walk, holder: string) => unknown;
export interface Compiled {
  decode: Decoder;
  /** Value of an absent required field, of `null` in a list or map; undefined leaves it absent. */
  zero: () => unknown;
  /** True for lists and maps: an empty one in an optional field is the same as none (`omitempty` in Kubernetes' Go structs). */
  collection?: true;
}
const QUANTITY_REGEX = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$';

export const pathOf = (walk: Walk) => walk.path.join('').replace(/^\./, '');

export function mismatch(value: unknown, goType: string, walk: Walk, holder: string, literal = false): never {
  const found = literal ? `${jsonType(value)} ${String(value)}` : jsonType(value);
  const path = pathOf(walk);
  const target = path ? `struct field ${holder}.${path}` : 'value';
  throw badRequest(`json: cannot unmarshal ${found} into Go ${target} of type ${goType}`);
}

/** 400 for text that has the right JSON type and the wrong content. */
function malformed(walk: Walk, value: unknown, fault: string): never {
  throw badRequest(`${fault} (field ${pathOf(walk)}, found ${JSON.stringify(value)?.slice(0, 200)})`);
}

const text = (read: (value: string, walk: Walk) => string): Compiled => ({
  decode: (value, walk, holder) =>
    typeof value === 'string' ? read(value, walk) : mismatch(value, 'string', walk, holder),
  zero: () => '',
});

export const plainText = text((value) => value);
export const timeText = (canonical: (value: string) => string | undefined): Compiled => ({
  ...text(
    (value, walk) =>
      canonical(value) ?? malformed(walk, value, 'parsing time: must be RFC 3339, like 2006-01-02T15:04:05Z'),
  ),
  zero: () => undefined,
});
export const base64Text = text((value, walk) => {
  const compact = value.replace(/[\r\n]/g, '');
  if (compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return compact;
  return malformed(walk, value, 'illegal base64 data: expected standard base64 with padding');
});

/** Empty text is the absent value of a closed set, as in Go: defaults apply to it. */
export const enumText = (allowed: readonly string[]): Compiled => ({
  decode: (value, walk, holder) => {
    if (typeof value !== 'string') return mismatch(value, 'string', walk, holder);
    if (value !== '' && !allowed.includes(value)) walk.unsupported.push(notSupported(pathOf(walk), value, allowed));
    return value === '' ? undefined : value;
  },
  zero: () => '',
});

export const quantityText: Compiled = {
  decode: (value, walk, holder) => {
    if (typeof value !== 'string' && typeof value !== 'number')
      return mismatch(value, 'resource.Quantity', walk, holder);
    return (
      canonicalQuantity(value) ??
      malformed(walk, value, `quantities must match the regular expression '${QUANTITY_REGEX}'`)
    );
  },
  zero: () => '0',
};

export const isInt32 = (value: number) => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
export const isInt64 = (value: number) => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;

export const integer = (goType: string, fits: (value: number) => boolean): Compiled => ({
  decode: (value, walk, holder) => {
    if (typeof value !== 'number') return mismatch(value, goType, walk, holder);
    return fits(value) ? value : mismatch(value, goType, walk, holder, true);
  },
  zero: () => 0,
});

export const intOrString: Compiled = {
  decode: (value, walk, holder) => {
    if (typeof value === 'string') return value;
    if (typeof value !== 'number') return mismatch(value, 'intstr.IntOrString', walk, holder);
    return isInt32(value) ? value : mismatch(value, 'int32', walk, holder, true);
  },
  zero: () => 0,
};

export const number: Compiled = {
  decode: (value, walk, holder) => (typeof value === 'number' ? value : mismatch(value, 'float64', walk, holder)),
  zero: () => 0,
};
export const boolean: Compiled = {
  decode: (value, walk, holder) => (typeof value === 'boolean' ? value : mismatch(value, 'bool', walk, holder)),
  zero: () => false,
};
export const any: Compiled = { decode: (value, walk) => copyJson(value, pathOf(walk)), zero: () => undefined };
