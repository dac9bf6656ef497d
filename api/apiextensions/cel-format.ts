/**
 * `format` of texts: `'%s has %d'.format([a, b])` ("Common Expression Language in Kubernetes", extended string library; its verbs and
 * how values are put into words: cel-go, package `ext`, `Strings`).
 */

/** More digits than this nobody reads, and each costs. */
const MAX_PRECISION = 100;
const DEFAULT_PRECISION = 6;
const CLAUSE = /%(?:\.(\d+))?(.)?/gs;

/** Throws where the clauses and the values do not fit each other. */
export function formatText(text: string, values: readonly unknown[]): string {
  let at = 0;
  return text.replace(CLAUSE, (clause: string, precision: string | undefined, verb: string | undefined) => {
    if (clause === '%%') return '%';
    if (verb === undefined) throw new Error('unexpected end of string after %');
    if (at >= values.length) throw new Error(`index ${at} out of range: there are ${values.length} values`);
    const value = values[at++];
    const digits = precision === undefined ? DEFAULT_PRECISION : Number(precision);
    if (digits > MAX_PRECISION) throw new Error(`precision ${digits} is more than ${MAX_PRECISION}`);
    return clauseText(verb, value, digits);
  });
}

function clauseText(verb: string, value: unknown, digits: number): string {
  switch (verb) {
    case 's':
      return shown(value);
    case 'd':
      if (typeof value === 'number') return decimal(value);
      return integerOf(value, verb).toString();
    case 'f':
      return decimal(numberOf(value, verb), (number) => number.toFixed(digits));
    case 'e':
      return decimal(numberOf(value, verb), (number) => number.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2'));
    case 'b':
      return (typeof value === 'boolean' ? BigInt(value) : integerOf(value, verb)).toString(2);
    case 'o':
      return integerOf(value, verb).toString(8);
    case 'x':
      return hexadecimal(value, verb);
    case 'X':
      return hexadecimal(value, verb).toUpperCase();
    default:
      throw new Error(`unrecognized formatting clause: %${verb}`);
  }
}

const unfit = (verb: string): Error => new Error(`error during formatting: %${verb} does not take such a value`);

function integerOf(value: unknown, verb: string): bigint {
  if (typeof value === 'bigint') return value;
  // Unsigned numbers of the library.
  if (typeof value === 'object' && value !== null && typeof value.valueOf() === 'bigint')
    return value.valueOf() as unknown as bigint;
  throw unfit(verb);
}

const numberOf = (value: unknown, verb: string): number =>
  typeof value === 'number' ? value : Number(integerOf(value, verb));

function hexadecimal(value: unknown, verb: string): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : integerOf(value, verb).toString(16);
}

function decimal(value: number, text: (value: number) => string = String): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? text(value) : value > 0 ? 'Infinity' : '-Infinity';
}

/** A value in words. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'number') return decimal(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isDuration(value)) return `${Number(value.seconds) + value.nanos / 1e9}s`;
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
    return otherText(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${key}: ${shown(item)}`).join(', ')}}`;
}

const isDuration = (value: object): value is { seconds: bigint; nanos: number } =>
  'seconds' in value && 'nanos' in value && typeof value.seconds === 'bigint';

/** Unsigned numbers, and types by their names. */
function otherText(value: object): string {
  const plain: unknown = value.valueOf();
  if (typeof plain === 'bigint') return plain.toString();
  if ('name' in value && typeof value.name === 'string') return value.name;
  throw unfit('s');
}
