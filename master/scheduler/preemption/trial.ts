import type { Demand } from '../resources.ts';
import type { Shape } from '../shape.ts';
import type { Resident, World } from '../world.ts';
import type { Candidates, Lineup } from './lineup.ts';

/** A slot with some residents out, who come back one by one as long as the pod is admitted all the same. */
export interface Trial {
  /** Whether the pod is admitted with the candidates and all who are going out. To be ended, whatever the answer. */
  begin(slot: number, candidates: Candidates, going: Lineup): boolean;
  /** Whether the pod is admitted with this one back as well; then it stays in. */
  returns(lineup: Lineup, index: number): boolean;
  end(): void;
}

/**
 * By resources alone, in numbers of its own: some hundred times as fast as {@link WorldTrial}, and right where nothing but
 * resources depends on who is there.
 *
 * Owns: what would be left of each resource that the pod asks for, with the pod in.
 */
export class ResourceTrial implements Trial {
  readonly #world: World;
  #demand: Demand = { ids: [], amounts: [] };
  #left = new Float64Array(0);

  constructor(world: World) {
    this.#world = world;
  }

  for(demand: Demand): this {
    this.#demand = demand;
    if (this.#left.length < demand.ids.length) this.#left = new Float64Array(demand.ids.length);
    return this;
  }

  begin(slot: number, { lineup, start }: Candidates, going: Lineup): boolean {
    const { ids, amounts } = this.#demand;
    const { cell } = this.#world;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      const left = cell.free(id, slot) + lineup.sum(start, id) + going.sum(0, id) - amounts[i]!;
      if (left < 0) return false;
      this.#left[i] = left;
    }
    return true;
  }

  returns(lineup: Lineup, index: number): boolean {
    const { ids } = this.#demand;
    const left = this.#left;
    for (let i = 0; i < ids.length; i++) if (left[i]! < lineup.amount(index, ids[i]!)) return false;
    for (let i = 0; i < ids.length; i++) left[i]! -= lineup.amount(index, ids[i]!);
    return true;
  }

  end(): void {}
}

/**
 * By asking every constraint, with the world as if they were gone.
 *
 * Owns: who is out.
 */
export class WorldTrial implements Trial {
  readonly #world: World;
  #shape: Shape | undefined;
  #slot = -1;
  readonly #out = new Set<Resident>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The shape has been prepared. */
  for(shape: Shape): this {
    this.#shape = shape;
    return this;
  }

  begin(slot: number, { lineup, start }: Candidates, going: Lineup): boolean {
    this.#slot = slot;
    for (let index = start; index < lineup.length; index++) this.#takeOut(lineup.residents[index]!);
    for (const resident of going.residents) this.#takeOut(resident);
    return this.#admits();
  }

  returns({ residents }: Lineup, index: number): boolean {
    const resident = residents[index]!;
    this.#world.suppose(this.#slot, resident, 1);
    if (this.#admits()) {
      this.#out.delete(resident);
      return true;
    }
    this.#world.suppose(this.#slot, resident, -1);
    return false;
  }

  end(): void {
    for (const resident of this.#out) this.#world.suppose(this.#slot, resident, 1);
    this.#out.clear();
  }

  #takeOut(resident: Resident): void {
    this.#world.suppose(this.#slot, resident, -1);
    this.#out.add(resident);
  }

  #admits(): boolean {
    return this.#shape!.admitsNow(this.#slot);
  }
}
