import { ABSENT, type DomainPreference, type Ruled, totalIn } from './domain-rules.ts';

/** Weights of the two in the score (docs/SCHEDULING.md). */
const WORTH_WEIGHT = 2;
const EVENLY_WEIGHT = 2;

type Worth = Ruled<Extract<DomainPreference, { type: 'worth' }>>;
type Evenly = Ruled<Extract<DomainPreference, { type: 'evenly' }>>;

/** Points of the preferences for each of some classes, by their keys, which together hold all feasible nodes. */
export function preferencePoints(
  preferences: readonly Ruled<DomainPreference>[],
  keys: readonly Int32Array[],
): Float64Array {
  const points = new Float64Array(keys.length);
  addWorth(preferences.filter(isWorth), keys, points);
  addEvenness(preferences.filter(isEvenly), keys, points);
  return points;
}

const isWorth = (ruled: Ruled<DomainPreference>): ruled is Worth => ruled.rule.type === 'worth';
const isEvenly = (ruled: Ruled<DomainPreference>): ruled is Evenly => ruled.rule.type === 'evenly';

function addWorth(worths: readonly Worth[], keys: readonly Int32Array[], points: Float64Array): void {
  if (worths.length === 0) return;
  const raw = keys.map((key) =>
    worths.reduce((sum, ruled) => sum + ruled.rule.weight * Math.max(0, totalIn(ruled, key)), 0),
  );
  const [least, most] = extremes(raw);
  if (most === least) return;
  raw.forEach((worth, index) => {
    points[index] = points[index]! + (WORTH_WEIGHT * 100 * (worth - least)) / (most - least);
  });
}

function addEvenness(rules: readonly Evenly[], keys: readonly Int32Array[], points: Float64Array): void {
  if (rules.length === 0) return;
  const crowding = keys.map((key) => crowdingOf(rules, key));
  const [least, most] = extremes(crowding.filter((value) => value !== undefined));
  crowding.forEach((value, index) => {
    if (value === undefined) return;
    const share = most === 0 ? 1 : (most + least - value) / most;
    points[index] = points[index]! + EVENLY_WEIGHT * 100 * share;
  });
}

/** Kubernetes' score for `ScheduleAnyway` (docs/SCHEDULING.md, "spread"), before it is turned round; nothing where a key lacks. */
function crowdingOf(rules: readonly Evenly[], key: Int32Array): number | undefined {
  let sum = 0;
  for (const ruled of rules) {
    const total = totalIn(ruled, key);
    if (total === ABSENT) return undefined;
    sum += total * Math.log(ruled.tally.domains + 2) + (ruled.rule.maxSkew - 1);
  }
  return sum;
}

function extremes(values: readonly number[]): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}
