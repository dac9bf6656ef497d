import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Simulated {
  readonly code: number | null;
  readonly text: string;
  /** `events N hash H`. */
  readonly lastLine: string;
}

/** Runs the simulator in a process of its own, whose globals and modules are the simulation's. */
export function simulate(...args: string[]): Promise<Simulated> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { stdio: 'pipe' });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text, lastLine: text.trim().split('\n').at(-1) ?? '' }));
  });
}
