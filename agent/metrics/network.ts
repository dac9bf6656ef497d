import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface InterfaceCounters {
  readonly name: string;
  readonly receivedBytes: number;
  readonly transmittedBytes: number;
}

/** Counters of the interfaces in a process' network namespace, but for the loopback; undefined when it cannot be read. */
export async function networkCounters(pid: number, proc = '/proc'): Promise<InterfaceCounters[] | undefined> {
  try {
    return parseNetDev(await readFile(join(proc, String(pid), 'net', 'dev'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** `/proc/net/dev` (man proc_pid_net): two lines of headings, then a name and sixteen counters a line. */
export function parseNetDev(text: string): InterfaceCounters[] {
  return text
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const [name, counters] = line.split(':');
      const values = counters?.trim().split(/\s+/).map(Number);
      const [receivedBytes, transmittedBytes] = [values?.[0], values?.[8]];
      if (!name || receivedBytes === undefined || transmittedBytes === undefined || name.trim() === 'lo') return [];
      return [{ name: name.trim(), receivedBytes, transmittedBytes }];
    });
}
