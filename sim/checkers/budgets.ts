import type { SeenObject } from '../history.ts';
import type { Checker, Report } from './checker.ts';
import { entryOf } from './entry.ts';
import { count, field, isDeleting, selects } from './fields.ts';
import { conditionOf, PODS, podOf } from './pods.ts';
import type { Change, SeenCell } from './seen-cell.ts';

const BUDGETS = 'policy/poddisruptionbudgets';
/** The master may judge by what it knew of the pods so long ago: a slow store holds up what the budget's status says of them. */
const LAG_MS = 45_000;
/** A pod is deleted so soon after it was marked as evicted; later, it was for another reason. */
const EVICTED_MS = 5_000;

interface Moment {
  readonly atMs: number;
  readonly healthy: number;
  readonly expected: number;
  /** Evictions until then. */
  readonly evicted: number;
}

interface Budget {
  readonly object: SeenObject;
  readonly healthy: Set<string>;
  /** Pods by the uid of their controller. */
  readonly owners: Map<string, { readonly pod: SeenObject; pods: number }>;
  /** Oldest first, as far back as the lag. */
  readonly moments: Moment[];
  evicted: number;
}

/**
 * Owns how many healthy pods each budget had of late. An eviction may take a pod while, at some moment of that time, enough healthy ones
 * were left after it and after all evictions since.
 */
export class Budgets implements Checker {
  private readonly budgets = new Map<string, Budget>();
  private readonly marked = new Map<string, number>();
  private readonly report: Report;
  private readonly cell: SeenCell;

  constructor(report: Report, cell: SeenCell) {
    this.report = report;
    this.cell = cell;
  }

  changed({ resource, key, before, after, atMs }: Change): void {
    if (resource === BUDGETS) this.budget(key, before, after, atMs);
    // How many are wanted follows from the controller: with the pods as they are, that is a moment of its own.
    if (resource.startsWith('apps/') && count(before, 'spec', 'replicas') !== count(after, 'spec', 'replicas')) {
      for (const [name, budget] of this.budgets) if (sameNamespace(name, key)) this.remember(budget, atMs);
    }
    if (resource !== PODS) return;
    const evicted = this.isEvicted(before, after, atMs);
    for (const [name, budget] of this.budgets) {
      if (!covers(budget.object, before) && !covers(budget.object, after)) continue;
      if (evicted && budget.healthy.has(podOf(before!).uid)) this.judge(name, budget, key, atMs);
      this.count(budget, before, after);
      this.remember(budget, atMs);
    }
  }

  private budget(key: string, before: SeenObject | undefined, after: SeenObject | undefined, atMs: number): void {
    const same = before && after && JSON.stringify(before.spec) === JSON.stringify(after.spec);
    if (same) return;
    this.budgets.delete(key);
    if (!after) return;
    const budget: Budget = { object: after, healthy: new Set(), owners: new Map(), moments: [], evicted: 0 };
    this.budgets.set(key, budget);
    for (const [, pod] of this.cell.all(PODS)) if (covers(after, pod)) this.count(budget, undefined, pod);
    this.remember(budget, atMs);
  }

  private isEvicted(before: SeenObject | undefined, after: SeenObject | undefined, atMs: number): boolean {
    if (!before) return false;
    const { uid } = podOf(before);
    const mark = conditionOf(after ?? before, 'DisruptionTarget');
    if (mark?.reason === 'EvictionByEvictionAPI' && !this.marked.has(uid)) this.marked.set(uid, atMs);
    const markedMs = this.marked.get(uid);
    if (!after) this.marked.delete(uid);
    const goes = !isDeleting(before) && (!after || isDeleting(after));
    return goes && markedMs !== undefined && atMs - markedMs <= EVICTED_MS;
  }

  private judge(name: string, budget: Budget, pod: string, atMs: number): void {
    budget.evicted += 1;
    const first = budget.moments[0];
    if (!first || first.atMs > atMs - LAG_MS) return;
    const left = ({ healthy, evicted }: Moment) => healthy - (budget.evicted - evicted);
    if (budget.moments.some((moment) => left(moment) >= wanted(budget.object, moment.expected))) return;
    const now = budget.moments.at(-1)!;
    this.report(
      atMs,
      `pod ${pod} was evicted, which leaves ${left(now)} healthy pods where the budget ${name} wants ${wanted(budget.object, now.expected)}`,
    );
  }

  private count(
    { object, healthy, owners }: Budget,
    before: SeenObject | undefined,
    after: SeenObject | undefined,
  ): void {
    for (const [pod, sign] of [[before, -1] as const, [after, 1] as const]) {
      if (!pod || !covers(object, pod)) continue;
      const { uid, owner, ready, deleting, over } = podOf(pod);
      const entry = entryOf(owners, owner?.uid ?? uid, () => ({ pod, pods: 0 }));
      entry.pods += sign;
      if (entry.pods <= 0) owners.delete(owner?.uid ?? uid);
      if (sign > 0 && ready && !deleting && !over) healthy.add(uid);
      else healthy.delete(uid);
    }
  }

  private remember({ moments, healthy, owners, evicted }: Budget, atMs: number): void {
    const expected = new Map([...owners.values()].map(({ pod }) => this.replicasFor(pod)));
    const sum = [...expected.values()].reduce((total, replicas) => total + replicas, 0);
    moments.push({ atMs, healthy: healthy.size, expected: sum, evicted });
    // What held before the window holds until the first change in it.
    while ((moments[1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs - LAG_MS) moments.shift();
  }

  /** The controller in the end, and the pods it is to have: of a Deployment those of all its ReplicaSets. */
  private replicasFor(pod: SeenObject): readonly [string, number] {
    const { owner, namespace, uid } = podOf(pod);
    if (!owner) return [uid, 1];
    const resource = `apps/${owner.kind.toLowerCase()}s`;
    const controller = this.cell.all(resource).get(`${namespace}/${owner.name}`);
    const above = controller && owner.kind === 'ReplicaSet' ? podOf(controller).owner : undefined;
    const deployment = above && this.cell.all('apps/deployments').get(`${namespace}/${above.name}`);
    return [above?.uid ?? owner.uid, count(deployment ?? controller, 'spec', 'replicas') ?? 0];
  }
}

const sameNamespace = (one: string, other: string): boolean => other.startsWith(one.slice(0, one.indexOf('/') + 1));

const covers = (budget: SeenObject, pod: SeenObject | undefined): boolean =>
  pod !== undefined &&
  podOf(pod).namespace === field(budget, 'metadata', 'namespace') &&
  selects(field(budget, 'spec', 'selector'), field(pod, 'metadata', 'labels'));

/** How many must stay healthy ("Specifying a Disruption Budget for your Application"). */
function wanted(budget: SeenObject, expected: number): number {
  const [least, most] = [field(budget, 'spec', 'minAvailable'), field(budget, 'spec', 'maxUnavailable')];
  if (least !== undefined) return part(least, expected);
  return most === undefined ? 0 : expected - part(most, expected);
}

/** Shares are rounded up. */
const part = (value: unknown, whole: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseFloat(String(value)) / 100) * whole);
