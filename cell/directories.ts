import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Trouble } from './trouble.ts';

/**
 * Makes a directory and those above it, closed to others. One step at a time, since Node's recursive mkdir never returns where
 * the file system answers "no such entry" to every try, as /proc does. `flag` names the setting to change where the place will not do.
 */
export function ensureDirectory(path: string, flag: string): void {
  const missing: string[] = [];
  for (let each = resolve(path); !existsSync(each); each = dirname(each)) missing.push(each);
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each, { mode: 0o700 });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new Trouble(`${path} cannot be made: choose another place with ${flag}`, 1, error);
      // Another process may have been quicker.
      if (code !== 'EEXIST') throw error;
    }
  }
  if (!statSync(path).isDirectory()) throw new Trouble(`${path} is not a directory: choose another place with ${flag}`);
}
