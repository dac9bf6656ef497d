import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROMISES } from './checkers/all.ts';
import { FAULT_NAMES } from './faults/faults.ts';
import { MUTATIONS } from './mutations.ts';
import type { MutationTable } from './planted/mutation.ts';
import { readTally } from './record/tally.ts';
import { REGRESSIONS } from './regressions.ts';

/**
 * Writes the generated parts of docs/RELIABILITY.md: `node sim/reliability.ts [TALLY]`, where TALLY is the file that runs of
 * `npm run sim -- --tally TALLY` have added to. Without it the figures stay as they are.
 */

const PAGE = join(import.meta.dirname, '..', 'docs', 'RELIABILITY.md');

/** Puts lines between the marks of a part. */
function fill(page: string, part: string, lines: readonly string[]): string {
  const [from, to] = [`<!-- ${part} -->`, `<!-- end of ${part} -->`];
  const [before, rest] = page.split(from);
  const after = rest?.split(to)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} lacks the marks ${from} and ${to}`);
  return `${before}${from}\n${lines.join('\n')}\n${to}${after}`;
}

const promises = PROMISES.map(({ name, promise }) => `| ${name} | ${promise} |`);
const planted = Object.entries(MUTATIONS as MutationTable).map(
  ([name, { bug, caughtBy, withinSeeds }]) => `| \`${name}\` | ${bug} | ${caughtBy.join(', ')} | ${withinSeeds} |`,
);

let page = readFileSync(PAGE, 'utf8');
page = fill(page, 'promises', ['| checker | promise |', '|---|---|', ...promises]);
page = fill(page, 'faults', [FAULT_NAMES.map((name) => `\`${name}\``).join(', ')]);
page = fill(page, 'planted bugs', ['| name | bug | found by | within seeds |', '|---|---|---|---|', ...planted]);
page = fill(
  page,
  'regressions',
  REGRESSIONS.length > 0 ? REGRESSIONS.map(({ found }) => `- ${found}`) : ['None so far.'],
);
const [tallyFile] = process.argv.slice(2);
if (tallyFile !== undefined) {
  const { seeds, simulatedHours, events, faults } = readTally(tallyFile);
  const figures = `${seeds} seeds, ${simulatedHours} simulated hours, ${faults} faults, ${events} events: no promise broken.`;
  page = fill(page, 'figures', [figures]);
}
writeFileSync(PAGE, page);
