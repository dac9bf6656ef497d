import type { BandPolicy } from '../../../api/stowage/scheduling-policy.ts';
import type { Budgets } from '../budgets.ts';
import type { PendingPod } from '../pending.ts';
import type { Eviction } from '../preemption.ts';
import type { World } from '../world.ts';
import type { Candidate } from './remedies.ts';

/**
 * Why a namespace may not have the pod in a band, in words that go on after "but"; nothing when it may.
 */
export type QuotaRoom = (namespace: string, band: BandPolicy['name'], pod: PendingPod['pod']) => string | undefined;

/** What it takes to know whom a pod would push out, were it as important as is said. */
export interface Importance {
  /** From the most important to the least. */
  readonly bands: readonly BandPolicy[];
  readonly budgets: Budgets;
  /** Who would have to go for the pod. */
  readonly find: (pending: PendingPod) => Eviction | undefined;
  readonly quotaRoom?: QuotaRoom | undefined;
}

const HIGHEST_PRIORITY = 2 ** 31 - 1;
/** The band of what watches over the cell is nobody's remedy. */
const NOT_OFFERED = 'monitoring';
const ALLOWED = 'its preemptionPolicy were not Never';

/** What waiting, or being more important, would do for a pod that fits nowhere. */
export function preempting(pending: PendingPod, importance: Importance, world: World): Candidate[] {
  const mayPreempt = pending.pod.spec?.preemptionPolicy !== 'Never';
  const asIfAllowed = mayPreempt ? pending : willing(pending);
  const now = importance.find(asIfAllowed);
  if (now && isOver(now)) return [afterwards(now, world)];
  if (now) return mayPreempt ? [] : [unlessNever(now, importance, world)];
  const found = ifMoreImportant(asIfAllowed, importance, world, mayPreempt ? '' : ` and ${ALLOWED}`);
  return found ? [found] : [];
}

function willing(pending: PendingPod): PendingPod {
  const spec = { ...pending.pod.spec!, preemptionPolicy: 'PreemptLowerPriority' as const };
  return { ...pending, pod: { ...pending.pod, spec } };
}

/** Whether all who are in the way are on their way out. */
const isOver = ({ victims }: Eviction): boolean => victims.every(({ footprint }) => footprint.leaving);

function afterwards({ slot, victims }: Eviction, { cell }: World): Candidate {
  const pods =
    victims.length === 1 ? '1 pod that is being deleted is' : `${victims.length} pods that are being deleted are`;
  return { text: `fits on ${cell.nameAt(slot)} when ${pods} gone`, nodes: 1, cost: 0 };
}

function unlessNever(eviction: Eviction, importance: Importance, world: World): Candidate {
  const but = objections(eviction, importance);
  return candidate(eviction, importance, world, `if ${ALLOWED}`, but);
}

/**
 * The least importance that would do. Whoever is as important as may be pushes out the least important pods that will do; so who
 * those are tells how important one has to be, and it is tried with just that.
 */
function ifMoreImportant(
  pending: PendingPod,
  importance: Importance,
  world: World,
  also: string,
): Candidate | undefined {
  const { bands, find, quotaRoom } = importance;
  const ceiling = bands.find(({ name }) => name === NOT_OFFERED)?.minPriority ?? HIGHEST_PRIORITY;
  const own = rankOf(pending.priority, bands);
  const mayRise =
    pending.priority < ceiling - 1 && (bands[own]?.preemptsWithin || bands[own - 1]?.name !== NOT_OFFERED);
  const highest = mayRise ? find({ ...pending, priority: ceiling - 1 }) : undefined;
  if (!highest) return undefined;
  const staying = highest.victims.filter(({ footprint }) => !footprint.leaving);
  if (staying.length === 0) return afterwards(highest, world);
  const priority = priorityOver(Math.max(...staying.map((victim) => victim.priority)), bands);
  const eviction = find({ ...pending, priority, pins: [world.cell.nameAt(highest.slot)] });
  if (!eviction) return undefined;
  const band = bands[rankOf(priority, bands)]!;
  const quota = band === bands[own] ? undefined : quotaRoom?.(pending.namespace, band.name, pending.pod);
  const but = [...objections(eviction, importance), ...(quota === undefined ? [] : [quota])];
  return candidate(eviction, importance, world, conditionText(priority, band, bands[own]!) + also, but);
}

const rankOf = (priority: number, bands: readonly BandPolicy[]): number => {
  const rank = bands.findIndex(({ minPriority }) => priority >= minPriority);
  return rank < 0 ? bands.length - 1 : rank;
};

/** The lowest priority that may push out one of this priority. */
function priorityOver(victim: number, bands: readonly BandPolicy[]): number {
  const rank = rankOf(victim, bands);
  return bands[rank]!.preemptsWithin || rank === 0 ? victim + 1 : bands[rank - 1]!.minPriority;
}

function conditionText(priority: number, band: BandPolicy, own: BandPolicy): string {
  if (band === own) return `if its priority were ${priority}`;
  const least = priority > band.minPriority ? `, with a priority of ${priority}` : '';
  return `if it were in the ${band.name} band${least}`;
}

/** Where something speaks against it, other remedies come first. */
function candidate(
  eviction: Eviction,
  importance: Importance,
  world: World,
  condition: string,
  but: readonly string[],
): Candidate {
  const objection = but.length > 0 ? `, but ${but.join(' and ')}` : '';
  const text = `would preempt ${victimsText(eviction, importance, world)} ${condition}${objection}`;
  return { text, nodes: 1, cost: but.length > 0 ? 5 : 2.5 };
}

/** `2 batch pods on node-7`. */
function victimsText({ slot, victims }: Eviction, { bands }: Importance, { cell }: World): string {
  const counts = new Map<string, number>();
  for (const { priority, footprint } of victims) {
    if (footprint.leaving) continue;
    const band = bands.find(({ minPriority }) => priority >= minPriority)?.name ?? 'free';
    counts.set(band, (counts.get(band) ?? 0) + 1);
  }
  const pods = [...counts].map(([band, count]) => `${count} ${band} pod${count === 1 ? '' : 's'}`).join(' and ');
  return `${pods} on ${cell.nameAt(slot)}`;
}

/** Disruption budgets that it would break: preemption does so only where there is no other way. */
function objections({ victims }: Eviction, { budgets }: Importance): string[] {
  const goingBy = new Map<string, { going: number; allowed: number }>();
  for (const { footprint, held } of victims) {
    if (held || footprint.leaving) continue;
    for (const { name, allowed } of budgets.covering(footprint)) {
      const key = `${footprint.namespace}/${name}`;
      goingBy.set(key, { going: (goingBy.get(key)?.going ?? 0) + 1, allowed });
    }
  }
  const broken = [...goingBy].filter(([, { going, allowed }]) => going > allowed).map(([name]) => name);
  if (broken.length === 0) return [];
  return [`that would break the disruption budget${broken.length > 1 ? 's' : ''} ${broken.join(' and ')}`];
}
