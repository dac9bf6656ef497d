// Prepares this machine for `npm start` or `npm test`: `node deploy/setup.mjs start|test`. Plain JavaScript without dependencies,
// since it runs before there are any, on Node.js 20 or newer. What is there already is left alone, so that it may run every time.
import { installDependencies } from './setup/dependencies.mjs';
import { Failure, say } from './setup/speech.mjs';
import { prepareForStart } from './setup/start.mjs';
import { prepareForTest } from './setup/test.mjs';

const PREPARATIONS = { start: prepareForStart, test: prepareForTest };
const OLDEST_NODE = 20;

async function main(what) {
  const prepare = PREPARATIONS[what];
  if (!prepare)
    throw new Failure('say what to prepare for: `node deploy/setup.mjs start` or `node deploy/setup.mjs test`');
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE)
    throw new Failure(`Node.js ${OLDEST_NODE} or newer is needed, and this is ${process.versions.node}`);
  await installDependencies();
  await prepare();
}

try {
  await main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  say(error.message);
  process.exitCode = 1;
}
