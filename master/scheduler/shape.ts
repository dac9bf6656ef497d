import type { Compiled, Constraint, NodeTest, PodFacts, UseTest } from './constraints/constraint.ts';
import type { DomainClass } from './domain-classes.ts';
import { Domains } from './domains.ts';
import type { Footprint } from './footprint.ts';
import { Places, Ranking } from './ranking.ts';
import { type Fit, scoringPolicies } from './scoring/scoring.ts';
import type { World } from './world.ts';

/** The node object refuses the shape. */
const REFUSED = Number.NEGATIVE_INFINITY;
/** Never judged. */
const UNJUDGED = -1;

/** Pods with equal keys place alike: same constraints, same demand (Borg's equivalence classes, EuroSys'15 section 3.4). */
export function shapeKey(pod: PodFacts, world: World, constraints: readonly Constraint[]): string {
  let key: string = pod.scoring;
  for (const constraint of constraints) key += `\n${constraint.bearing(pod, world) ?? ''}`;
  return key;
}

/**
 * What the scheduler knows about placing one class of pods: which nodes take them and which is best. Kept up to date from the
 * cell's order of change, so asking costs in proportion to what changed, not to the cell.
 *
 * Owns: the verdict on each node object and its points, by version; the feasible slots, ranked, by class where pods in their
 * domains bear on them.
 */
export class Shape {
  readonly facts: PodFacts;
  readonly #world: World;
  readonly #compiled: readonly Compiled[];
  readonly #nodeTests: readonly NodeTest[];
  readonly #useTests: readonly UseTest[];
  readonly #worths: readonly NonNullable<Compiled['worth']>[];
  readonly #fit: Fit;
  #places = new Places();
  #ranking = new Ranking(this.#places);
  #domains: Domains | undefined;
  #classes: (DomainClass | undefined)[] = [];
  /** Two for each slot, which are always read together: the version of the node object judged, and its points. */
  #verdicts = new Float64Array(0);
  #seen = 0;
  #namespacesSeen: number;
  #formerVersions = 0;

  constructor(facts: PodFacts, world: World, constraints: readonly Constraint[]) {
    this.facts = facts;
    this.#world = world;
    this.#compiled = constraints.flatMap((constraint) => constraint.compile(facts, world) ?? []);
    this.#nodeTests = this.#compiled.flatMap(({ node }) => node ?? []);
    this.#useTests = this.#compiled.flatMap(({ use }) => use ?? []);
    this.#worths = this.#compiled.flatMap(({ worth }) => worth ?? []);
    this.#fit = scoringPolicies[facts.scoring].compile(world.cell, facts.footprint.demand);
    this.#domains = this.#freshDomains();
    this.#namespacesSeen = world.namespacesVersion;
  }

  /** Whether placing a pod somewhere can let one of this shape in elsewhere. */
  get isSociable(): boolean {
    return this.#domains?.hasConstraints ?? false;
  }

  /** Bytes kept for each slot, roughly. */
  get weight(): number {
    return 40 + 12 * this.#compiled.reduce((sum, { domains }) => sum + (domains?.length ?? 0), 0);
  }

  /** The best slot for one more pod of this shape, or -1. */
  best(): number {
    this.#catchUp();
    return this.#domains ? this.#domains.best() : this.#ranking.top;
  }

  /** The best of some slots only, or -1. */
  bestAmong(slots: readonly number[]): number {
    this.#catchUp();
    const open = slots.filter((slot) => this.#isOpen(slot));
    if (open.length <= 1) return open[0] ?? -1;
    if (this.#domains) return this.#domains.bestOf(open.map((slot) => ({ slot, domainClass: this.#classes[slot]! })));
    const better = (a: number, b: number) => {
      const difference = this.#ranking.scoreOf(a) - this.#ranking.scoreOf(b);
      return difference > 0 || (difference === 0 && a < b) ? a : b;
    };
    return open.reduce(better);
  }

  /** Every slot that takes a pod of this shape, in no particular order. A look at each. */
  feasible(): number[] {
    this.#catchUp();
    if (!this.#domains) return [...this.#ranking.members];
    return this.#domains.feasible();
  }

  /** The score of a slot among the feasible ones; nothing where it is not. For explanation and proof, not for speed. */
  scoreOf(slot: number): number | undefined {
    this.#catchUp();
    if (!this.#isOpen(slot)) return undefined;
    if (!this.#domains) return this.#ranking.scoreOf(slot);
    const domainClass = this.#classes[slot]!;
    return domainClass.ranking.scoreOf(slot) + this.#domains.pointsOf(domainClass);
  }

  /** Whether the node object itself, whatever is on it, takes pods of this shape. */
  admitsNode(slot: number): boolean {
    const node = this.#world.cell.node(slot);
    if (!node) return false;
    const at = 2 * slot;
    const isJudged = at < this.#verdicts.length && this.#verdicts[at] === this.#world.cell.versionAt(slot);
    return isJudged ? this.#verdicts[at + 1] !== REFUSED : this.#nodeTests.every((test) => test.admits(node, slot));
  }

  /** Whether the slot takes one more as its residents are at this very moment, also in answer to "what if". */
  admitsNow(slot: number): boolean {
    return (
      this.#useTests.every((test) => test.admits(slot)) &&
      (this.#domains === undefined || this.#domains.admitsNow(slot))
    );
  }

  /** Whether everything but resources admits one more, as its residents are at this very moment. */
  admitsButForRoom(slot: number): boolean {
    return (
      this.#useTests.every((test) => test.isOfRoom || test.admits(slot)) &&
      (this.#domains === undefined || this.#domains.admitsNow(slot))
    );
  }

  /** Whether anything but room depends on who is where. */
  get mindsResidents(): boolean {
    const { ports, volumes } = this.facts.footprint;
    return this.isSociable || ports.length > 0 || volumes !== undefined;
  }

  /** Whether anything but room may depend on where such pods are. */
  minds(residents: Footprint): boolean {
    const { ports, volumes } = this.facts.footprint;
    if (ports.length > 0 && residents.ports.length > 0) return true;
    if (volumes && residents.volumes) return true;
    return this.#domains?.counts(residents) ?? false;
  }

  /** Changes when what a slot's domains say to this shape may have changed for something that happened in another slot. */
  get domainsVersion(): number {
    return this.#formerVersions + (this.#domains?.version ?? 0);
  }

  /** Brings the counts of domains up to date, as `admitsNow` and `refusalsOf` want it when they are asked about many slots. */
  prepare(): void {
    this.#catchUp();
  }

  /** Why the slot takes none. The first refusal of the node itself; else everything that is short, and every domain's reason. */
  refusalsOf(slot: number): string[] {
    const node = this.#world.cell.node(slot);
    if (!node) return [];
    const refusing = this.#nodeTests.find((test) => !test.admits(node, slot));
    if (refusing) return [refusing.refusal(node, slot)];
    const short = this.#useTests.filter((test) => !test.admits(slot)).flatMap((test) => test.refusals(slot));
    return [...short, ...(this.#domains?.refusals(slot) ?? [])];
  }

  /** Every refusal there is, also those behind the first. */
  everyRefusalOf(slot: number): string[] {
    const node = this.#world.cell.node(slot);
    if (!node) return [];
    const refusing = this.#nodeTests.filter((test) => !test.admits(node, slot)).map((test) => test.refusal(node, slot));
    const short = this.#useTests.filter((test) => !test.admits(slot)).flatMap((test) => test.refusals(slot));
    return [...refusing, ...short, ...(this.#domains?.refusals(slot) ?? [])];
  }

  /** The shape is no longer asked. */
  release(): void {
    for (const compiled of this.#compiled) compiled.release?.();
  }

  #isOpen(slot: number): boolean {
    if (slot < 0 || !this.#places.holds(slot)) return false;
    return this.#domains === undefined || this.#domains.admits(this.#classes[slot]!);
  }

  #catchUp(): void {
    const { cell, namespacesVersion } = this.#world;
    if (this.#domains && (this.#domains.isOutgrown || this.#namespacesSeen !== namespacesVersion)) this.#startOver();
    const { now } = cell;
    if (this.#seen === now) return;
    cell.changedSince(this.#seen, (slot) => this.#judge(slot));
    this.#seen = now;
    if (this.#domains) this.#resettle(this.#domains);
  }

  #startOver(): void {
    this.#formerVersions = this.domainsVersion + 1;
    this.#places = new Places();
    this.#ranking = new Ranking(this.#places);
    this.#domains = this.#freshDomains();
    this.#classes = [];
    this.#verdicts.fill(UNJUDGED);
    this.#seen = 0;
    this.#namespacesSeen = this.#world.namespacesVersion;
  }

  #freshDomains(): Domains | undefined {
    const rules = this.#compiled.flatMap(({ domains }) => domains ?? []);
    return rules.length > 0 ? new Domains(rules, this.#world.topology, this.#places) : undefined;
  }

  #judge(slot: number): void {
    this.#places.ensure(slot);
    const points = this.#pointsOfNode(slot);
    this.#domains?.refresh(slot);
    const score = points !== REFUSED && this.#hasRoom(slot) ? points + this.#fit(slot) : REFUSED;
    this.#rank(slot, score);
  }

  #hasRoom(slot: number): boolean {
    for (const test of this.#useTests) if (!test.admits(slot)) return false;
    return true;
  }

  #rank(slot: number, score: number): void {
    const isIn = this.#places.holds(slot);
    const before = this.#domains ? this.#classes[slot] : undefined;
    const next = this.#domains && score !== REFUSED ? this.#domains.classOf(slot) : undefined;
    if (isIn && (score === REFUSED || before !== next)) (before?.ranking ?? this.#ranking).leave(slot);
    if (this.#domains) this.#classes[slot] = next;
    if (score === REFUSED) return;
    const ranking = next?.ranking ?? this.#ranking;
    if (isIn && before === next) ranking.rescore(slot, score);
    else ranking.enter(slot, score);
  }

  /** What happened in one slot has changed the class of others. */
  #resettle(domains: Domains): void {
    for (const slot of domains.disturbed.splice(0)) {
      if (this.#places.holds(slot)) this.#rank(slot, this.#classes[slot]!.ranking.scoreOf(slot));
    }
  }

  #pointsOfNode(slot: number): number {
    const version = this.#world.cell.versionAt(slot);
    const at = 2 * slot;
    if (at >= this.#verdicts.length) this.#grow(at + 2);
    if (this.#verdicts[at] === version) return this.#verdicts[at + 1]!;
    const node = this.#world.cell.node(slot);
    this.#domains?.setNode(slot, node);
    let points = REFUSED;
    if (node && this.#nodeTests.every((test) => test.admits(node, slot))) {
      points = 0;
      for (const worth of this.#worths) points += worth(node, slot);
    }
    this.#verdicts[at] = version;
    this.#verdicts[at + 1] = points;
    return points;
  }

  #grow(size: number): void {
    const verdicts = new Float64Array(Math.max(128, 2 * size)).fill(UNJUDGED);
    verdicts.set(this.#verdicts);
    this.#verdicts = verdicts;
  }
}
