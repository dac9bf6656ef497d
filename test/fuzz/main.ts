import { parseArgs } from 'node:util';
import { attack } from './attack.ts';
import { fuzzGrammars } from './grammar/run.ts';
import { TARGETS } from './scenery.ts';
import { masterProcess, residentBytes } from './target.ts';

/**
 * `npm run fuzz -- --seed N --seconds S`: attacks a master of its own. With `--minutes M` half of the time goes to everything else that
 * reads what others write: grammars of texts and documents, and both ends of the agents' protocol. Ends with 1 when something was found.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    minutes: { type: 'string' },
    /** With `--scripts 1`, the seed of a finding is sent again. */
    scripts: { type: 'string' },
    /** Only kinds of this plural. Seeds mean other scripts then. */
    only: { type: 'string' },
    /** Prints what the master logged. */
    log: { type: 'boolean', default: false },
  },
});

const say = (line: string) => console.log(line);
const seconds = values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 30;
if (values.minutes !== undefined && (await fuzzGrammars(Number(values.seed), seconds, say)).length > 0)
  process.exitCode = 1;

const resources = TARGETS.filter(({ plural }) => values.only === undefined || plural === values.only);
const target = await masterProcess();
try {
  const outcome = await attack(target, {
    resources,
    firstSeed: Number(values.seed),
    seconds,
    ...(values.scripts !== undefined && { scripts: Number(values.scripts) }),
    say,
  });
  const codes = [...outcome.codes].sort(([a], [b]) => a - b).map(([code, count]) => `${code}: ${count}`);
  console.log(`${outcome.scripts} scripts, ${outcome.requests} requests; answers ${codes.join(', ')}`);
  console.log(
    `slowest answer ${Math.round(outcome.slowest.ms)} ms, to ${outcome.slowest.shot.slice(0, 400)}\n${Math.round(residentBytes(target.program) / 2 ** 20)} MiB`,
  );
  if (values.log) console.log(target.program.stderr);
  for (const { seed, complaint } of outcome.findings) console.log(`found with seed ${seed}: ${complaint}`);
  if (outcome.findings.length > 0) process.exitCode = 1;
} finally {
  await target.stop();
}
