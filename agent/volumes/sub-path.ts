import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readlink, realpath } from 'node:fs/promises';
import { Missing } from '../missing.ts';

/** Linux' own limit. */
const MOST_LINKS = 40;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Linux' O_PATH, which Node does not name: the file itself is not opened, so that no pipe is waited for and no device woken. */
const FILE = 0o10000000 | constants.O_NOFOLLOW;

/** A part of a volume, held open: whatever becomes of the names that led to it, `fd` is what was found. */
export interface Part {
  readonly fd: number;
  /** Below the volume, without any link in it. */
  readonly path: string;
  readonly directory: boolean;
}

/** A directory on the way, held open, or the file at its end. */
interface Held {
  readonly handle: FileHandle;
  readonly name: string;
}

/**
 * Finds a part of a volume, making the directories that are not there (with the volume's own mode, as Kubernetes does), and lends
 * it to `use`. Links may lead about within the volume, never out of it: each step is taken from the directory before it, which is
 * held open, so that nobody who changes names meanwhile can lead the way elsewhere. Throws {@link Missing} where it leads out, or
 * through a file.
 */
export async function withPart<T>(volume: string, subPath: string, use: (part: Part) => Promise<T>): Promise<T> {
  const walk = new Walk(volume, subPath);
  try {
    return await use(await walk.run());
  } finally {
    await walk.close();
  }
}

/** Owns what is open, from the volume's root down to where the walk is. */
class Walk {
  private readonly volume: string;
  private readonly subPath: string;
  private readonly held: Held[] = [];
  private readonly ahead: string[];
  private links = 0;
  private mode = 0o755;

  constructor(volume: string, subPath: string) {
    this.volume = volume;
    this.subPath = subPath;
    this.ahead = subPath.split('/').filter(isStep);
  }

  async run(): Promise<Part> {
    const handle = await open(await realpath(this.volume), DIRECTORY).catch((error) => {
      throw this.fault(`${this.volume} cannot be looked into (${error.code})`);
    });
    this.held.push({ handle, name: '' });
    this.mode = (await handle.stat()).mode & 0o7777;
    let directory = true;
    for (let step = this.ahead.shift(); step !== undefined; step = this.ahead.shift()) {
      if (step === '..') await this.up();
      else directory = await this.down(step);
    }
    const path = this.held.slice(1).map(({ name }) => name);
    return { fd: this.here.fd, path: path.join('/'), directory };
  }

  async close(): Promise<void> {
    await Promise.all(this.held.map(({ handle }) => handle.close()));
  }

  private get here(): FileHandle {
    const last = this.held.at(-1);
    if (!last) throw new Error('a walk through a volume has no directory');
    return last.handle;
  }

  private async up(): Promise<void> {
    if (this.held.length === 1) throw this.fault('it leads out of the volume');
    await this.held.pop()?.handle.close();
  }

  /** One step further; whether a directory is there, and not the file at the way's end. */
  private async down(step: string): Promise<boolean> {
    // The directory that is held, under whatever name.
    const path = `/proc/self/fd/${this.here.fd}/${step}`;
    const found = await lstat(path).catch(ignoreAbsent);
    if (found?.isSymbolicLink()) return this.follow(await readlink(path), step);
    const directory = found?.isDirectory() ?? true;
    if (!directory && this.ahead.length > 0) throw this.fault(`"${step}" in it is no directory`);
    if (!found) await this.make(path);
    const handle = await open(path, directory ? DIRECTORY : FILE).catch((error) => {
      throw this.fault(`"${step}" in it changed while it was looked at (${error.code})`);
    });
    this.held.push({ handle, name: step });
    if (!found) await handle.chmod(this.mode);
    return directory;
  }

  private follow(target: string, step: string): true {
    if (target.startsWith('/'))
      throw this.fault(`"${step}" in it is a link to ${target}, which leads out of the volume`);
    if (++this.links > MOST_LINKS) throw this.fault('it holds too many links');
    this.ahead.unshift(...target.split('/').filter(isStep));
    return true;
  }

  private async make(path: string): Promise<void> {
    await mkdir(path, { mode: 0o700 }).catch((error) => {
      if (error.code !== 'EEXIST') throw this.fault(`a directory of it cannot be made (${error.code})`);
    });
  }

  private fault(why: string): Missing {
    return new Missing(`cannot mount subPath "${this.subPath}" of the volume at ${this.volume}: ${why}`);
  }
}

const isStep = (step: string): boolean => step !== '' && step !== '.';

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
