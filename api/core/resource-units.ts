import { canonicalQuantity, quantityMilli, quantityValue } from '../meta/quantity.ts';

/**
 * Amounts of resources as numbers that can be added up: CPU in thousandths of a core, everything else in whole units (bytes,
 * devices, pods). Exact up to 2^53.
 */
export const unitsOf = (name: string, quantity: string): number =>
  name === 'cpu' ? quantityMilli(quantity) : quantityValue(quantity);

const KIB = 1024;
const isBytes = (name: string): boolean =>
  name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-');

/** The canonical quantity; bytes with a binary suffix where one fits. */
export function quantityOf(name: string, units: number): string {
  const text = name === 'cpu' ? `${units}m` : isBytes(name) && units % KIB === 0 ? `${units / KIB}Ki` : String(units);
  return canonicalQuantity(text) ?? text;
}
