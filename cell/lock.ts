import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDirectory } from './directories.ts';
import { Trouble } from './trouble.ts';

/** What runs out of a data directory. A master and an agent may share one; two of either may not. */
export type Role = 'master' | 'agent';

export interface Lock {
  release(): void;
}

const fileOf = (dataDir: string, role: Role) => join(dataDir, `${role}.pid`);

/** `pid startTime`: the start time tells a process from a later one that was given the same id. */
const markOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold spaces; field 22 is the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended.
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
  } catch {
    return undefined;
  }
};

/** The process that holds the role, if it lives. */
export function holderOf(dataDir: string, role: Role): number | undefined {
  let mark: string;
  try {
    mark = readFileSync(fileOf(dataDir, role), 'utf8').trim();
  } catch {
    return undefined;
  }
  const pid = Number(mark.split(' ')[0]);
  return Number.isInteger(pid) && pid > 0 && markOf(pid) === mark ? pid : undefined;
}

/** Makes the data directory if need be, and takes the role in it. Throws `Trouble` when another process has it. */
export function takeLock(dataDir: string, role: Role): Lock {
  ensureDirectory(dataDir, '--data-dir');
  const file = fileOf(dataDir, role);
  const mark = markOf(process.pid) ?? `${process.pid} 0`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(file, `${mark}\n`, { flag: 'wx', mode: 0o600 });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(dataDir, role);
    if (holder !== undefined) {
      throw new Trouble(
        `${dataDir} is in use by another ${role} (process ${holder}): stop it, or choose another place with --data-dir`,
      );
    }
    // Left behind by a process that was killed.
    rmSync(file, { force: true });
  }
  throw new Trouble(`${file} is taken by others again and again: are several cells started in ${dataDir} at once?`);
}
