import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../platform/log.ts';
import type { Pod, PodStatus } from './pod-types.ts';
import type { SourceObjects } from './source-store.ts';
import { forgetLostParts, releaseParts } from './volumes/pinned-parts.ts';
import { removeTree } from './volumes/remove-tree.ts';

/** All that is needed to go on with a pod while the master is away. */
export interface SavedPod extends SourceObjects {
  readonly pod: Pod;
  readonly status?: PodStatus;
}

const CELL_FILE = 'cell-id';

/**
 * The agent's memory on disk: `pods/<uid>/{pod,status}.json` below the data directory, and the cell's id. Files appear whole
 * or not at all. Owns these paths; the volumes beside them belong to volumes.ts.
 */
export class Checkpoint {
  private readonly dataDir: string;
  private readonly log: Logger;
  /** The last write of each pod: writes of one pod follow each other. */
  private readonly writes = new Map<string, Promise<void>>();

  constructor(dataDir: string, log: Logger) {
    this.dataDir = dataDir;
    this.log = log;
  }

  /** A further file of the agent's own in the data directory. */
  path(name: string): string {
    return join(this.dataDir, name);
  }

  podDir(uid: string): string {
    return join(this.dataDir, 'pods', uid);
  }

  async cellId(): Promise<string | undefined> {
    const text = await readFile(join(this.dataDir, CELL_FILE), 'utf8').catch(() => '');
    return text.trim() || undefined;
  }

  async saveCellId(cellId: string): Promise<void> {
    await mkdir(this.dataDir, { recursive: true, mode: 0o700 });
    await write(join(this.dataDir, CELL_FILE), `${cellId}\n`);
  }

  savePod(uid: string, saved: Omit<SavedPod, 'status'>): void {
    this.save(uid, 'pod.json', saved);
  }

  saveStatus(uid: string, status: PodStatus): void {
    this.save(uid, 'status.json', status);
  }

  /** Waits for writes under way, so that nothing of the pod appears again after its directory was removed. */
  async settled(uid: string): Promise<void> {
    await this.writes.get(uid);
  }

  /** Waits for every write under way. */
  async flush(): Promise<void> {
    await Promise.all(this.writes.values());
  }

  /** Pods of which the directory has been kept. What cannot be read is removed: the master knows better. */
  async load(): Promise<SavedPod[]> {
    const uids = await readdir(join(this.dataDir, 'pods')).catch(() => []);
    const loaded = await Promise.all(uids.map((uid) => this.loadOne(uid)));
    return loaded.filter((pod) => pod !== undefined);
  }

  private async loadOne(uid: string): Promise<SavedPod | undefined> {
    const dir = this.podDir(uid);
    try {
      const saved = JSON.parse(await readFile(join(dir, 'pod.json'), 'utf8')) as SavedPod;
      const status = await readFile(join(dir, 'status.json'), 'utf8').then(JSON.parse, () => undefined);
      await forgetLostParts(dir);
      return { ...saved, status };
    } catch (error) {
      this.log.warn({ err: error, dir }, 'could not read what was kept of a pod; removing it');
      await releaseParts(dir);
      await removeTree(dir).catch(() => {});
      return undefined;
    }
  }

  private save(uid: string, file: string, value: object): void {
    const text = JSON.stringify(value);
    const dir = this.podDir(uid);
    const before = this.writes.get(uid) ?? Promise.resolve();
    const next = before
      .then(async () => {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await write(join(dir, file), text);
      })
      .catch((error) => this.log.warn({ err: error, dir, file }, 'could not keep the state of a pod on disk'))
      .finally(() => {
        if (this.writes.get(uid) === next) this.writes.delete(uid);
      });
    this.writes.set(uid, next);
  }
}

/** Secrets may be inside: nobody else reads it. */
async function write(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}
