import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../cell.ts';
import { Program } from '../program.ts';
import { RawApi } from '../raw-api.ts';
import type { Target } from './attack.ts';

/** What the master's process may hold at most: caches, ten thousand revisions of history, and the bodies under way. */
const MAX_RESIDENT_BYTES = 1_024 * 2 ** 20;

/** A master as it is run, with a store of its own on disk unless `args` name another. */
export async function masterProcess(...args: string[]): Promise<Target & { readonly program: Program }> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-fuzz-'));
  const port = String(await freePort());
  const program = Program.stowctl('master', '--data-dir', directory, '--port', port, ...args);
  const remove = async () => {
    await program.end();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await program.saysLine(/^ready$/);
  } catch (error) {
    await remove();
    throw error;
  }
  const api = await RawApi.of(join(directory, 'kubeconfig'));
  return {
    ...{ program, api },
    trouble() {
      if (!program.running) return `the master has ended: ${program.output.slice(-3_000)}`;
      const resident = residentBytes(program);
      return resident > MAX_RESIDENT_BYTES ? `the master holds ${Math.round(resident / 2 ** 20)} MiB` : undefined;
    },
    logged: (id) =>
      program.output
        .split('\n')
        .filter((line) => line.includes(id))
        .join('\n')
        .replaceAll('\\n', '\n'),
    async stop() {
      api.close();
      await remove();
    },
  };
}

/** 0 once it has ended. */
export function residentBytes({ child, running }: Program): number {
  if (!running) return 0;
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
}
