import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where daemons and what they call are kept; `su` and some containers leave it off root's PATH. */
const DAEMON_DIRS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The environment with every place of programs on PATH. */
export const fullEnvironment = () => {
  const dirs = [...(process.env.PATH ?? '').split(delimiter), ...DAEMON_DIRS].filter(Boolean);
  return { ...process.env, PATH: [...new Set(dirs)].join(delimiter) };
};

/** Runs a command to its end. `quiet` keeps what it prints; else it goes to standard error. Resolves with the code and output. */
export function run(command, args, { quiet = false, env = fullEnvironment(), cwd } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', quiet ? 'pipe' : process.stderr, quiet ? 'pipe' : 2],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

/** True when the command ends with 0; what it prints is dropped. */
export const succeeds = (command, args) =>
  spawnSync(command, args, { stdio: 'ignore', env: fullEnvironment() }).status === 0;

/** Full path of a program, looked for on PATH and where daemons are kept. */
export function which(name) {
  return fullEnvironment()
    .PATH.split(delimiter)
    .map((dir) => join(dir, name))
    .find(isExecutable);
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const isRoot = () => process.getuid?.() === 0;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
