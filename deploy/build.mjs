// Compiles the program into dist/, as the package carries it: JavaScript, and the files it reads at run time. `build.mjs clean`
// removes it again.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './setup/places.mjs';

const DIST = join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
if (process.argv[2] !== 'clean') {
  compile();
  copyAssets();
}

function compile() {
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const { status } = spawnSync(compiler, ['-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** What the program reads beside itself keeps its place relative to the code. */
function copyAssets() {
  cpSync(join(ROOT, 'deploy/examples'), join(DIST, 'deploy/examples'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'proto')).filter((each) => each.endsWith('.proto'))) {
    cpSync(join(ROOT, 'proto', name), join(DIST, 'proto', name));
  }
}
