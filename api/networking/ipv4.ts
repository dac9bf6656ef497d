/** Addresses and ranges of IPv4 as numbers. Pure. */

/** All addresses that share their first `bits` bits with `base`, whose other bits are 0. */
export interface Ipv4Range {
  readonly base: number;
  readonly bits: number;
}

const OCTETS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** `10.0.0.1` as a number below 2^32; undefined for anything else. */
export function parseIpv4(text: string): number | undefined {
  const octets = OCTETS.exec(text)?.slice(1).map(Number);
  if (!octets || octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export const formatIpv4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');

/** `10.0.0.0/8`; undefined where the text is no range, or where bits behind the first `bits` are set. */
export function parseIpv4Range(text: string): Ipv4Range | undefined {
  const [ip = '', length = '', ...rest] = text.split('/');
  const base = parseIpv4(ip);
  const bits = Number(length);
  if (base === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length) || bits > 32) return undefined;
  return base % 2 ** (32 - bits) === 0 ? { base, bits } : undefined;
}

export const formatIpv4Range = ({ base, bits }: Ipv4Range): string => `${formatIpv4(base)}/${bits}`;

export const sizeOfRange = ({ bits }: Ipv4Range): number => 2 ** (32 - bits);

export const inRange = ({ base, bits }: Ipv4Range, address: number): boolean =>
  address >= base && address < base + 2 ** (32 - bits);

/** Ranges either contain one another or have nothing in common. */
export const rangesOverlap = (one: Ipv4Range, other: Ipv4Range): boolean =>
  inRange(one, other.base) || inRange(other, one.base);
