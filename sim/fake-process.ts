import type { LogChunk, ProcessStreams } from '../agent/runtime.ts';

/** What a simulated process does with its streams. */
export interface Behaviour {
  readonly says: readonly LogChunk[];
  /** Writes back what it reads, and ends with its input; otherwise `ended` says when it ends. */
  readonly echoes: boolean;
  readonly exitCode: number;
  /** Resolves when the process is over by itself, or its container is. */
  readonly ended: Promise<void>;
}

/** Streams of a simulated process. Holds one piece of input: the next `write` waits until it has been read. */
export class FakeProcess implements ProcessStreams {
  readonly output: AsyncIterable<LogChunk>;
  /** Terminal sizes it was told, for assertions. */
  readonly sizes: string[] = [];
  readonly #behaviour: Behaviour;
  #held: Uint8Array | undefined;
  #inputOver = false;
  #over = false;
  #changed = Promise.withResolvers<void>();

  constructor(behaviour: Behaviour, signal: AbortSignal) {
    this.#behaviour = behaviour;
    signal.addEventListener('abort', () => this.close(), { once: true });
    void behaviour.ended.then(() => this.close());
    this.output = this.#run();
  }

  async write(data: Uint8Array): Promise<void> {
    while (this.#held && !this.#over) await this.#changed.promise;
    if (this.#inputOver || this.#over) throw new Error('nobody reads the input any more');
    this.#held = data;
    this.#change();
  }

  endInput(): void {
    this.#inputOver = true;
    this.#change();
  }

  resize(width: number, height: number): void {
    this.sizes.push(`${width}x${height}`);
  }

  async exitCode(): Promise<number> {
    return this.#behaviour.exitCode;
  }

  close(): void {
    this.#over = true;
    this.#change();
  }

  async *#run(): AsyncGenerator<LogChunk> {
    const { says, echoes } = this.#behaviour;
    yield* says;
    while (!this.#over) {
      const data = echoes ? this.#held : undefined;
      this.#held = undefined;
      if (data) {
        this.#change();
        yield { stream: 'stdout', data };
      } else if (echoes && this.#inputOver) return;
      else await this.#changed.promise;
    }
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
