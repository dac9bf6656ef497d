import type { Outside } from '../command.ts';
import { disturbed, type Point, type PointFailure, undisturbed } from './commit-points.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface EnumerationOptions {
  /** By name, or `all`. */
  readonly scenario: string;
}

/** Every point of every scenario; the exit code. */
export async function runCommitPoints({ scenario: name }: EnumerationOptions, outside: Outside): Promise<number> {
  const chosen = SCENARIOS.filter((one) => name === 'all' || one.name === name);
  if (chosen.length === 0) {
    outside.print(`there is no scenario ${name}: known are ${SCENARIOS.map((one) => one.name).join(', ')}`);
    return 2;
  }
  let failed = 0;
  for (const scenario of chosen) {
    const startMs = outside.stopwatch();
    const { points, failures } = await enumerate(scenario, (done, all) =>
      outside.progress(`${scenario.name}: ${done} of ${all} points`),
    );
    const tookS = (outside.stopwatch() - startMs) / 1000;
    outside.print(
      `${scenario.name}: ${points} points, ${failures.length} with another outcome, in ${tookS.toFixed(1)} s`,
    );
    for (const failure of failures) outside.print(wordsOf(failure));
    failed += failures.length;
  }
  return failed > 0 ? 1 : 0;
}

/** `take`: which of the points; default all. */
export async function enumerate(
  scenario: Scenario,
  progress: (done: number, all: number) => void = () => {},
  take: (point: Point) => boolean = () => true,
): Promise<{ points: number; failures: PointFailure[] }> {
  const expected = await undisturbed(scenario);
  const numbers = Array.from({ length: expected.commits }, (_, i) => i + 1);
  const points = numbers
    .flatMap((commit): Point[] => [
      { commit, when: 'before' },
      { commit, when: 'after' },
    ])
    .filter(take);
  const failures: PointFailure[] = [];
  for (const [done, point] of points.entries()) {
    progress(done, points.length);
    const failure = await disturbed(scenario, expected, point);
    if (failure) failures.push(failure);
  }
  return { points: points.length, failures };
}

const MOST_LINES = 6;

export function wordsOf({ scenario, point, differences }: PointFailure): string {
  const lines = differences.slice(0, MOST_LINES).map((line) => `    ${line.slice(0, 600)}`);
  return [`  ${scenario}, killed ${point.when} commit ${point.commit}:`, ...lines].join('\n');
}
