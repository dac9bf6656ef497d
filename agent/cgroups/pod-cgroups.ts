import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeInfo } from '../runtime.ts';
import { controlFiles, type Setting, sharesFile } from './control-files.ts';
import type { PodLimits } from './pod-limits.ts';

/** Controllers in which a pod as a whole has limits. */
const CONTROLLERS = ['cpu', 'memory', 'pids', 'hugetlb'];

/**
 * A cgroup for each pod, above those of its containers: limits of the pod as a whole, and shares that hold between pods. Only where the
 * engine makes cgroups itself (driver `cgroupfs`) and the agent may write beside it; elsewhere there are none, and nothing here does
 * anything. Owns the directories below `/stowage-<cell>`. The kernel answers at once, so that nothing here waits.
 */
export class PodCgroups {
  private readonly cellId: string;
  private readonly cellShares: () => number;
  private readonly root: string;
  private version: 1 | 2 | undefined;
  private absence: string | undefined;
  private cellReady = false;

  /** `cellShares`: of all pods together. `root`: where cgroups are seen. */
  constructor(cellId: string, cellShares: () => number, root = '/sys/fs/cgroup') {
    this.cellId = cellId;
    this.cellShares = cellShares;
    this.root = root;
  }

  /** Looks whether pods can have cgroups here: with this engine, whenever it (re)appears. */
  use(engine: RuntimeInfo): void {
    const { cgroupVersion } = engine;
    this.absence = reasonAgainst(engine, cgroupVersion === 1 ? join(this.root, 'cpu') : this.root);
    this.version = this.absence === undefined ? cgroupVersion : undefined;
    // What an agent before this one left of pods that have gone meanwhile.
    if (this.version && !this.cellReady) removeCellCgroups(this.cellId, this.root);
  }

  /** Why pods have none here, for people; undefined: they have. */
  get whyNone(): string | undefined {
    return this.absence;
  }

  /** What the engine is told: where the pod's containers go. */
  parentOf(uid: string): string | undefined {
    return this.version && `/stowage-${this.cellId}/pod${uid}`;
  }

  /** Makes the pod's cgroup, or brings it up to date. Throws when the kernel refuses. */
  prepare(uid: string, limits: PodLimits): void {
    const { version } = this;
    if (!version) return;
    this.prepareCell(version);
    for (const setting of controlFiles(version, limits)) this.write(`pod${uid}`, setting);
  }

  /** Changes nothing but the pod's shares; a pod that has gone does not matter. */
  setShares(uid: string, shares: number): void {
    if (!this.version) return;
    const [setting] = sharesFile(this.version, shares);
    const dir = this.directory(setting.controller, `pod${uid}`);
    if (existsSync(dir)) writeFileSync(join(dir, setting.file), setting.value);
  }

  /** Once its containers are gone. What is still in use stays. */
  remove(uid: string): void {
    if (!this.version) return;
    for (const cell of cellDirectories(this.cellId, this.root)) {
      rmdirIfEmpty(join(cell, `pod${uid}`));
      // The cell's own goes with its last pod.
      rmdirIfEmpty(cell);
    }
  }

  private write(name: string, { controller, file, value }: Setting): void {
    const dir = this.directory(controller, name);
    // A controller that the machine does not have limits nothing.
    if (this.version === 1 && !existsSync(join(this.root, controller))) return;
    mkdirSync(dir, { recursive: true });
    if (existsSync(join(dir, file))) writeFileSync(join(dir, file), value);
  }

  /** All pods together get what is theirs beside the rest of the machine, not what one program gets. */
  private prepareCell(version: 1 | 2): void {
    const [shares] = sharesFile(version, this.cellShares());
    if (this.cellReady && existsSync(this.directory(shares.controller, ''))) return;
    this.cellReady = true;
    if (version === 2) this.delegate(join(this.root, `stowage-${this.cellId}`));
    this.write('', shares);
  }

  /** In version 2, controllers have to be handed down. */
  private delegate(cell: string): void {
    mkdirSync(cell, { recursive: true });
    for (const dir of [this.root, cell]) {
      for (const controller of CONTROLLERS) {
        try {
          writeFileSync(join(dir, 'cgroup.subtree_control'), `+${controller}`);
        } catch {
          // The machine does not have it.
        }
      }
    }
  }

  /** Of a pod's directory, or the cell's own (''). */
  private directory(controller: string, name: string): string {
    return join(this.root, this.version === 1 ? controller : '', `stowage-${this.cellId}`, name);
  }
}

function reasonAgainst({ cgroupDriver, security, dataRoot }: RuntimeInfo, dir: string): string | undefined {
  if (dataRoot === undefined) return 'the engine is on another machine';
  if (security.includes('rootless')) return 'the engine has no rights to make them (rootless)';
  if (cgroupDriver !== 'cgroupfs')
    return `the engine leaves them to ${cgroupDriver}: start it with --exec-opt native.cgroupdriver=cgroupfs`;
  return writable(dir) ? undefined : `this agent may not write to ${dir}: run it as root`;
}

/** Removes what is left of a cell's cgroups on this machine; what is in use stays. */
export function removeCellCgroups(cellId: string, root = '/sys/fs/cgroup'): void {
  for (const cell of cellDirectories(cellId, root)) removeIdle(cell);
}

/** The kernel keeps those with processes in them. */
function removeIdle(dir: string): void {
  for (const name of directoriesIn(dir)) removeIdle(join(dir, name));
  rmdirIfEmpty(dir);
}

/** Engines make them in every hierarchy: in version 1, one for each controller. */
const cellDirectories = (cellId: string, root: string): string[] =>
  ['', ...directoriesIn(root)].map((name) => join(root, name, `stowage-${cellId}`)).filter((dir) => existsSync(dir));

function directoriesIn(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

function writable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function rmdirIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // It is not there, or in use.
  }
}
