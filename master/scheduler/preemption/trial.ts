import type { Resident } from '../resident.ts';
import type { Demand } from '../resources.ts';
import type { Shape } from '../shape.ts';
import type { World } from '../world.ts';

/** A slot with some residents out, who come back one by one as long as the pod is admitted all the same. */
export interface Trial {
  /** Whether the pod is admitted with all of them out. To be ended, whatever the answer. */
  begin(slot: number, candidates: readonly Resident[], going: readonly Resident[]): boolean;
  /** Whether the pod is admitted with this one back as well; then it stays in. */
  returns(resident: Resident): boolean;
  end(): void;
}

/**
 * By resources alone, in numbers of its own: some hundred times as fast as {@link WorldTrial}, and right where nothing but
 * resources depends on who is there.
 *
 * Owns: what would be left of each resource with the pod in; without end where it does not ask for any.
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
    return this;
  }

  begin(slot: number, candidates: readonly Resident[], going: readonly Resident[]): boolean {
    const { ids, amounts } = this.#demand;
    const { cell } = this.#world;
    if (this.#left.length < cell.resources.size) this.#left = new Float64Array(cell.resources.size);
    const left = this.#left.fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < ids.length; i++) left[ids[i]!] = cell.free(ids[i]!, slot) - amounts[i]!;
    for (const resident of candidates) addTo(left, resident);
    for (const resident of going) addTo(left, resident);
    for (const id of ids) if (left[id]! < 0) return false;
    return true;
  }

  returns({ footprint: { demand } }: Resident): boolean {
    const { ids, amounts } = demand;
    const left = this.#left;
    for (let i = 0; i < ids.length; i++) if (left[ids[i]!]! < amounts[i]!) return false;
    for (let i = 0; i < ids.length; i++) left[ids[i]!]! -= amounts[i]!;
    return true;
  }

  end(): void {}
}

/** Adds what the resident takes up to amounts by resource. */
export function addTo(amountOf: Float64Array, { footprint: { demand } }: Resident): void {
  const { ids, amounts } = demand;
  for (let i = 0; i < ids.length; i++) amountOf[ids[i]!]! += amounts[i]!;
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

  begin(slot: number, candidates: readonly Resident[], going: readonly Resident[]): boolean {
    this.#slot = slot;
    for (const resident of candidates) this.#takeOut(resident);
    for (const resident of going) this.#takeOut(resident);
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

  #takeOut(resident: Resident): void {
    this.#world.suppose(this.#slot, resident, -1);
    this.#out.add(resident);
  }

  #admits(): boolean {
    return this.#shape!.admitsNow(this.#slot);
  }
}
