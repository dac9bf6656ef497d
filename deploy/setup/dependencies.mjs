import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './places.mjs';
import { run } from './run.mjs';
import { Failure, say } from './speech.mjs';

/** Inside node_modules, so that it goes when they go. */
const STAMP = join(ROOT, 'node_modules', '.stowage-lockfile');

/** Installs the npm dependencies exactly as the lockfile says, unless that was done for this very lockfile. */
export async function installDependencies() {
  const lockfile = readFileSync(join(ROOT, 'package-lock.json'));
  const hash = createHash('sha256').update(lockfile).digest('hex');
  if (installedFrom() === hash || installedByHand(lockfile)) return;
  say('installing npm dependencies from the lockfile');
  const { code } = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) throw new Failure('npm ci did not succeed: see above for what it said');
  writeFileSync(STAMP, `${hash}\n`);
}

function installedFrom() {
  try {
    return readFileSync(STAMP, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** True when `npm ci` or `npm install` already made node_modules from this lockfile: npm's own record lists the same packages. */
function installedByHand(lockfile) {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(STAMP) || !existsSync(record)) return false;
  const wanted = JSON.parse(lockfile).packages;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || present[path]?.version === version || (optional && !present[path]),
  );
}

/** The npm that started this script, else the one on PATH. */
export function npm(args, options) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js') && existsSync(cli)
    ? run(process.execPath, [cli, ...args], { cwd: ROOT, ...options })
    : run('npm', args, { cwd: ROOT, ...options });
}
