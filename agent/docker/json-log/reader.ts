import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Clock, sleep } from '../../../platform/clock.ts';
import { type LogOptions, RuntimeError } from '../../runtime.ts';
import { LONGEST_ENTRY_BYTES, LogDecoder } from './decoder.ts';
import { closeAll, isCurrent, type LogFile, openLog, openNext } from './files.ts';
import { sinceStart, tailStart, wholeLog } from './tail.ts';

const BLOCK_BYTES = 256 * 1024;
/** A container that writes all the time is read in steps of this, and a file that is just being rotated is looked at again after it. */
const GATHER_MS = 20;

export interface LogReading {
  /** Of the file that is written to. */
  readonly path: string;
  readonly options: LogOptions;
  /** With `follow`: resolves when nothing more will be written. */
  readonly ended: Promise<unknown>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Reads a log as Docker's json-file driver keeps it, from the files themselves: the engine's own stream parses and frames each line,
 * which costs it several times what reading costs. Undefined where the files cannot be read. A piece is good until the next is asked for.
 */
export async function openJsonLog(reading: LogReading): Promise<AsyncGenerator<Uint8Array> | undefined> {
  const files = await openLog(reading.path);
  return files && new JsonLogReader(reading, files).pieces();
}

/** Owns the open files and two buffers, and lets go of them at the end of `pieces`. */
class JsonLogReader {
  readonly #reading: LogReading;
  readonly #decoder: LogDecoder;
  readonly #source = Buffer.allocUnsafe(LONGEST_ENTRY_BYTES + BLOCK_BYTES);
  readonly #target = Buffer.allocUnsafe(LONGEST_ENTRY_BYTES + BLOCK_BYTES);
  /** Newest first; the last one is being read. */
  #files: LogFile[];
  #position = 0;
  /** Bytes of an entry that has not been read to its end, at the start of `source`. */
  #carried = 0;
  #ended = false;
  #fault: Error | undefined;

  constructor(reading: LogReading, files: LogFile[]) {
    this.#reading = reading;
    this.#files = files;
    this.#decoder = new LogDecoder(reading.options);
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    const { options, signal } = this.#reading;
    try {
      await this.#seek(options);
      while (this.#files.length > 1) {
        yield* this.#rest();
        await this.#goOn(this.#files.slice(0, -1));
      }
      yield* options.follow ? this.#follow() : this.#rest();
      if (this.#fault && !signal.aborted) throw this.#fault;
    } finally {
      await closeAll(this.#files);
    }
  }

  async *#follow(): AsyncGenerator<Uint8Array> {
    const { signal, ended } = this.#reading;
    const end = (fault?: Error) => {
      this.#ended = true;
      this.#fault = fault;
    };
    ended.then(() => end(), end);
    while (!signal.aborted) {
      // Asked before the last look, after which nothing can have been written.
      const last = this.#ended;
      yield* this.#rest();
      if (yield* this.#rotated()) continue;
      if (last) return;
      await this.#news();
    }
  }

  async #seek({ tailLines, sinceMs }: LogOptions): Promise<void> {
    const files = this.#files;
    const since = sinceMs === undefined ? wholeLog(files) : sinceStart(files, sinceMs);
    const tail = tailLines === undefined ? wholeLog(files) : await tailStart(files, tailLines);
    // Whichever is nearer to the end.
    const place = tail.index <= since.index ? tail : since;
    await this.#goOn(files.slice(0, place.index + 1), place.position);
  }

  /** From here on these files are read, the last one from `position`. */
  async #goOn(files: LogFile[], position = 0): Promise<void> {
    const done = this.#files.filter((file) => !files.includes(file));
    this.#files = files;
    this.#position = position;
    this.#carried = 0;
    await closeAll(done);
  }

  get #file(): LogFile {
    return this.#files.at(-1)!;
  }

  /** To the end of the file that is being read. */
  async *#rest(): AsyncGenerator<Uint8Array> {
    const { signal } = this.#reading;
    while (!signal.aborted) {
      const { bytesRead } = await this.#file.handle.read(this.#source, this.#carried, BLOCK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      const length = this.#carried + bytesRead;
      const { read, written } = this.#decoder.decode(this.#source, length, this.#target);
      this.#carry(read, length);
      if (written > 0) yield this.#target.subarray(0, written);
    }
  }

  #carry(read: number, length: number): void {
    this.#source.copyWithin(0, read, length);
    this.#carried = length - read;
    if (this.#carried <= LONGEST_ENTRY_BYTES) return;
    const { path } = this.#reading;
    throw new RuntimeError('failed', `the log ${path} holds a line of more than ${LONGEST_ENTRY_BYTES} bytes`);
  }

  /** Goes on to the next file where the engine has begun one, and says whether it has. */
  async *#rotated(): AsyncGenerator<Uint8Array, boolean> {
    const { path } = this.#reading;
    if ((await isCurrent(path, this.#file)) !== false) return false;
    // Written between our last look and the rotation; after it nothing more comes.
    yield* this.#rest();
    const next = await openNext(path, this.#file);
    if (next) await this.#goOn([next]);
    return next !== undefined;
  }

  /** Waits until there may be more to read, or no more will come. */
  async #news(): Promise<void> {
    const { path, ended, signal, clock } = this.#reading;
    const news = Promise.withResolvers<void>();
    const tell = () => news.resolve();
    signal.addEventListener('abort', tell, { once: true });
    const watcher = watchFile(path, tell);
    try {
      const now = await stat(path).catch(() => undefined);
      if (!watcher || now?.ino !== this.#file.inode || now.size !== this.#position) tell();
      // Somebody has emptied it.
      if (now?.ino === this.#file.inode && now.size < this.#position) await this.#goOn(this.#files);
      await Promise.race([news.promise, ended.catch(() => {})]);
    } finally {
      watcher?.close();
      signal.removeEventListener('abort', tell);
    }
    if (!this.#ended) await sleep(clock, GATHER_MS, signal).catch(() => {});
  }
}

function watchFile(path: string, changed: () => void) {
  try {
    return watch(path, { persistent: false }, changed).on('error', changed);
  } catch {
    // In the moment of a rotation there is none, and the kernel bounds how many can be watched.
    return undefined;
  }
}
