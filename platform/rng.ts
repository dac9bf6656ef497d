import { randomBytes } from 'node:crypto';

/** The only source of randomness. Production seeds it from the kernel; the simulator from its seed. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n); n >= 1. */
  int(n: number): number;
  /** A version 4 UUID (RFC 9562). */
  uuid(): string;
  /** `length` characters that cannot spell words, as Kubernetes appends to generated names. */
  suffix(length: number): string;
}

/** No vowels, no digits that look like letters: Kubernetes' alphabet for generated names. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const HEX = '0123456789abcdef';

/** xoshiro128** (Blackman and Vigna, 2018): small, fast, and good enough for jitter and names; not for secrets. */
export function seededRng(seed: number): Rng {
  // splitmix32 spreads one seed over the four words of state, which must not all be zero.
  let mix = seed >>> 0;
  const word = () => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [word(), word(), word(), word()];
  const next32 = () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const int = (n: number) => Math.floor((next32() / 2 ** 32) * n);
  const digits = (count: number) => Array.from({ length: count }, () => HEX[int(16)]).join('');
  return {
    next: () => next32() / 2 ** 32,
    int,
    uuid: () => `${digits(8)}-${digits(4)}-4${digits(3)}-${'89ab'[int(4)]}${digits(3)}-${digits(12)}`,
    suffix: (length) => Array.from({ length }, () => SUFFIX_ALPHABET[int(SUFFIX_ALPHABET.length)]).join(''),
  };
}

/** A generator seeded from the kernel, with UUIDs straight from it. */
export function systemRng(): Rng {
  const seeded = seededRng(randomBytes(4).readUInt32LE());
  return { ...seeded, uuid: () => crypto.randomUUID() };
}
