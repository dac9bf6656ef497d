import {
  formatIpv4Range,
  type Ipv4Range,
  inRange,
  parseIpv4Range,
  rangesOverlap,
  sizeOfRange,
} from '../../../api/networking/ipv4.ts';

/**
 * Which part of the cell's range each node has. Owns: a slot per node, both ways. A slot is given once at a time, and those given back
 * come last again: what a lost machine still holds is not at once somebody else's.
 */
export class NodeRanges {
  readonly #cell: Ipv4Range;
  readonly #bits: number;
  readonly #slots: number;
  readonly #slotOf = new Map<string, number>();
  readonly #holder = new Map<number, string>();
  #next = 0;

  /** `bits`: length of the prefix of a node's range. */
  constructor(cell: Ipv4Range, bits: number) {
    this.#cell = cell;
    this.#bits = bits;
    this.#slots = 2 ** (bits - cell.bits);
  }

  /** The node has this range already. One that was given by other settings takes nothing from ours. */
  note(node: string, range: string): void {
    const slot = this.#slotFor(range);
    const known = this.#slotOf.get(node);
    if (known === slot) return;
    if (known !== undefined) this.forget(node);
    if (slot === undefined || this.#holder.has(slot)) return;
    this.#give(slot, node);
  }

  forget(node: string): void {
    const slot = this.#slotOf.get(node);
    if (slot === undefined) return;
    this.#slotOf.delete(node);
    this.#holder.delete(slot);
  }

  /**
   * The range promised to the node: the one it has wished for, if that is free, else the next that has nothing in common with those
   * that are taken on its machine. Undefined: there is none left. Asked again, it answers the same.
   */
  assign(node: string, wish: string | undefined, taken: readonly Ipv4Range[]): string | undefined {
    const known = this.#slotOf.get(node);
    if (known !== undefined) return this.#rangeText(known);
    const wished = wish === undefined ? undefined : this.#slotFor(wish);
    if (wished !== undefined && !this.#holder.has(wished)) return this.#give(wished, node);
    for (let step = 0; step < this.#slots; step++) {
      const slot = (this.#next + step) % this.#slots;
      if (this.#holder.has(slot) || taken.some((each) => rangesOverlap(each, this.#range(slot)))) continue;
      this.#next = slot + 1;
      return this.#give(slot, node);
    }
    return undefined;
  }

  #give(slot: number, node: string): string {
    this.#slotOf.set(node, slot);
    this.#holder.set(slot, node);
    return this.#rangeText(slot);
  }

  #slotFor(text: string): number | undefined {
    const range = parseIpv4Range(text);
    if (!range || range.bits !== this.#bits || !inRange(this.#cell, range.base)) return undefined;
    return (range.base - this.#cell.base) / sizeOfRange(range);
  }

  #range(slot: number): Ipv4Range {
    return { base: this.#cell.base + slot * 2 ** (32 - this.#bits), bits: this.#bits };
  }

  #rangeText(slot: number): string {
    return formatIpv4Range(this.#range(slot));
  }
}
