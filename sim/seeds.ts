import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checkers } from './checkers/all.ts';
import type { Outside } from './command.ts';
import { FAULT_NAMES, type FaultName } from './faults/faults.ts';
import type { Options } from './options.ts';
import type { Occasion } from './record/occasions.ts';
import { addToTally } from './record/tally.ts';
import { type RunOptions, type RunResult, runSeed } from './run.ts';

const HOUR_MS = 3_600_000;
const MOST_VIOLATIONS = 10;

/** Owns how often each of some things happened. */
class Counts<Name extends string> {
  readonly #counts = new Map<Name, number>();

  add(more: ReadonlyMap<Name, number>): void {
    for (const [name, count] of more) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  toString(): string {
    const sorted = [...this.#counts].sort(([, a], [, b]) => b - a);
    return sorted.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
  }
}

/** Runs one seed after the other until one breaks a promise; the exit code. */
export async function runSeeds(options: Options, outside: Outside): Promise<number> {
  const { print, stopwatch, processorMs } = outside;
  const startMs = stopwatch();
  const usedMs = processorMs();
  const total = {
    seeds: 0,
    simulatedMs: 0,
    events: 0,
    calls: 0,
    faults: new Counts<FaultName>(),
    occasions: new Counts<Occasion>(),
  };
  let last: RunResult | undefined;
  for (let seed = options.seed; seed < options.seed + options.seeds; seed += 1) {
    const tookS = (stopwatch() - startMs) / 1000;
    if (options.seconds !== undefined && total.seeds > 0 && tookS >= options.seconds) break;
    const result = await runSeed(runOptions(options, seed, outside));
    last = result;
    total.seeds += 1;
    total.simulatedMs += result.simulatedMs;
    total.events += result.events;
    total.calls += result.calls;
    total.faults.add(result.faults);
    total.occasions.add(result.occasions);
    for (const { atMs, host, message } of result.complaints.slice(0, MOST_VIOLATIONS))
      print(`seed ${seed}: ${host} complained at ${(atMs / 1000).toFixed(1)} s: ${message.slice(0, 1_000)}`);
    if (result.violations.length > 0) {
      await tellFailure(options, seed, result, outside);
      print(`events ${result.events} hash ${result.hash}`);
      return 1;
    }
    if (options.tally) addToTally(options.tally, result);
  }
  const tookMs = stopwatch() - startMs;
  const cpuMs = processorMs() - usedMs;
  print(
    `${total.seeds} seeds, ${(total.simulatedMs / HOUR_MS).toFixed(1)} simulated hours in ${(tookMs / 1000).toFixed(1)} s`,
  );
  print(
    `  ${(total.simulatedMs / tookMs).toFixed(0)} times real time, ${((60_000 * total.seeds) / tookMs).toFixed(1)} seeds a minute`,
  );
  print(`  ${(total.simulatedMs / cpuMs).toFixed(0)} times the processor time of ${(cpuMs / 1000).toFixed(1)} s`);
  print(`  ${total.calls} calls of users, ${total.events} events, no promise broken`);
  print(`  faults: ${total.faults}`);
  print(`  among what happened: ${total.occasions}`);
  if (last && options.transcript) writeFileSync(options.transcript, last.transcript.lines.join('\n'));
  print(`events ${last?.events} hash ${last?.hash}`);
  return 0;
}

function runOptions(options: Options, seed: number, { progress }: Outside): RunOptions {
  return {
    ...options,
    seed,
    transcript: options.transcript !== undefined,
    judge: () => new Checkers(),
    progress: (share) => progress(`seed ${seed}: ${(100 * share).toFixed(0)} %`),
  };
}

/** Says what was broken, and looks for the fewest faults that still break it. */
async function tellFailure(options: Options, seed: number, failed: RunResult, outside: Outside): Promise<void> {
  const { print } = outside;
  print(`seed ${seed}, commit ${commitOf()}: a promise was broken`);
  for (const { checker, message } of failed.violations.slice(0, MOST_VIOLATIONS)) print(`  ${checker}: ${message}`);
  const checkers = new Set(failed.violations.map(({ checker }) => checker));
  const breaks = ({ violations }: Pick<RunResult, 'violations'>) =>
    violations.some(({ checker }) => checkers.has(checker));
  const again = (mostFaults: number, transcript = false) => {
    const judge = new Checkers();
    const enough = () => judge.violations.length > 0 && breaks(judge);
    return runSeed({ ...runOptions(options, seed, outside), mostFaults, transcript, enough, judge: () => judge });
  };
  let [least, most] = [0, Math.min(failed.drawn, options.mostFaults ?? failed.drawn)];
  while (least < most) {
    const middle = (least + most) >>> 1;
    if (breaks(await again(middle))) most = middle;
    else least = middle + 1;
  }
  const shortest = await again(most, true);
  const path = options.transcript ?? join(tmpdir(), `stowage-sim-${seed}.txt`);
  writeFileSync(path, shortest.transcript.lines.join('\n'));
  print(
    `  it takes the first ${most} of its ${failed.drawn} faults, and shows by event ${shortest.events} of that run:`,
  );
  print(`    npm run sim -- ${[...argumentsOf(options, seed), '--most-faults', most].join(' ')}`);
  for (const { checker, message } of shortest.violations.slice(0, 3)) print(`  then ${checker}: ${message}`);
  print(`  what happened is in ${path}`);
}

/** What makes this run out of the options; the rest has no bearing on it. */
function argumentsOf(options: Options, seed: number): readonly (string | number)[] {
  const { hours, calmMinutes, nodes, masters, users, pods, faults } = options;
  const all = faults.length === FAULT_NAMES.length;
  return [
    ...['--seed', seed, '--hours', hours, '--calm', calmMinutes, '--nodes', nodes, '--masters', masters],
    ...['--users', users, '--pods', pods, '--faults', all ? 'all' : faults.join(',') || 'none'],
  ];
}

function commitOf(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return 'unknown';
  }
}
