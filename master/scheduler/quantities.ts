import { canonicalQuantity } from '../../api/meta/quantity.ts';

/**
 * Amounts of the model (cpu in thousandths of a core, everything else in whole units) as short quantities that Kubernetes reads:
 * `3.2Gi`, `1500m`, `2`. What is shown is at most 3 % from the amount, on the side that was asked for, so that a sentence made of
 * it is never too hopeful: where `asked > free`, what is shown of `asked` is more than what is shown of `free` too.
 */

/** For what is free, or would fit: never more than there is. */
export const atMost = (resource: string, amount: number): string => quantity(resource, amount, 'down');

/** For what is asked or missing: never less than it is. */
export const atLeast = (resource: string, amount: number): string => quantity(resource, amount, 'up');

type Direction = 'down' | 'up';

const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** From ten cores on, thousandths are noise. */
const MILLI_LIMIT = 10_000n;
const TOLERATED_PERCENT = 3n;
/** With two, at most one part in a hundred is lost: units are chosen so that there is at least one of them. */
const MOST_DECIMALS = 2;

function quantity(resource: string, amount: number, direction: Direction): string {
  // A node that was made smaller has less than nothing left: towards zero is then up.
  if (amount < 0) return `-${quantity(resource, -amount, direction === 'down' ? 'up' : 'down')}`;
  const whole = BigInt(direction === 'down' ? Math.floor(amount) : Math.ceil(amount));
  if (resource === 'cpu') return whole < MILLI_LIMIT ? canonical(`${whole}m`) : shortest(whole, 1_000n, '', direction);
  if (!isBytes(resource)) return String(whole);
  const power = powerOf(whole);
  return shortest(whole, 1n << BigInt(10 * power), BINARY_SUFFIXES[power]!, direction);
}

/** What Kubernetes counts in bytes; the rest is counted in pieces (Kubernetes docs, "Resource units in Kubernetes"). */
const isBytes = (resource: string): boolean =>
  resource === 'memory' || resource === 'ephemeral-storage' || resource.startsWith('hugepages-');

/** How often 1024 goes into the amount; below 2^60 there is always a suffix for it. */
function powerOf(amount: bigint): number {
  let power = 0;
  while (power + 1 < BINARY_SUFFIXES.length && amount >> BigInt(10 * (power + 1)) > 0n) power++;
  return power;
}

/** `amount / unit` with as few decimals as will do. Exact integers all the way: doubles round up at 2^53. */
function shortest(amount: bigint, unit: bigint, suffix: string, direction: Direction, decimals = 0): string {
  const scale = 10n ** BigInt(decimals);
  const scaled = amount * scale;
  const digits = (direction === 'down' ? scaled : scaled + unit - 1n) / unit;
  const error = direction === 'down' ? scaled - digits * unit : digits * unit - scaled;
  if (error * 100n > scaled * TOLERATED_PERCENT && decimals < MOST_DECIMALS)
    return shortest(amount, unit, suffix, direction, decimals + 1);
  if (decimals === 0) return canonical(`${digits}${suffix}`);
  return `${digits / scale}.${String(digits % scale).padStart(decimals, '0')}${suffix}`;
}

/** `2000m` as `2`, `1024Mi` as `1Gi`. */
const canonical = (text: string): string => canonicalQuantity(text) ?? text;
