import { createWriteStream, type WriteStream } from 'node:fs';
import { Checkers } from '../../sim/checkers/all.ts';
import type { Observation, Violation } from '../../sim/history.ts';

type Untimed<T = Observation> = T extends Observation ? Omit<T, 'atMs'> : never;

/** Writes the history down, one observation in a line, and shows it to the checkers as it goes. Owns the file and the numbers of calls. */
export class Recorder {
  readonly file: string;
  readonly #checkers = new Checkers();
  readonly #lines: WriteStream;
  readonly #startMs = performance.now();
  observations = 0;
  /** By what was observed. */
  readonly counts = new Map<string, number>();
  #numbers = 0;
  #isClosed = false;

  constructor(file: string) {
    this.file = file;
    this.#lines = createWriteStream(file);
  }

  get nowMs(): number {
    return performance.now() - this.#startMs;
  }

  get violations(): readonly Violation[] {
    return this.#checkers.violations;
  }

  /** For a call or a watch. */
  number(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** What comes now is not written down any more. */
  close(): void {
    this.#isClosed = true;
  }

  add(seen: Untimed): void {
    if (this.#isClosed) return;
    const observation = { atMs: Math.round(this.nowMs * 100) / 100, ...seen } as Observation;
    this.observations += 1;
    const sort = seen.type === 'watching' ? (seen.initial ? 'listed' : 'resumed') : seen.type;
    this.counts.set(sort, (this.counts.get(sort) ?? 0) + 1);
    this.#lines.write(`${JSON.stringify(observation)}\n`);
    this.#checkers.take(observation);
  }

  async finish(): Promise<readonly Violation[]> {
    this.close();
    await new Promise<void>((resolve) => this.#lines.end(resolve));
    return this.#checkers.finish();
  }
}
