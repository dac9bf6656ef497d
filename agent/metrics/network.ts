import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface InterfaceCounters {
  readonly name: string;
  readonly received: DirectionCounters;
  readonly transmitted: DirectionCounters;
}

export interface DirectionCounters {
  readonly bytes: number;
  /** Undefined where only bytes are counted. */
  readonly packets?: number;
  readonly errors?: number;
  readonly dropped?: number;
}

/** Counters of the interfaces in a process' network namespace, but for the loopback; undefined when it cannot be read. */
export async function networkCounters(pid: number, proc = '/proc'): Promise<InterfaceCounters[] | undefined> {
  try {
    return parseNetDev(await readFile(join(proc, String(pid), 'net', 'dev'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** `/proc/net/dev` (man proc_pid_net): two lines of headings, then a name and eight counters each way a line. */
export function parseNetDev(text: string): InterfaceCounters[] {
  return text
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const [name = '', counters = ''] = line.split(':');
      const values = counters.trim().split(/\s+/).map(Number);
      if (values.length < 16 || name.trim() === 'lo') return [];
      return [{ name: name.trim(), received: direction(values), transmitted: direction(values.slice(8)) }];
    });
}

const direction = ([bytes = 0, packets = 0, errors = 0, dropped = 0]: readonly number[]): DirectionCounters => ({
  ...{ bytes, packets, errors, dropped },
});
