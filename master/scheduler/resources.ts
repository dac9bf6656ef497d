import { canonicalQuantity, quantityMilli, quantityValue } from '../../api/meta/quantity.ts';

/**
 * Numbers resources so that amounts live in typed arrays. CPU counts in thousandths of a core, everything else in whole units
 * (bytes, devices, pods); all fit a double exactly up to 2^53.
 *
 * Owns: the table of names. Ids are dense and never reused.
 */
export class ResourceTable {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];

  constructor() {
    for (const name of ['cpu', 'memory', 'pods']) this.idOf(name);
  }

  get size(): number {
    return this.#names.length;
  }

  idOf(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#names.length;
      this.#ids.set(name, id);
      this.#names.push(name);
    }
    return id;
  }

  nameOf(id: number): string {
    return this.#names[id] ?? `resource ${id}`;
  }

  /** What a node offers: nothing where what it says makes no sense. */
  offered(name: string, quantity: string): number {
    if (canonicalQuantity(quantity) === undefined) return 0;
    const amount = this.amount(name, quantity);
    return Number.isFinite(amount) ? Math.max(0, amount) : 0;
  }

  amount(name: string, quantity: string): number {
    return name === 'cpu' ? quantityMilli(quantity) : quantityValue(quantity);
  }
}

export const CPU = 0;
export const MEMORY = 1;
export const PODS = 2;

/** What a pod asks of a node, by resource id; only what is more than zero. */
export interface Demand {
  readonly ids: readonly number[];
  readonly amounts: readonly number[];
}

/** A list of requests (`core/v1 ResourceList`) as a demand; every pod takes one of `pods`. */
export function demandOf(requests: Readonly<Record<string, string>>, table: ResourceTable): Demand {
  const ids = [PODS];
  const amounts = [1];
  for (const [name, quantity] of Object.entries(requests)) {
    const amount = table.amount(name, quantity);
    if (amount > 0 && name !== 'pods') {
      ids.push(table.idOf(name));
      amounts.push(amount);
    }
  }
  return { ids, amounts };
}
