import type { Clock } from '../../platform/clock.ts';
import { Limiter } from '../limiter.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { ContainerRuntime } from '../runtime.ts';
import { type CgroupFiles, cgroupFiles, readCgroup, type Usage } from './cgroup.ts';
import type { Reading } from './rates.ts';

/** Questions to the engine at once, where the kernel's files cannot be seen. */
const QUESTIONS_AT_ONCE = 4;

/** Reads what containers have used, all in one pass. Owns where the cgroups of each are: looked for once, at its first reading. */
export class ContainerReader {
  private readonly runtime: Pick<ContainerRuntime, 'stats'>;
  private readonly clock: Clock;
  private readonly find: (pid: number) => Promise<CgroupFiles | undefined>;
  private files = new Map<string, CgroupFiles>();

  /** `find` says where the cgroups of a process are; default: where Linux has them. */
  constructor(
    runtime: Pick<ContainerRuntime, 'stats'>,
    clock: Clock,
    find: (pid: number) => Promise<CgroupFiles | undefined> = cgroupFiles,
  ) {
    this.runtime = runtime;
    this.clock = clock;
    this.find = find;
  }

  /** Readings by id of running containers, of which there are no others. One that has ended meanwhile has none. Never rejects. */
  async read(running: readonly ObservedContainer[]): Promise<Map<string, Reading>> {
    await this.locate(running);
    const readings = new Map<string, Reading>();
    const note = (id: string, used: Usage | undefined) => {
      if (used) readings.set(id, { ...used, atMs: this.clock.monotonicMs() });
    };
    const unseen: string[] = [];
    for (const { id } of running) {
      const files = this.files.get(id);
      const used = files && readCgroup(files);
      if (used) note(id, used);
      else unseen.push(id);
    }
    const limiter = new Limiter(QUESTIONS_AT_ONCE);
    await Promise.all(unseen.map((id) => limiter.run(async () => note(id, await this.ask(id)))));
    return readings;
  }

  private async locate(running: readonly ObservedContainer[]): Promise<void> {
    const files = new Map<string, CgroupFiles>();
    const unknown: Promise<void>[] = [];
    for (const { id, pid } of running) {
      const known = this.files.get(id);
      if (known) files.set(id, known);
      else if (pid) unknown.push(this.find(pid).then((found) => void (found && files.set(id, found))));
    }
    this.files = files;
    await Promise.all(unknown);
  }

  private async ask(id: string): Promise<Usage | undefined> {
    const stats = await this.runtime.stats(id).catch(() => undefined);
    return stats && { cpuSeconds: stats.cpuSeconds, workingSetBytes: stats.memoryWorkingSetBytes };
  }
}
