import { fork } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Profile, summary } from './profile-summary.ts';
import type { Tasks } from './tasks.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Runs the task in a new process and resolves with its answer; rejects when the process fails, which has then said why. */
export async function inChild<N extends keyof Tasks>(
  name: N,
  argument: Parameters<Tasks[N]>[0],
  say: (line: string) => void,
): Promise<ReturnType<Tasks[N]>> {
  if (process.env.BENCH_PROFILE !== '1') return run(name, argument, []);
  const directory = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
  try {
    const answer = await run(name, argument, ['--cpu-prof', '--cpu-prof-dir', directory]);
    for (const file of await readdir(directory)) {
      for (const line of summary(JSON.parse(await readFile(join(directory, file), 'utf8')) as Profile)) say(line);
    }
    return answer;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function run<N extends keyof Tasks>(
  name: N,
  argument: Parameters<Tasks[N]>[0],
  flags: readonly string[],
): Promise<ReturnType<Tasks[N]>> {
  return new Promise((resolve, reject) => {
    const execArgv = [...process.execArgv, '--expose-gc', ...flags];
    const child = fork(CHILD, [name, JSON.stringify(argument)], { execArgv });
    let answer: ReturnType<Tasks[N]> | undefined;
    child.once('message', (message) => {
      answer = message as ReturnType<Tasks[N]>;
      child.disconnect();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (answer) resolve(answer);
      else reject(new Error(`${name} ${JSON.stringify(argument)} failed (exit ${code})`));
    });
  });
}
