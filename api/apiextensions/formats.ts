/** The formats of texts that Kubernetes checks in custom resources (API reference, "JSONSchemaProps", `format`). Others are kept and not looked at. */

const test = (pattern: RegExp) => (text: string) => pattern.test(text);
const uuid = (version: string, variant: string) =>
  test(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'));
const DURATION =
  /^[+-]?(0|((\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|μs|ms|s|m|h|d|w|[a-z]+))(\s*(\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|μs|ms|s|m|h|d|w|[a-z]+))*)$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})[tT ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]\d{2}:?\d{2})$/;

export const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) &&
  text.split('.').every((part) => Number(part) <= 255 && String(Number(part)) === part);

/** The eight groups of an IPv6 address; undefined for other text. */
export function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const read = (half: string | undefined): (number | undefined)[] => {
    if (!half) return [];
    return half.split(':').flatMap((part, index, all) => {
      if (index === all.length - 1 && part.includes('.')) {
        if (!isIpv4(part)) return [undefined];
        const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      }
      return [/^[0-9a-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : undefined];
    });
  };
  const [head, tail] = [read(halves[0]), read(halves[1])];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<number>(halves.length === 2 ? missing : 0).fill(0), ...tail];
  return groups.every((group) => group !== undefined) ? (groups as number[]) : undefined;
}

function isCidr(text: string): boolean {
  const slash = text.lastIndexOf('/');
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 0 || !/^\d{1,3}$/.test(bits)) return false;
  if (isIpv4(address)) return Number(bits) <= 32;
  return ipv6Groups(address) !== undefined && Number(bits) <= 128;
}

const isDate = (text: string): boolean => {
  if (!DATE.test(text)) return false;
  const parsed = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text);
};

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: test(/^[0-9a-f]{24}$/i),
  uri: (text) => /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text),
  email: test(/^[^\s@<>()]+@[^\s@<>()]+$/),
  hostname: (text) =>
    text.length <= 255 && text.split('.').every((part) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(part)),
  ipv4: isIpv4,
  ipv6: (text) => ipv6Groups(text) !== undefined,
  cidr: isCidr,
  mac: test(/^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})$/i),
  uuid: test(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid3: uuid('3', '[0-9a-f]'),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
  isbn: (text) => /^(\d{9}[\dX]|\d{13})$/.test(text.replace(/[- ]/g, '')),
  isbn10: (text) => /^\d{9}[\dX]$/.test(text.replace(/[- ]/g, '')),
  isbn13: (text) => /^\d{13}$/.test(text.replace(/[- ]/g, '')),
  creditcard: (text) => /^\d{12,19}$/.test(text.replace(/[- ]/g, '')),
  ssn: test(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: test(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i),
  rgbcolor: test(/^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/),
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  password: () => true,
  date: isDate,
  duration: test(DURATION),
  'date-time': (text) => DATE_TIME.test(text) && isDate(text.slice(0, 10)),
  datetime: (text) => DATE_TIME.test(text) && isDate(text.slice(0, 10)),
};

/** Whether a text is of a format; true for formats nobody checks. */
export const hasFormat = (text: string, format: string): boolean =>
  Object.hasOwn(FORMATS, format) ? FORMATS[format]!(text) : true;
