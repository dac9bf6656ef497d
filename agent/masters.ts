import { readFile } from 'node:fs/promises';
import { replaceFile, SECRET_MODE } from '../platform/pki/files.ts';
import type { Rng } from '../platform/rng.ts';

/** A cell has a handful. */
const MOST = 16;

export interface MastersOptions {
  /** `https://HOST:PORT` of each master that a person has named; at least one. */
  readonly given: readonly string[];
  /** Where those that the cell has told of are kept. */
  readonly file: string;
  readonly rng: Rng;
}

/**
 * The masters that an agent knows, and which of them it uses now. Agents begin at different ones, so that their sessions spread.
 *
 * Owns: the list, with its file. It holds those that were given, and what the cell last said: a master that was taken away is forgotten
 * when another says so.
 */
export class Masters {
  readonly #given: readonly string[];
  readonly #file: string;
  readonly #rng: Rng;
  #all: readonly string[];
  #at = 0;
  /** Tries since the last one that worked. */
  #tried = 0;

  constructor({ given, file, rng }: MastersOptions) {
    this.#given = given;
    this.#file = file;
    this.#rng = rng;
    this.#all = given;
  }

  /** Takes up what was learned in an earlier life. Never rejects: what cannot be read is learned again. */
  async load(): Promise<void> {
    const text = await readFile(this.#file, 'utf8').catch(() => '[]');
    this.#all = united(this.#given, urlsIn(text));
    this.#at = this.#rng.int(this.#all.length);
  }

  get all(): readonly string[] {
    return this.#all;
  }

  /** URL of the master to speak to. */
  get current(): string {
    return this.#all[this.#at]!;
  }

  /** The current one does not answer, or has sent us away: on to the next. True when all have been tried since one worked. */
  moveOn(): boolean {
    this.#at = (this.#at + 1) % this.#all.length;
    this.#tried += 1;
    return this.#tried % this.#all.length === 0;
  }

  /** The current one works. */
  settle(): void {
    this.#tried = 0;
  }

  /** What the cell says of its masters. An empty list says nothing. Rejects when it cannot be kept. */
  async learn(urls: readonly string[]): Promise<void> {
    if (urls.length === 0) return;
    const { current } = this;
    // The one that is used is known to be there, whatever it is called in the list.
    const all = united([...this.#given, current], urls);
    if (all.join() === this.#all.join()) return;
    this.#all = all;
    this.#at = all.indexOf(current);
    await replaceFile(this.#file, `${JSON.stringify(urls)}\n`, SECRET_MODE);
  }
}

const united = (first: readonly string[], second: readonly string[]): readonly string[] =>
  [...new Set([...first, ...second])].slice(0, MOST);

function urlsIn(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    const isUrl = (each: unknown): each is string => typeof each === 'string' && /^https:\/\/[^/\s]+$/.test(each);
    return Array.isArray(value) ? value.filter(isUrl) : [];
  } catch {
    return [];
  }
}
