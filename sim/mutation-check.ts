import { Checkers } from './checkers/all.ts';
import type { Outside } from './command.ts';
import { MUTATIONS, type MutationName } from './mutations.ts';
import type { Options } from './options.ts';
import type { Mutation } from './planted/mutation.ts';
import { runSeed } from './run.ts';

/** Enough that machines are full, so that room matters. */
const PODS = 60;
/** Most bugs show soon, or never. */
const HOURS = 0.25;
const CALM_MINUTES = 20;

/** Plants one bug after the other; the exit code says whether each was found by whom it should. */
export async function runMutations(
  options: Options,
  names: readonly MutationName[],
  outside: Outside,
): Promise<number> {
  let missed = 0;
  for (const name of names) {
    const mutation: Mutation = MUTATIONS[name];
    const found = await seedThatFinds(options, mutation, (seed) => outside.progress(`${name}: seed ${seed}`));
    if (found) outside.print(`${name}: found by ${found.checker} with seed ${found.seed}: ${found.message}`);
    else
      outside.print(
        `${name}: NOT found within ${mutation.withinSeeds} seeds by any of ${mutation.caughtBy.join(', ')}`,
      );
    if (!found) missed += 1;
  }
  return missed > 0 ? 1 : 0;
}

async function seedThatFinds(options: Options, mutation: Mutation, progress: (seed: number) => void) {
  const pods = Math.max(options.pods, PODS);
  const hours = Math.min(options.hours, HOURS);
  const calmMinutes = mutation.calmMinutes ?? Math.min(options.calmMinutes, CALM_MINUTES);
  for (let seed = options.seed; seed < options.seed + mutation.withinSeeds; seed += 1) {
    progress(seed);
    const checkers = new Checkers();
    const sought = () => checkers.violations.find(({ checker }) => mutation.caughtBy.includes(checker));
    await runSeed({
      ...options,
      ...{ seed, pods, hours, calmMinutes, mutation, transcript: false },
      judge: () => checkers,
      enough: () => checkers.violations.length > 0 && sought() !== undefined,
    });
    const found = sought();
    if (found) return { ...found, seed };
  }
  return undefined;
}
