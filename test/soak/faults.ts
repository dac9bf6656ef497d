import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Rng } from '../../platform/rng.ts';
import type { Program } from '../program.ts';
import type { Machine, SoakCell } from './cell.ts';
import type { Link } from './link.ts';
import type { Recorder } from './recorder.ts';

/** Breaks something of the cell, for so long, and mends it. */
type Fault = (cell: SoakCell, rng: Rng, forMs: number) => Promise<void>;

/** Each by its name, and what it comes down to. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'kill master': async (cell, rng, forMs) => {
    await cell.master.end('SIGKILL');
    await delay(rng.int(2) * forMs);
    await cell.startMaster();
  },
  'kill agent': async (cell, rng, forMs) => {
    const machine = anyMachine(cell, rng);
    await machine.agent.end('SIGKILL');
    await delay(rng.int(2) * forMs);
    await cell.startAgent(machine);
  },
  'kill etcd': async (cell, _rng, forMs) => {
    await cell.etcd?.kill();
    await delay(forMs);
    await cell.etcd?.restart();
  },
  'kill dockerd': async (cell, rng, forMs) => anyMachine(cell, rng).host.restart('SIGKILL', () => delay(forMs)),
  'stop master': async (cell, _rng, forMs) => stopped(cell.master, forMs),
  'stop agent': async (cell, rng, forMs) => stopped(anyMachine(cell, rng).agent, forMs),
  'stop etcd': async (cell, _rng, forMs) => {
    await cell.etcd?.pause();
    await delay(forMs);
    cell.etcd?.resume();
  },
  'cut agent off': async (cell, rng, forMs) => broken(anyMachine(cell, rng).link, 'cut', forMs),
  'agent hears nothing': async (cell, rng, forMs) => broken(anyMachine(cell, rng).link, 'stall', forMs),
  'cut store off': async (cell, _rng, forMs) => broken(cell.storeLink, 'cut', forMs),
  'store says nothing': async (cell, _rng, forMs) => broken(cell.storeLink, 'stall', forMs),
  'disk of an agent full': async (cell, rng, forMs) => filled(anyMachine(cell, rng).dataDir, forMs),
  'disk of the master full': async (cell, _rng, forMs) => filled(cell.masterDir, forMs),
};
const OF_ETCD = /etcd|store/;

/** Those that there can be with this store. */
export const possibleFaults = (cell: SoakCell): string[] =>
  Object.keys(FAULTS).filter((name) => cell.etcd !== undefined || !OF_ETCD.test(name));

/** One after the other, now and then two at once, until the signal aborts. Rejects where something does not come back. */
export async function disturb(
  cell: SoakCell,
  rng: Rng,
  recorder: Recorder,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  while (!signal.aborted) {
    const chosen = new Set([
      names[rng.int(names.length)]!,
      ...(rng.int(4) === 0 ? [names[rng.int(names.length)]!] : []),
    ]);
    // Two that end and start the same process would be in each other's way.
    const sorts = new Map([...chosen].map((name) => [sortOf(name), name]));
    await Promise.all(
      [...sorts.values()].map(async (name) => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        recorder.add({ type: 'fault', what: name, begins: true });
        try {
          await FAULTS[name]!(cell, rng, 500 + rng.int(8_000));
        } finally {
          recorder.add({ type: 'fault', what: name, begins: false });
        }
      }),
    );
    await delay(2_000 + rng.int(8_000), undefined, { signal }).catch(() => {});
  }
  return counts;
}

const sortOf = (name: string): string =>
  /master/.test(name) ? 'master' : /etcd|store/.test(name) ? 'store' : /dockerd/.test(name) ? 'engine' : 'agent';

const anyMachine = ({ machines }: SoakCell, rng: Rng): Machine => machines[rng.int(machines.length)]!;

async function stopped({ child }: Program, forMs: number): Promise<void> {
  child.kill('SIGSTOP');
  await delay(forMs);
  child.kill('SIGCONT');
}

async function broken(link: Link | undefined, how: 'cut' | 'stall', forMs: number): Promise<void> {
  link?.[how]();
  await delay(forMs);
  link?.mend();
}

/** Writes zeros until there is no room left. */
async function filled(directory: string, forMs: number): Promise<void> {
  const file = join(directory, 'ballast');
  const piece = Buffer.alloc(64 * 1_024);
  try {
    for (;;) writeFileSync(file, piece, { flag: 'a' });
  } catch {
    // Full.
  }
  await delay(forMs);
  rmSync(file, { force: true });
}
