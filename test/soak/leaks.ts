import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Program } from '../program.ts';
import type { SoakCell } from './cell.ts';
import type { Recorder } from './recorder.ts';

/** What a process holds; undefined once it has ended. */
export function holdings({
  child,
  running,
}: Program): { readonly rssMiB: number; readonly handles: number } | undefined {
  if (!running) return undefined;
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const rssMiB = Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024);
    return { rssMiB, handles: readdirSync(`/proc/${child.pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** What the cell has left on its machines: containers and networks of the engines, rules of the kernel. */
export async function remains(cell: SoakCell): Promise<Record<string, number>> {
  const label = [`stowage.dev/cell=${cell.cellId}`];
  let [containers, networks, volumes] = [0, 0, 0];
  const bridges: string[] = [];
  for (const { engine } of cell.machines) {
    containers += (await engine.docker.listContainers({ all: true, filters: { label } })).length;
    const found = await engine.docker.listNetworks();
    networks += found.length;
    volumes += (await engine.docker.listVolumes()).Volumes.length;
    bridges.push(
      ...found.map(({ Id, Options }) => Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`),
    );
  }
  return { containers, networks, volumes, rules: rulesAbout(bridges) };
}

/** Others on this machine have rules, too. */
function rulesAbout(bridges: readonly string[]): number {
  const lines = spawnSync('iptables-save', [], { encoding: 'utf8' }).stdout?.split('\n') ?? [];
  return lines.filter((line) => bridges.some((bridge) => line.includes(bridge))).length;
}

/** What a process may hold; of memory, what it needs for a cell so small, and the collector's leisure. */
const LIMITS = { rssMiB: 700, handles: 400 };

/** Looks at all processes once. */
export function sample(cell: SoakCell, recorder: Recorder): void {
  const all: [string, Program][] = [
    ['master', cell.master],
    ...cell.machines.map(({ name, agent }): [string, Program] => [`agent ${name}`, agent]),
  ];
  for (const [of, program] of all) {
    const sizes = holdings(program);
    if (sizes)
      recorder.add({ type: 'sample', of: `${of} (${program.child.pid})`, sizes: { ...sizes }, limits: LIMITS });
  }
}
