import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rng } from '../platform/rng.ts';
import { writePrivately } from './credentials.ts';

const LENGTH = 10;

/** This master's own name among the masters of its cell, made once and kept in its data directory. */
export async function ensureMasterId(dataDir: string, rng: Rng): Promise<string> {
  const file = join(dataDir, 'master-id');
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (known.trim()) return known.trim();
  const id = rng.suffix(LENGTH);
  await writePrivately(file, `${id}\n`);
  return id;
}
