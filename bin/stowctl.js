#!/usr/bin/env node
// Starts stowctl on Node.js 24: the running one if it is new enough, else the one that the `node` package brings along. Runs
// the compiled program, or, in a checkout, its source. Plain JavaScript, since any Node.js must be able to read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const NEEDED_MAJOR = 24;
const source = new URL('../cell/stowctl.ts', import.meta.url);
const compiled = new URL('../dist/cell/stowctl.js', import.meta.url);
const program = existsSync(source) ? source : compiled;

if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) {
  // Before anything is loaded: it halves the start-up time.
  nodeModule.enableCompileCache();
  await import(program.href);
} else {
  runWith(bundledNode(), [fileURLToPath(program), ...process.argv.slice(2)]);
}

function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node');
  } catch {
    process.stderr.write(
      `stowctl: Node.js ${NEEDED_MAJOR} or newer is needed, and this is ${process.versions.node}: install it, or the npm package node@${NEEDED_MAJOR}\n`,
    );
    process.exit(1);
  }
}

/** Runs the program in place of this one as far as that goes: same input and output, signals passed on, same end. */
function runWith(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`stowctl: cannot run ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
