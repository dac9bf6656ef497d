import type { Pod } from '../../../api/core/pod.ts';
import type { Resident } from '../world.ts';

/** Later than every time. */
export const NOT_YET = '~';

/** When a pod started, as text that sorts by time; later than all others when it has not yet. */
export const startOf = ({ status }: Pod): string => status?.startTime ?? NOT_YET;

/** Some residents of one slot in an order, and what they take up, side by side: the sums over many slots have to be fast. */
export class Lineup {
  readonly residents: readonly Resident[];
  /** Whether any of them takes ports of the machine, or volumes that bear on placement. */
  readonly hasPorts: boolean;
  readonly hasVolumes: boolean;
  /** By resident, then by resource. (Plain arrays: there are thousands of lineups, a few residents each.) */
  readonly #amounts: number[] = [];
  /** Resources that there were when it was made; no resident asks for others. */
  readonly #width: number;

  constructor(residents: readonly Resident[], width: number) {
    this.residents = residents;
    this.#width = width;
    let [hasPorts, hasVolumes] = [false, false];
    for (const { footprint } of residents) {
      const from = this.#amounts.length;
      for (let id = 0; id < width; id++) this.#amounts.push(0);
      const { ids, amounts } = footprint.demand;
      for (let i = 0; i < ids.length; i++) this.#amounts[from + ids[i]!] = amounts[i]!;
      if (footprint.ports.length > 0) hasPorts = true;
      if (footprint.volumes !== undefined) hasVolumes = true;
    }
    this.hasPorts = hasPorts;
    this.hasVolumes = hasVolumes;
  }

  get length(): number {
    return this.residents.length;
  }

  pick(indexes: readonly number[]): readonly Resident[] {
    return indexes.map((index) => this.residents[index]!);
  }

  priority(index: number): number {
    return this.residents[index]!.priority;
  }

  /** When it started, as in {@link startOf}. */
  start(index: number): string {
    return startOf(this.residents[index]!.pod);
  }

  /** The first of those who are below the priority, where the highest comes first. */
  firstBelow(priority: number): number {
    let start = this.length;
    while (start > 0 && this.residents[start - 1]!.priority < priority) start--;
    return start;
  }

  /** What one of them takes up of a resource. */
  amount(index: number, resource: number): number {
    return resource < this.#width ? this.#amounts[index * this.#width + resource]! : 0;
  }

  /** What all from `start` on take up of a resource. */
  sum(start: number, resource: number): number {
    const width = this.#width;
    if (resource >= width) return 0;
    let sum = 0;
    for (let at = start * width + resource; at < this.#amounts.length; at += width) sum += this.#amounts[at]!;
    return sum;
  }

  /** The same residents, in another order or not all of them. */
  as(residents: readonly Resident[]): Lineup {
    return new Lineup(residents, this.#width);
  }
}

/** Those of a lineup who may have to go: all from `start` on. */
export interface Candidates {
  readonly lineup: Lineup;
  readonly start: number;
}
