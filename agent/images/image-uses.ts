import { readFile, rename, writeFile } from 'node:fs/promises';

/** When each image was last used by the cell, by image id. Owns that memory and its file, which appears whole or not at all. */
export class ImageUses {
  private readonly path: string;
  private readonly lastUseMs = new Map<string, number>();
  private writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  get all(): ReadonlyMap<string, number> {
    return this.lastUseMs;
  }

  /** Takes up what is on disk; a file that cannot be read is as good as none. */
  async load(): Promise<void> {
    const text = await readFile(this.path, 'utf8').catch(() => '{}');
    try {
      for (const [id, atMs] of Object.entries(JSON.parse(text))) if (typeof atMs === 'number') this.note(id, atMs);
    } catch {
      // Written by somebody else: images are then remembered from now on.
    }
  }

  note(id: string, atMs: number): void {
    this.lastUseMs.set(id, Math.max(atMs, this.lastUseMs.get(id) ?? 0));
  }

  /** Forgets images that are no more. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.lastUseMs.keys()) if (!ids.has(id)) this.lastUseMs.delete(id);
  }

  /** Writes one after the other; each writes what is known then. */
  save(): Promise<void> {
    const write = async () => {
      await writeFile(`${this.path}.new`, JSON.stringify(Object.fromEntries(this.lastUseMs)));
      await rename(`${this.path}.new`, this.path);
    };
    this.writing = this.writing.catch(() => {}).then(write);
    return this.writing;
  }
}
