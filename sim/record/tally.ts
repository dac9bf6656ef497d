import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** How much was simulated without a broken promise, over all runs that were counted. */
export interface Tally {
  readonly seeds: number;
  readonly simulatedHours: number;
  readonly events: number;
  readonly faults: number;
}

export function readTally(file: string): Tally {
  if (!existsSync(file)) return { seeds: 0, simulatedHours: 0, events: 0, faults: 0 };
  return JSON.parse(readFileSync(file, 'utf8')) as Tally;
}

/** One more seed, which broke no promise. */
export function addToTally(
  file: string,
  run: { readonly simulatedMs: number; readonly events: number; readonly faults: ReadonlyMap<string, number> },
): void {
  const before = readTally(file);
  const faults = [...run.faults.values()].reduce((sum, count) => sum + count, 0);
  const tally: Tally = {
    seeds: before.seeds + 1,
    simulatedHours: Number((before.simulatedHours + run.simulatedMs / 3_600_000).toFixed(2)),
    events: before.events + run.events,
    faults: before.faults + faults,
  };
  writeFileSync(file, `${JSON.stringify(tally, undefined, 2)}\n`);
}
