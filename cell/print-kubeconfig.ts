import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { standardTerminal } from './client.ts';
import type { PlaceValues } from './settings.ts';
import { Trouble } from './trouble.ts';

/** `stowctl kubeconfig`: the admin kubeconfig of the cell in the data directory, on standard output. */
export function printKubeconfig({ dataDir }: PlaceValues): void {
  const file = join(dataDir, 'kubeconfig');
  try {
    standardTerminal.out(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is none' : (error as Error).message;
    throw new Trouble(
      `cannot read ${file} (${why}): start a cell with \`stowctl up\`, or name its place with --data-dir`,
      1,
      error,
    );
  }
}
