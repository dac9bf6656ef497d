import { watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';

export interface ManifestDirectoryParts {
  readonly path: string;
  /** All manifests there are, by file name, at first and whenever one has changed. Called one at a time. */
  readonly changed: (manifests: ReadonlyMap<string, string>) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const MANIFEST = /^[^.].*\.(ya?ml|json)$/;
/** Whoever writes a file is given the time to write it to its end. */
const SETTLE_MS = 100;
/** For changes that no event tells of, as on network file systems (Kubernetes' fileCheckFrequency). */
const LOOK_MS = 20_000;
/** More is no manifest. */
const MOST_BYTES = 1024 * 1024;

interface Known {
  readonly stamp: string;
  readonly text: string;
}

/** A directory of manifests, read at the start and when something in it changes. Owns the watch and what it has read. */
export class ManifestDirectory implements Service {
  private readonly parts: ManifestDirectoryParts;
  private known = new Map<string, Known>();
  private watching: AbortController | undefined;
  private timer: Timer | undefined;
  private reading: Promise<void> | undefined;
  private stopped = false;
  private told = false;
  private trouble = '';

  constructor(parts: ManifestDirectoryParts) {
    this.parts = parts;
  }

  /** Resolves once what is there has been told. */
  async start(): Promise<void> {
    await this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    this.watching?.abort();
    await this.reading;
  }

  private look(): Promise<void> {
    this.reading = this.read().finally(() => this.again(LOOK_MS));
    return this.reading;
  }

  private again(delayMs: number): void {
    this.timer?.cancel();
    if (!this.stopped) this.timer = this.parts.clock.setTimer(delayMs, () => void this.look());
  }

  private async read(): Promise<void> {
    const { path, changed, log } = this.parts;
    this.watch();
    try {
      const found = await this.files();
      const same = found.size === this.known.size && [...found].every(([name, file]) => this.known.get(name) === file);
      this.known = found;
      this.trouble = '';
      if (same && this.told) return;
      this.told = true;
      if (!this.stopped) changed(new Map([...found].map(([name, { text }]) => [name, text])));
    } catch (error) {
      // What runs goes on until it is known that it should not.
      const { message } = error as Error;
      if (message !== this.trouble) log.warn({ err: error, path }, 'cannot read the manifests of static pods');
      this.trouble = message;
    }
  }

  private async files(): Promise<Map<string, Known>> {
    const names = await readdir(this.parts.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const found = new Map<string, Known>();
    for (const name of names.filter((one) => MANIFEST.test(one)).sort()) {
      const file = await this.file(name);
      if (file) found.set(name, file);
    }
    return found;
  }

  /** The very object that is known, where the file is the same. */
  private async file(name: string): Promise<Known | undefined> {
    const path = join(this.parts.path, name);
    const there = await stat(path).catch(() => undefined);
    if (!there?.isFile()) return undefined;
    const stamp = `${there.ino} ${there.mtimeMs} ${there.ctimeMs} ${there.size}`;
    const known = this.known.get(name);
    if (known?.stamp === stamp) return known;
    if (there.size > MOST_BYTES)
      return { stamp, text: `# ${there.size} bytes are more than the ${MOST_BYTES} of a manifest` };
    return { stamp, text: await readFile(path, 'utf8') };
  }

  /** A directory that is not there yet is looked for at the next look. */
  private watch(): void {
    if (this.watching || this.stopped) return;
    const watching = new AbortController();
    const lost = () => {
      watching.abort();
      if (this.watching === watching) this.watching = undefined;
    };
    try {
      const watcher = watch(this.parts.path, { signal: watching.signal, persistent: false }, (event, name) => {
        // The directory itself has gone or been replaced.
        if (event === 'rename' && name === null) lost();
        this.again(SETTLE_MS);
      });
      watcher.once('error', lost);
      this.watching = watching;
    } catch {
      lost();
    }
  }
}
