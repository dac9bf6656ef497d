import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptNetwork } from './state.ts';

/** Where the agent keeps what it was last told of the network, below its data directory. */
const FILE = 'network.json';

/** Undefined where nothing is kept, or nothing that can be read: the master tells all of it again. */
export async function readKept(dataDir: string): Promise<KeptNetwork | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, FILE), 'utf8')) as KeptNetwork;
  } catch {
    return undefined;
  }
}

/** The file appears whole or not at all. */
export async function writeKept(dataDir: string, kept: KeptNetwork): Promise<void> {
  const path = join(dataDir, FILE);
  await writeFile(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
