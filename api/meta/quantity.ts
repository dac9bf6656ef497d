/**
 * Resource quantities (Kubernetes docs, "Quantity"): a decimal number with a binary (`Ki`), decimal (`m`, `k`) or exponent (`e3`)
 * suffix. Arithmetic is exact, in whole nanos (bigint): nothing finer exists; what is finer is rounded away from zero.
 */

type Form = 'decimal' | 'exponent' | 'binary';
interface Parsed {
  nanos: bigint;
  form: Form;
}

const NANO = 1_000_000_000n;
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?\d{1,9})?$/;
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Longest text looked at, and the widest exponents: both bound the work one quantity can cause. */
const LONGEST = 128;
const WIDEST_EXPONENT = 60;
const LARGEST_BINARY = (2n ** 63n - 1n) * NANO;

const ceilAwayFromZero = (value: bigint, divisor: bigint): bigint => {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
};

function scaleOf(suffix: string): { form: Form; exponent: number } | undefined {
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary > 0) return { form: 'binary', exponent: binary * 10 };
  const decimal = DECIMAL_SUFFIXES.indexOf(suffix);
  if (decimal >= 0) return { form: 'decimal', exponent: (decimal - 3) * 3 };
  const exponent = Number(suffix.slice(1));
  if (exponent > WIDEST_EXPONENT) return undefined;
  return { form: 'exponent', exponent: Math.max(exponent, -WIDEST_EXPONENT - LONGEST) };
}

function parse(text: string): Parsed | undefined {
  if (text.length > LONGEST) return undefined;
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (!whole && !fraction) return undefined;
  const scale = scaleOf(suffix);
  if (!scale) return undefined;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  let nanos: bigint;
  if (scale.form === 'binary') {
    nanos = ceilAwayFromZero(digits * NANO * 2n ** BigInt(scale.exponent), 10n ** BigInt(fraction.length));
    if (nanos > LARGEST_BINARY) nanos = LARGEST_BINARY;
  } else {
    const shift = 9 + scale.exponent - fraction.length;
    nanos = shift >= 0 ? digits * 10n ** BigInt(shift) : ceilAwayFromZero(digits, 10n ** BigInt(-shift));
  }
  return { nanos, form: scale.form };
}

function mustParse(text: string): Parsed {
  const parsed = parse(text);
  if (!parsed)
    throw new RangeError(`not a resource quantity: ${JSON.stringify(text)}; expected a number such as 500m, 2 or 1Gi`);
  return parsed;
}

function formatDecimal(nanos: bigint, exponentForm: boolean): string {
  let mantissa = nanos;
  let exponent = -9;
  while (mantissa % 1000n === 0n && (exponentForm || exponent < 18)) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (exponent === 0) return String(mantissa);
  if (exponentForm) return `${mantissa}e${exponent}`;
  return `${mantissa}${DECIMAL_SUFFIXES[exponent / 3 + 3]}`;
}

function format({ nanos, form }: Parsed): string {
  if (nanos === 0n) return '0';
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (form !== 'binary' || magnitude < 1024n * NANO || nanos % NANO !== 0n)
    return formatDecimal(nanos, form === 'exponent');
  let mantissa = nanos / NANO;
  let power = 0;
  while (mantissa % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
    mantissa /= 1024n;
    power += 1;
  }
  return `${mantissa}${BINARY_SUFFIXES[power]}`;
}

/** Thousandths of a unit in one of each suffix that {@link plainMilli} reads. */
const SUFFIX_MILLI: ReadonlyMap<string, number> = new Map([
  ['m', 1],
  ['', 1e3],
  ['k', 1e6],
  ['M', 1e9],
  ['G', 1e12],
  ['T', 1e15],
  ['Ki', 1e3 * 2 ** 10],
  ['Mi', 1e3 * 2 ** 20],
  ['Gi', 1e3 * 2 ** 30],
  ['Ti', 1e3 * 2 ** 40],
]);
const LONGEST_PLAIN = 15;

/** The common case without bigint: digits and a suffix that are exactly so many thousandths; undefined for anything else. */
function plainMilli(text: string): number | undefined {
  let digits = 0;
  let at = 0;
  for (; at < text.length && at <= LONGEST_PLAIN; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    digits = digits * 10 + digit;
  }
  if (at === 0 || at > LONGEST_PLAIN) return undefined;
  const milli = digits * (SUFFIX_MILLI.get(text.slice(at)) ?? Number.NaN);
  return Number.isSafeInteger(milli) ? milli : undefined;
}

/** Of a text that {@link plainMilli} reads: whether it is canonical as it stands. Most are. */
function isReduced(text: string): boolean {
  const digits = Number.parseInt(text, 10);
  return text[0] !== '0' && digits % (text.endsWith('i') ? 1024 : 1000) !== 0;
}

/** The canonical text (`1000m` -> `1`, `1024Ki` -> `1Mi`, `0.5` -> `500m`); undefined when it is not a quantity. */
export function canonicalQuantity(value: string | number): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  const text = String(value);
  if (plainMilli(text) !== undefined && isReduced(text)) return text;
  const parsed = parse(text);
  return parsed && format(parsed);
}

/** Whole units (bytes, pods), rounded away from zero. Throws `RangeError` when `text` is not a quantity. */
export function quantityValue(text: string): number {
  const milli = plainMilli(text);
  if (milli === undefined) return Number(ceilAwayFromZero(mustParse(text).nanos, NANO));
  const rest = milli % 1000;
  return (milli - rest) / 1000 + (rest > 0 ? 1 : 0);
}

/** Thousandths of a unit (milli-CPU), rounded away from zero. Throws `RangeError` when `text` is not a quantity. */
export function quantityMilli(text: string): number {
  return plainMilli(text) ?? Number(ceilAwayFromZero(mustParse(text).nanos, NANO / 1000n));
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: string, b: string): number {
  const [left, right] = [plainMilli(a), plainMilli(b)];
  if (left !== undefined && right !== undefined) return Math.sign(left - right);
  const difference = mustParse(a).nanos - mustParse(b).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const combine = (a: string, b: string, sign: bigint): string => {
  const left = mustParse(a);
  const right = mustParse(b);
  return format({ nanos: left.nanos + sign * right.nanos, form: left.nanos === 0n ? right.form : left.form });
};

/** `a + b`, exactly; keeps the suffix family of `a` unless `a` is zero. */
export const addQuantities = (a: string, b: string): string => combine(a, b, 1n);

/** `a - b`, exactly; may be negative. */
export const subtractQuantities = (a: string, b: string): string => combine(a, b, -1n);
