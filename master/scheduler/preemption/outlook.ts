import type { Budgets } from '../budgets.ts';
import type { Shape } from '../shape.ts';
import type { World } from '../world.ts';
import { type Appraisal, type Appraiser, type Claim, candidatesOf } from './appraisal.ts';
import { CostTable } from './cost-table.ts';
import { NOTHING_SEEN, type Rosters } from './rosters.ts';
import { ResourceTrial, WorldTrial } from './trial.ts';

/** An outlook that keeps no cost still is something. */
const OWN_WEIGHT = 8;

/** What all outlooks look at, and with. */
export class Vantage {
  readonly world: World;
  readonly rosters: Rosters;
  readonly budgets: Budgets;
  readonly #appraiser: Appraiser;
  readonly #byResources: ResourceTrial;
  readonly #byWorld: WorldTrial;

  constructor(world: World, rosters: Rosters, budgets: Budgets, appraiser: Appraiser) {
    this.world = world;
    this.rosters = rosters;
    this.budgets = budgets;
    this.#appraiser = appraiser;
    this.#byResources = new ResourceTrial(world);
    this.#byWorld = new WorldTrial(world);
  }

  /** With every constraint; `claim` must be that of the shape. */
  appraise(slot: number, claim: Claim, shape: Shape): Appraisal | undefined {
    if (!shape.admitsNode(slot)) return undefined;
    shape.prepare();
    const isEntangled = this.isEntangled(slot, claim, shape);
    if (!isEntangled && !shape.admitsButForRoom(slot)) return undefined;
    return this.appraiseAs(isEntangled, slot, claim, shape);
  }

  /**
   * As `appraise`, of a node that itself admits the shape, which has been prepared. Where the slot is not entangled it says what it
   * would cost if there were nothing but resources to it.
   */
  appraiseAs(isEntangled: boolean, slot: number, claim: Claim, shape: Shape): Appraisal | undefined {
    const trial = isEntangled ? this.#byWorld.for(shape) : this.#byResources.for(claim.demand);
    return this.#appraiser.appraise(slot, claim, trial);
  }

  /**
   * Whether more than resources may depend on who of the residents goes: where not, the other constraints say the same whoever
   * goes, so that resources decide who has to.
   */
  isEntangled(slot: number, claim: Claim, shape: Shape): boolean {
    if (!shape.mindsResidents) return false;
    const roster = this.rosters.of(slot);
    return (
      candidatesOf(roster, claim).some(({ footprint }) => shape.minds(footprint)) ||
      roster.going.some(({ footprint }) => shape.minds(footprint))
    );
  }
}

/**
 * What the pods of one shape and priority could push out, kept up to date from the cell's order of change.
 *
 * In most slots resources alone decide who has to go, and the other constraints (host ports, volumes, affinity, spread) either admit
 * the pod or do not, whoever goes: that is asked when it is needed, of the best slots first. Where the pod minds some of those who
 * may have to go, the slot is entangled: its cost is found with every constraint, and again when something elsewhere bears on it.
 *
 * Owns: the costs, which slots are entangled or covered by budgets, up to which change all that is true, and the last answer.
 */
export class Outlook {
  readonly claim: Claim;
  readonly #vantage: Vantage;
  #table = new CostTable();
  readonly #entangled = new Set<number>();
  /** Slots whose cost depends on what budgets allow. */
  readonly #covered = new Set<number>();
  #seen = NOTHING_SEEN;
  #coverageSeen = 0;
  #allowanceSeen = 0;
  #elsewhereSeen = '';
  #searched: { readonly stamp: string; readonly found: Appraisal | undefined } | undefined;

  constructor(vantage: Vantage, claim: Claim) {
    this.#vantage = vantage;
    this.claim = claim;
  }

  /** What it keeps, in costs of slots. */
  get weight(): number {
    return OWN_WEIGHT + this.#table.size;
  }

  /** Lets go of everything, to be found again when it is asked. */
  clear(): void {
    this.#table = new CostTable();
    this.#entangled.clear();
    this.#covered.clear();
    this.#seen = NOTHING_SEEN;
    this.#searched = undefined;
  }

  /** The best there is. `shape` is always the same one. */
  best(shape: Shape): Appraisal | undefined {
    this.#catchUp(shape);
    const stamp = this.#stamp;
    if (this.#searched?.stamp !== stamp) this.#searched = { stamp, found: this.#search(shape) };
    return this.#searched.found;
  }

  /** Whether there might be any: exact where resources alone decide, and where nothing has happened since the last search. */
  mayHave(shape: Shape): boolean {
    this.#catchUp(shape);
    if (this.#searched?.stamp === this.#stamp) return this.#searched.found !== undefined;
    return this.#table.size > 0;
  }

  #search(shape: Shape): Appraisal | undefined {
    const slot = this.#table.best((one) => this.#entangled.has(one) || shape.admitsButForRoom(one));
    return slot < 0 ? undefined : this.#vantage.appraiseAs(this.#entangled.has(slot), slot, this.claim, shape);
  }

  /** Everything on which the answer to a search depends. */
  get #stamp(): string {
    const { cell, times } = this.#seen;
    return `${cell} ${times} ${this.#allowanceSeen} ${this.#elsewhereSeen}`;
  }

  #catchUp(shape: Shape): void {
    shape.prepare();
    const { budgets, world } = this.#vantage;
    if (this.#coverageSeen !== budgets.coverageVersion) this.clear();
    this.#coverageSeen = budgets.coverageVersion;
    if (this.#allowanceSeen !== budgets.allowanceVersion) this.#lookAgain(this.#covered, shape);
    this.#allowanceSeen = budgets.allowanceVersion;
    const elsewhere = `${world.bearingVersion} ${shape.domainsVersion}`;
    if (this.#elsewhereSeen !== elsewhere) this.#lookAgain(this.#entangled, shape);
    this.#elsewhereSeen = elsewhere;
    this.#lookAtChanged(shape);
  }

  #lookAgain(slots: ReadonlySet<number>, shape: Shape): void {
    for (const slot of [...slots]) this.#look(slot, shape);
  }

  #lookAtChanged(shape: Shape): void {
    const { rosters, world } = this.#vantage;
    const { now } = rosters;
    if (now.cell === this.#seen.cell && now.times === this.#seen.times) return;
    // All of them in their own order, which is often that of their costs: then hardly any has to move in the table.
    if (this.#seen === NOTHING_SEEN) for (let slot = 0; slot < world.cell.slotCount; slot++) this.#look(slot, shape);
    else rosters.changedSince(this.#seen, (slot) => this.#look(slot, shape));
    this.#seen = now;
  }

  #look(slot: number, shape: Shape): void {
    const isAdmitted = shape.admitsNode(slot);
    const isEntangled = isAdmitted && this.#vantage.isEntangled(slot, this.claim, shape);
    const found = isAdmitted ? this.#vantage.appraiseAs(isEntangled, slot, this.claim, shape) : undefined;
    mark(this.#entangled, slot, isEntangled);
    mark(this.#covered, slot, found?.isCovered ?? false);
    if (found) this.#table.set(found.cost);
    else this.#table.delete(slot);
  }
}

function mark(marked: Set<number>, slot: number, isMarked: boolean): void {
  if (isMarked) marked.add(slot);
  else if (marked.size > 0) marked.delete(slot);
}
