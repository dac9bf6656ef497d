import type { Environment } from '@marcbachmann/cel-js';
import { canonicalQuantity } from '../meta/quantity.ts';
import { registerAuthorizer } from './cel-authorizer.ts';
import { formatText } from './cel-format.ts';
import { hasFormat, ipv6Groups, isIpv4 } from './formats.ts';
import { compilePattern } from './patterns.ts';

/**
 * What Kubernetes adds to the Common Expression Language (Kubernetes docs, "Common Expression Language in Kubernetes", CEL options and
 * libraries): lists, regular expressions, texts, URLs, IP addresses and CIDRs, quantities, sets, rights.
 */

class Quantity {
  readonly text: string;
  readonly value: number;
  constructor(text: string) {
    this.text = text;
    this.value = amountOf(text);
  }
}
class Ip {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
class Cidr {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
class Url {
  readonly url: URL;
  constructor(url: URL) {
    this.url = url;
  }
}

type Item = bigint | number | string | boolean;

export function registerLibraries(env: Environment): void {
  for (const [name, type] of Object.entries({ Quantity, Ip, Cidr, Url })) env.registerType(name, type as never);
  registerLists(env);
  registerTexts(env);
  registerAddresses(env);
  registerQuantities(env);
  registerAuthorizer(env);
}

function registerLists(env: Environment): void {
  const compare = (a: Item, b: Item) => (a < b ? -1 : a > b ? 1 : 0);
  const some = (list: Item[], what: string) => {
    if (list.length === 0) throw new Error(`${what} called on empty list`);
    return list;
  };
  const least = (list: Item[], sign: number) =>
    list.reduce((best, item) => (compare(item, best) * sign < 0 ? item : best));
  const same = (a: unknown, b: unknown) => textOf(a) === textOf(b);
  const has = (list: unknown[], item: unknown) => list.some((each) => same(each, item));
  env
    .registerFunction('list.isSorted(): bool', (list: Item[]) =>
      list.every((item, index) => index === 0 || compare(list[index - 1]!, item) <= 0),
    )
    .registerFunction('list.sum(): dyn', (list: Item[]) =>
      list.length === 0 ? 0n : list.reduce((sum, item) => (sum as never) + (item as never)),
    )
    .registerFunction('list.min(): dyn', (list: Item[]) => least(some(list, 'min'), 1))
    .registerFunction('list.max(): dyn', (list: Item[]) => least(some(list, 'max'), -1))
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.findIndex((each) => same(each, item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.findLastIndex((each) => same(each, item))),
    )
    .registerFunction('list.slice(int, int): list', (list: unknown[], from: bigint, to: bigint) =>
      list.slice(Number(from), Number(to)),
    );
  class Sets {}
  env
    .registerType('SetsNamespace', Sets as never)
    .registerConstant('sets', 'SetsNamespace' as never, new Sets())
    .registerFunction('SetsNamespace.contains(list, list): bool', (_: Sets, a: unknown[], b: unknown[]) =>
      b.every((item) => has(a, item)),
    )
    .registerFunction('SetsNamespace.intersects(list, list): bool', (_: Sets, a: unknown[], b: unknown[]) =>
      b.some((item) => has(a, item)),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: Sets, a: unknown[], b: unknown[]) => b.every((item) => has(a, item)) && a.every((item) => has(b, item)),
    );
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? Number(item) : item)) ?? '';

function registerTexts(env: Environment): void {
  env
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => compilePattern(pattern).exec(text)?.[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      [...text.matchAll(compilePattern(pattern, 'g'))].map(([found]) => found),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, count: bigint) => {
      const found = [...text.matchAll(compilePattern(pattern, 'g'))].map(([each]) => each);
      return count < 0n ? found : found.slice(0, Number(count));
    })
    .registerFunction('string.format(list): string', formatText)
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => [...text][Number(index)] ?? '')
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, count: bigint) => {
        const parts = text.split(from);
        const many = count < 0n ? parts.length : Number(count);
        return parts.reduce((joined, part, index) => `${joined}${index > many ? from : to}${part}`);
      },
    )
    .registerFunction('isURL(string): bool', (text: string) => isUrl(text))
    .registerFunction('url(string): Url', (text: string) => {
      if (!isUrl(text)) throw new Error(`URL parse error during conversion from string: ${text}`);
      return new Url(new URL(text, 'path://'));
    })
    .registerFunction('Url.getScheme(): string', ({ url }: Url) => url.protocol.replace(/:$/, '').replace(/^path$/, ''))
    .registerFunction('Url.getHost(): string', ({ url }: Url) => url.host)
    .registerFunction('Url.getHostname(): string', ({ url }: Url) => url.hostname.replace(/^\[|\]$/g, ''))
    .registerFunction('Url.getPort(): string', ({ url }: Url) => url.port)
    .registerFunction('Url.getEscapedPath(): string', ({ url }: Url) => url.pathname)
    .registerFunction('Url.getQuery(): map', ({ url }: Url) =>
      Object.fromEntries([...url.searchParams.keys()].map((key) => [key, url.searchParams.getAll(key)])),
    );
}

const isUrl = (text: string): boolean => text.startsWith('/') || URL.canParse(text);

const isIp = (text: string): boolean => isIpv4(text) || ipv6Groups(text) !== undefined;
const bitsOf = (text: string): { bits: bigint; length: number } => {
  const groups = isIpv4(text) ? text.split('.').map(Number) : (ipv6Groups(text) ?? []);
  const width = isIpv4(text) ? 8n : 16n;
  return { bits: groups.reduce((sum, group) => (sum << width) | BigInt(group), 0n), length: isIpv4(text) ? 32 : 128 };
};

function within(address: string, cidr: string): boolean {
  const [base = '', prefix = '0'] = cidr.split('/');
  const [a, b] = [bitsOf(address), bitsOf(base)];
  const rest = BigInt(b.length - Number(prefix));
  return a.length === b.length && a.bits >> rest === b.bits >> rest;
}

function registerAddresses(env: Environment): void {
  const inAny =
    (ranges: readonly string[]) =>
    ({ text }: Ip) =>
      ranges.some((range) => within(text, range));
  const ip = (text: string) => {
    if (!isIp(text)) throw new Error(`IP Address "${text}" parse error during conversion from string`);
    return new Ip(text);
  };
  const cidr = (text: string) => {
    if (!hasFormat(text, 'cidr')) throw new Error(`network address parse error during conversion from string: ${text}`);
    return new Cidr(text);
  };
  const prefixOf = ({ text }: Cidr) => Number(text.split('/')[1]);
  const baseOf = ({ text }: Cidr) => text.split('/')[0] ?? '';
  const containsCidr = (outer: Cidr, inner: Cidr) =>
    prefixOf(inner) >= prefixOf(outer) && within(baseOf(inner), outer.text);
  env
    .registerFunction('isIP(string): bool', isIp)
    .registerFunction('ip(string): Ip', ip)
    .registerFunction('Ip.family(): int', ({ text }: Ip) => (isIpv4(text) ? 4n : 6n))
    .registerFunction('Ip.isUnspecified(): bool', ({ text }: Ip) => bitsOf(text).bits === 0n)
    .registerFunction('Ip.isLoopback(): bool', inAny(['127.0.0.0/8', '::1/128']))
    .registerFunction('Ip.isLinkLocalMulticast(): bool', inAny(['224.0.0.0/24', 'ff02::/16']))
    .registerFunction('Ip.isLinkLocalUnicast(): bool', inAny(['169.254.0.0/16', 'fe80::/10']))
    .registerFunction('Ip.isGlobalUnicast(): bool', (address: Ip) => {
      const others = [
        '127.0.0.0/8',
        '::1/128',
        '224.0.0.0/4',
        'ff00::/8',
        '169.254.0.0/16',
        'fe80::/10',
        '255.255.255.255/32',
      ];
      return bitsOf(address.text).bits !== 0n && !inAny(others)(address);
    })
    .registerFunction('isCIDR(string): bool', (text: string) => hasFormat(text, 'cidr'))
    .registerFunction('cidr(string): Cidr', cidr)
    .registerFunction('Cidr.ip(): Ip', (range: Cidr) => new Ip(baseOf(range)))
    .registerFunction('Cidr.prefixLength(): int', (range: Cidr) => BigInt(prefixOf(range)))
    .registerFunction('Cidr.containsIP(string): bool', (range: Cidr, text: string) => within(ip(text).text, range.text))
    .registerFunction('Cidr.containsIP(Ip): bool', (range: Cidr, { text }: Ip) => within(text, range.text))
    .registerFunction('Cidr.containsCIDR(string): bool', (range: Cidr, text: string) => containsCidr(range, cidr(text)))
    .registerFunction('Cidr.containsCIDR(Cidr): bool', containsCidr);
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

function amountOf(text: string): number {
  const [, number = '0', suffix = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?\d+)?)(.*)$/.exec(text) ?? [];
  return Number(number) * (SUFFIXES[suffix] ?? 1);
}

function registerQuantities(env: Environment): void {
  const isQuantity = (text: string) => canonicalQuantity(text) !== undefined;
  const quantity = (text: string) => {
    if (!isQuantity(text)) throw new Error(`quantity parse error: "${text}" is not a quantity`);
    return new Quantity(text);
  };
  const of = (value: number) => new Quantity(String(value));
  env
    .registerFunction('isQuantity(string): bool', isQuantity)
    .registerFunction('quantity(string): Quantity', quantity)
    .registerFunction('Quantity.sign(): int', ({ value }: Quantity) => BigInt(Math.sign(value)))
    .registerFunction('Quantity.isInteger(): bool', ({ value }: Quantity) => Number.isInteger(value))
    .registerFunction('Quantity.asInteger(): int', ({ value }: Quantity) => BigInt(value))
    .registerFunction('Quantity.asApproximateFloat(): double', ({ value }: Quantity) => value)
    .registerFunction('Quantity.add(Quantity): Quantity', (a: Quantity, b: Quantity) => of(a.value + b.value))
    .registerFunction('Quantity.add(int): Quantity', (a: Quantity, b: bigint) => of(a.value + Number(b)))
    .registerFunction('Quantity.sub(Quantity): Quantity', (a: Quantity, b: Quantity) => of(a.value - b.value))
    .registerFunction('Quantity.sub(int): Quantity', (a: Quantity, b: bigint) => of(a.value - Number(b)))
    .registerFunction('Quantity.isLessThan(Quantity): bool', (a: Quantity, b: Quantity) => a.value < b.value)
    .registerFunction('Quantity.isGreaterThan(Quantity): bool', (a: Quantity, b: Quantity) => a.value > b.value)
    .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
      BigInt(Math.sign(a.value - b.value)),
    );
}
