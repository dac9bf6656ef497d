import { runCommitPoints } from './commit-points/enumerate.ts';
import { runMutations } from './mutation-check.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { runSeeds } from './seeds.ts';

/** What a command needs of the real world. */
export interface Outside {
  /** Real milliseconds, for figures alone. */
  stopwatch(): number;
  /** Milliseconds of processor time that this process has used. */
  processorMs(): number;
  print(line: string): void;
  /** Of something that may be printed over. */
  progress(line: string): void;
}

/** Resolves with the exit code. */
export async function runCommand(args: readonly string[], outside: Outside): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    outside.print(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    outside.print(HELP);
    return 0;
  }
  if (options.mutations) return runMutations(options, options.mutations, outside);
  return options.commitPoints === undefined
    ? runSeeds(options, outside)
    : runCommitPoints({ scenario: options.commitPoints }, outside);
}
