import { parseArgs } from 'node:util';
import { crash } from './crash.ts';

/** `npm run crash -- --kills N --seed S`: ends with 1 when an acknowledged commit was lost, or one was torn. */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
});

const began = performance.now();
const outcome = await crash(Number(values.kills), Number(values.seed), (line) => console.log(line));
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(
  `${outcome.kills} kills in ${seconds} s; ${outcome.acknowledged} acknowledged commits, all kept: ${outcome.faults.length === 0}; ` +
    `${outcome.unacknowledged} were kept before anybody was told; slowest opening ${Math.round(outcome.slowestOpenMs)} ms`,
);
for (const fault of outcome.faults) console.log(`BROKEN ${fault}`);
if (outcome.faults.length > 0) process.exitCode = 1;
