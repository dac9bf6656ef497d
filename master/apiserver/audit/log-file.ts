import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Clock } from '../../../platform/clock.ts';
import type { Logger } from '../../../platform/log.ts';
import { misconfiguredFile } from '../../../platform/misconfigured.ts';

export interface LogFileOptions {
  readonly file: string;
  /** A file that has grown to this is put aside under a name with the time. 0: never. */
  readonly maxSizeBytes: number;
  /** Files put aside that are kept, the newest. 0: all. */
  readonly maxBackups: number;
  /** Lines that wait to be written, together. What comes beyond is dropped. Default 16 MiB. */
  readonly maxWaitingBytes?: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of lines that will never be written. */
  onDropped(count: number): void;
}

const DEFAULT_WAITING_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** Only its owner reads what people did. */
const MODE = 0o600;

/**
 * Lines appended to a file, in order, by whoever does not wait for it.
 *
 * Owns: the open file, and the lines that wait. One write is under way at a time; what comes meanwhile goes with the next.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #handle: FileHandle | undefined;
  #size = 0;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Rejects with a sentence where the file cannot be written. */
  async open(): Promise<void> {
    const { file } = this.#options;
    try {
      this.#handle = await open(file, 'a', MODE);
      this.#size = (await this.#handle.stat()).size;
    } catch (error) {
      throw misconfiguredFile(`cannot write the audit log ${file}`, error);
    }
  }

  /** Takes a line without its end. Never waits. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waitingBytes + bytes > (this.#options.maxWaitingBytes ?? DEFAULT_WAITING_BYTES)) {
      this.#drop(1);
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    this.#writing ??= this.#drain();
  }

  /** Resolves once all lines are written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#take();
      const chunk = Buffer.from(`${lines.join('\n')}\n`);
      try {
        await this.#rotateFor(chunk.length);
        await this.#handle?.appendFile(chunk);
        this.#size += chunk.length;
        this.#tellDropped();
      } catch (error) {
        this.#drop(lines.length);
        this.#tellDropped(error);
      }
      this.#waitingBytes -= chunk.length;
    }
    this.#writing = undefined;
  }

  /** Lines for one write; what waits is counted until it is written. */
  #take(): string[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && (count === 0 || bytes < CHUNK_BYTES))
      bytes += this.#waiting[count++]!.length;
    return this.#waiting.splice(0, count);
  }

  async #rotateFor(bytes: number): Promise<void> {
    const { file, maxSizeBytes, clock } = this.#options;
    if (maxSizeBytes === 0 || this.#size === 0 || this.#size + bytes <= maxSizeBytes) return;
    const ending = extname(file);
    const time = new Date(clock.now()).toISOString().replaceAll(':', '-');
    await rename(file, `${file.slice(0, file.length - ending.length)}-${time}${ending}`);
    const full = this.#handle;
    await this.open();
    await full?.close();
    await this.#forgetOld();
  }

  async #forgetOld(): Promise<void> {
    const { file, maxBackups } = this.#options;
    if (maxBackups === 0) return;
    const ending = extname(file);
    const start = `${basename(file, ending)}-`;
    const aside = (await readdir(dirname(file)))
      .filter((name) => name.startsWith(start) && name.endsWith(ending) && /^\d{4}-/.test(name.slice(start.length)))
      .sort();
    for (const name of aside.slice(0, -maxBackups)) await rm(join(dirname(file), name), { force: true });
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#options.onDropped(count);
  }

  /** Once per write at most, so that a flood does not become another. */
  #tellDropped(error?: unknown): void {
    if (this.#dropped === 0) return;
    const { file, log } = this.#options;
    const why = error === undefined ? 'they came faster than they could be written' : String(error);
    log.error({ file, lines: this.#dropped, why }, 'lines of the audit log were dropped');
    this.#dropped = 0;
  }
}
