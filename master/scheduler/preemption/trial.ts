import type { Demand } from '../resources.ts';
import type { Shape } from '../shape.ts';
import type { Resident, World } from '../world.ts';

/** A slot with some residents out, who come back one by one as long as the pod is admitted all the same. */
export interface Trial {
  /** Whether the pod is admitted with all of these out. To be ended, whatever the answer. */
  begin(slot: number, groups: readonly (readonly Resident[])[]): boolean;
  /** Whether the pod is admitted with this one back as well; then it stays in. */
  returns(resident: Resident): boolean;
  end(): void;
}

/**
 * By resources alone, in numbers of its own: some hundred times as fast as {@link WorldTrial}, and right where nothing but
 * resources depends on who is there.
 *
 * Owns: what would be left of each resource with the pod in.
 */
export class ResourceTrial implements Trial {
  readonly #world: World;
  #demand: Demand = { ids: [], amounts: [] };
  /** By resource; infinite for what the pod does not ask for. */
  #left = new Float64Array(0);

  constructor(world: World) {
    this.#world = world;
  }

  for(demand: Demand): this {
    const { size } = this.#world.cell.resources;
    if (this.#left.length < size) this.#left = new Float64Array(size);
    this.#left.fill(Number.POSITIVE_INFINITY);
    this.#demand = demand;
    return this;
  }

  begin(slot: number, groups: readonly (readonly Resident[])[]): boolean {
    const { ids, amounts } = this.#demand;
    const { cell } = this.#world;
    const left = this.#left;
    for (let i = 0; i < ids.length; i++) left[ids[i]!] = cell.free(ids[i]!, slot) - amounts[i]!;
    for (const residents of groups) for (const { footprint } of residents) this.#add(footprint.demand);
    for (let i = 0; i < ids.length; i++) if (left[ids[i]!]! < 0) return false;
    return true;
  }

  returns({ footprint }: Resident): boolean {
    const { ids, amounts } = footprint.demand;
    const left = this.#left;
    for (let i = 0; i < ids.length; i++) if (left[ids[i]!]! < amounts[i]!) return false;
    for (let i = 0; i < ids.length; i++) left[ids[i]!]! -= amounts[i]!;
    return true;
  }

  end(): void {}

  #add({ ids, amounts }: Demand): void {
    const left = this.#left;
    for (let i = 0; i < ids.length; i++) left[ids[i]!]! += amounts[i]!;
  }
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

  for(shape: Shape): this {
    shape.prepare();
    this.#shape = shape;
    return this;
  }

  begin(slot: number, groups: readonly (readonly Resident[])[]): boolean {
    this.#slot = slot;
    for (const residents of groups)
      for (const resident of residents) {
        this.#world.suppose(slot, resident, -1);
        this.#out.add(resident);
      }
    return this.#admits();
  }

  returns(resident: Resident): boolean {
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

  #admits(): boolean {
    return this.#shape!.admitsNow(this.#slot);
  }
}
