import { parseArgs } from 'node:util';
import { FAULT_NAMES, type FaultName } from './faults/faults.ts';
import { MUTATION_NAMES, type MutationName } from './mutations.ts';

/** What a simulation is asked for on the command line. */
export interface Options {
  readonly seed: number;
  readonly seeds: number;
  readonly hours: number;
  readonly calmMinutes: number;
  readonly nodes: number;
  readonly masters: number;
  readonly users: number;
  readonly pods: number;
  readonly faults: readonly FaultName[];
  readonly mostFaults?: number;
  readonly mostEvents?: number;
  /** Begins no further seed after so long, in real time. */
  readonly seconds?: number;
  readonly commitPoints?: string;
  /** Names of planted bugs, or `all`. */
  readonly mutations?: readonly MutationName[];
  readonly transcript?: string;
  /** Where figures of this run are added to those of earlier ones. */
  readonly tally?: string;
  readonly help: boolean;
}

export const HELP = `npm run sim -- [options]

Runs a whole cell (masters, agents, users) under simulated time, network, store and engines, with faults drawn from a seed, and judges what
was seen of it. The same seed and options replay the same run to the last event.

  --seed S            the first seed (1)
  --seeds COUNT       so many seeds, one after the other (1)
  --seconds T         begin no further seed after T real seconds
  --hours H           hours of trouble in each run (0.25)
  --calm MINUTES      then nothing is disturbed any more, and within this time all must be as declared (30)
  --nodes N           machines (5)
  --masters M         masters (2)
  --users U           users at work (4)
  --pods P            a load of P pods from the start (0)
  --faults SET        all, none, or a list with commas (all):
${FAULT_NAMES.map((name) => `                      ${name}`).join('\n')}
  --most-faults K     only the first K faults that the seed draws
  --events E          stop at event E
  --transcript FILE   write down all that happened
  --tally FILE        add simulated hours and seeds to those in FILE
  --commit-points [SCENARIO]
                      kill the master right before and right after each of its commits, in each scenario or the named one, and compare
                      what comes of it with an undisturbed run

  --mutations SET     plant a bug and see that the checkers find it: all, or a list of
${MUTATION_NAMES.map((name) => `                      ${name}`).join('\n')}

Prints figures, and as its last line \`events N hash H\`. Exits with 1 when a promise was broken, after the seed, the commit, the fewest
faults that still break it and the path of a transcript; with 2 for options it does not know.
`;

/** Throws a sentence about an option that means nothing. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    // A scenario is not needed.
    args: args.flatMap((arg, i) =>
      arg === '--commit-points' && (args[i + 1] ?? '--').startsWith('--') ? [`${arg}=all`] : [arg],
    ),
    options: {
      ...{
        seed: text,
        seeds: text,
        seconds: text,
        hours: text,
        calm: text,
        nodes: text,
        masters: text,
        users: text,
        pods: text,
      },
      ...{
        faults: text,
        'most-faults': text,
        events: text,
        transcript: text,
        tally: text,
        'commit-points': text,
        mutations: text,
      },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const number = (name: Exclude<keyof typeof values, 'help'>): number | undefined => {
    const value = values[name];
    if (value === undefined) return undefined;
    const read = Number(value);
    if (Number.isNaN(read) || read < 0) throw new Error(`--${name} is ${value}: a number of 0 or more is wanted`);
    return read;
  };
  return {
    seed: number('seed') ?? 1,
    seeds: number('seeds') ?? 1,
    seconds: number('seconds'),
    hours: number('hours') ?? 0.25,
    calmMinutes: number('calm') ?? 30,
    nodes: number('nodes') ?? 5,
    masters: number('masters') ?? 2,
    users: number('users') ?? 4,
    pods: number('pods') ?? 0,
    faults: chosen(values.faults ?? 'all', FAULT_NAMES, 'faults'),
    mostFaults: number('most-faults'),
    mostEvents: number('events'),
    mutations: values.mutations === undefined ? undefined : chosen(values.mutations, MUTATION_NAMES, 'mutations'),
    transcript: values.transcript,
    tally: values.tally,
    commitPoints: values['commit-points'],
    help: values.help ?? false,
  };
}

/** A set of names: `all`, `none`, or a list with commas. */
function chosen<Name extends string>(set: string, known: readonly Name[], option: string): readonly Name[] {
  if (set === 'all') return known;
  if (set === 'none') return [];
  const names = set.split(',');
  const unknown = names.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`--${option} names ${unknown}: known are ${known.join(', ')}`);
  return names as Name[];
}
