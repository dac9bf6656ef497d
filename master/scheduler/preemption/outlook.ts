import type { Budgets } from '../budgets.ts';
import type { Shape } from '../shape.ts';
import type { Resident, World } from '../world.ts';
import type { Appraisal, Appraiser, Claim } from './appraisal.ts';
import { isBetter, type Priced } from './cost.ts';
import { CostTable } from './cost-table.ts';
import type { Rosters, Sighting } from './rosters.ts';
import { ResourceTrial, WorldTrial } from './trial.ts';

/** An outlook that keeps no cost still is something. */
const OWN_WEIGHT = 8;
const NOTHING_SEEN: Sighting = { cell: 0, times: 0 };

/** What all outlooks look at, and with. */
export class Vantage {
  readonly world: World;
  readonly rosters: Rosters;
  readonly budgets: Budgets;
  readonly appraiser: Appraiser;
  readonly byResources: ResourceTrial;
  readonly byWorld: WorldTrial;

  constructor(world: World, rosters: Rosters, budgets: Budgets, appraiser: Appraiser) {
    this.world = world;
    this.rosters = rosters;
    this.budgets = budgets;
    this.appraiser = appraiser;
    this.byResources = new ResourceTrial(world);
    this.byWorld = new WorldTrial(world);
  }

  /** Exactly, with every constraint; `claim` must be that of the shape. */
  appraise(slot: number, claim: Claim, shape: Shape): Appraisal | undefined {
    const { appraiser, byResources } = this;
    if (!shape.admitsNode(slot)) return undefined;
    if (isPlain(shape)) return appraiser.appraise(slot, claim, byResources.for(claim.demand));
    shape.prepare();
    return this.appraiseAdmitted(slot, claim, shape);
  }

  /** As `appraise`, of a node that itself admits the shape, which has been prepared. */
  appraiseAdmitted(slot: number, claim: Claim, shape: Shape): Appraisal | undefined {
    const { appraiser, byResources, byWorld, world } = this;
    if (this.isEntangled(slot, claim, shape)) return appraiser.appraise(slot, claim, byWorld.for(shape));
    const found = appraiser.appraise(slot, claim, byResources.for(claim.demand));
    if (!found) return undefined;
    const gone = [...found.victims, ...found.awaited];
    return world.without(slot, gone, () => shape.admitsNow(slot)) ? found : undefined;
  }

  /**
   * Whether more than resources may depend on who of the residents goes: where not, the other constraints say the same whoever
   * goes, so that resources decide who has to.
   */
  isEntangled(slot: number, claim: Claim, { facts, isSociable }: Shape): boolean {
    const { staying, going } = this.rosters.of(slot);
    const { ports, volumes } = facts.footprint;
    if (ports.length > 0 && (staying.hasPorts || going.hasPorts)) return true;
    if (volumes && (staying.hasVolumes || going.hasVolumes)) return true;
    if (!isSociable) return false;
    const { lineup, start } = this.appraiser.candidates(slot, claim);
    for (let index = start; index < lineup.length; index++) if (isSocial(lineup.residents[index]!)) return true;
    return going.residents.some(isSocial);
  }
}

/** Whether somebody counts it, or it keeps somebody away. */
const isSocial = ({ footprint: { populations, terms } }: Resident): boolean =>
  populations.length > 0 || terms.length > 0;

/** Whether nothing but resources depends on who is in a slot, or in others. */
const isPlain = ({ facts: { footprint }, isSociable }: Shape): boolean =>
  !isSociable && footprint.ports.length === 0 && footprint.volumes === undefined;

/**
 * What the pods of one shape and priority could push out, kept up to date from the cell's order of change.
 *
 * For most shapes resources alone decide who has to go, and the best slot is the first of the table. For the others (host ports,
 * volumes, affinity, spread) the table says where resources allow it, and each slot of it that might be the best is asked anew,
 * since what is in other slots may have changed the answer.
 *
 * Owns: the table, up to which change it is true, and the last answer to a search.
 */
export class Outlook {
  readonly claim: Claim;
  readonly #vantage: Vantage;
  #table = new CostTable();
  #seen = NOTHING_SEEN;
  #coverageSeen = 0;
  #allowanceSeen = 0;
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
    this.#seen = NOTHING_SEEN;
    this.#searched = undefined;
  }

  /** The best there is. `shape` is always the same one. */
  best(shape: Shape): Appraisal | undefined {
    this.#catchUp(shape);
    if (!isPlain(shape)) return this.#recall(shape);
    const slot = this.#table.best;
    return slot < 0 ? undefined : this.#vantage.appraise(slot, this.claim, shape);
  }

  /** Whether there might be any: exact where resources alone decide, and where nothing has happened since the last search. */
  mayHave(shape: Shape): boolean {
    this.#catchUp(shape);
    if (this.#searched?.stamp === this.#stamp) return this.#searched.found !== undefined;
    return this.#table.best >= 0;
  }

  #catchUp(shape: Shape): void {
    const { budgets, rosters } = this.#vantage;
    if (this.#coverageSeen !== budgets.coverageVersion) this.clear();
    this.#coverageSeen = budgets.coverageVersion;
    if (this.#allowanceSeen !== budgets.allowanceVersion)
      for (const slot of [...this.#table.covered]) this.#look(slot, shape);
    this.#allowanceSeen = budgets.allowanceVersion;
    const { now } = rosters;
    if (now.cell === this.#seen.cell && now.times === this.#seen.times) return;
    rosters.changedSince(this.#seen, (slot) => this.#look(slot, shape));
    this.#seen = now;
  }

  #look(slot: number, shape: Shape): void {
    const { appraiser, byResources } = this.#vantage;
    const { claim } = this;
    const found = shape.admitsNode(slot) && appraiser.price(slot, claim, byResources.for(claim.demand));
    if (found) this.#table.set({ slot, cost: found.cost }, found.isCovered);
    else this.#table.delete(slot);
  }

  /** The last answer, while nothing has happened. */
  #recall(shape: Shape): Appraisal | undefined {
    const stamp = this.#stamp;
    if (this.#searched?.stamp !== stamp) this.#searched = { stamp, found: this.#search(shape) };
    return this.#searched.found;
  }

  /** Everything on which the answer to a search depends. */
  get #stamp(): string {
    const { world, budgets } = this.#vantage;
    const { cell, times } = this.#seen;
    return `${cell} ${times} ${budgets.allowanceVersion} ${world.bearingVersion} ${world.namespacesVersion}`;
  }

  #search(shape: Shape): Appraisal | undefined {
    let best: Appraisal | undefined;
    shape.prepare();
    for (const row of this.#table.rows()) {
      if (best && !this.#mayBeat(best, row, shape)) continue;
      const found = this.#vantage.appraiseAdmitted(row.slot, this.claim, shape);
      if (found && (!best || isBetter(found, best))) best = found;
    }
    return best;
  }

  /**
   * Other constraints can only make the victims' most important band a more important one. What they do to the rest of the cost is
   * not known where they bear on who has to go.
   */
  #mayBeat(best: Priced, row: Priced, shape: Shape): boolean {
    if (row.cost.band < best.cost.band) return false;
    return isBetter(row, best) || this.#vantage.isEntangled(row.slot, this.claim, shape);
  }
}
