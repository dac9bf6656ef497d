export interface ExecResult {
  readonly exitCode: number;
  /** The first 4 KiB of what it wrote. */
  readonly output: string;
}

/** Which streams are wanted. A terminal has one output, so that with `tty` everything is standard output. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ExecOptions extends StreamOptions {
  readonly command: readonly string[];
}

/**
 * The streams of a process, with back-pressure both ways: what it writes is held back until it is asked for, and `write`
 * resolves only when more may follow. The signal it was opened with closes it.
 */
export interface ProcessStreams {
  /** Ends when the process (of `attach`: the container) has closed its outputs, or after `close`. For one reader. */
  readonly output: AsyncIterable<LogChunk>;
  /** Rejects once nobody reads the input any more. */
  write(data: Uint8Array): Promise<void>;
  /** The input is at its end. */
  endInput(): void;
  /** Size of its terminal, in characters. Never fails: the newest size is told at best effort. */
  resize(width: number, height: number): void;
  /** To be asked after the end of `output`: resolves when the process has ended. Of `attach`: 0 at once. */
  exitCode(): Promise<number>;
  /** Lets go of the streams; the process itself is left alone. */
  close(): void;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Each line starts with its RFC 3339 time and a space. */
  readonly timestamps: boolean;
  /** Only the last so many lines; a line of more than 16 KiB counts as several. */
  readonly tailLines?: number;
  /** Only lines written at or after this time. */
  readonly sinceMs?: number;
}

export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}
