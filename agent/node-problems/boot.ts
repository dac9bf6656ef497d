import { readFile, writeFile } from 'node:fs/promises';

/**
 * Whether the machine has been booted since the agent last ran, by the boot id kept in `file`, which is brought up to date. The first
 * start of all is none.
 */
export async function rebooted(file: string, bootId: string): Promise<boolean> {
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before.trim() === bootId) return false;
  await writeFile(file, `${bootId}\n`, { mode: 0o600 });
  return before !== '';
}
