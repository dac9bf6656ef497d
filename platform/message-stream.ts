import type { Duplex } from 'node:stream';

/**
 * A duplex of messages with back-pressure both ways, over any Node stream in object mode (the two ends of a gRPC call are).
 *
 * Owns the stream's events. Nothing is read from the other side beyond the stream's own small buffer until a message is asked
 * for, and `write` resolves only once the message has been taken by the transport, so that a slow reader holds its writer.
 */
export class MessageStream<In, Out> implements AsyncIterable<In> {
  readonly #stream: Duplex;
  readonly #pendingWrites = new Set<(reason: Error) => void>();
  /** Set when nothing more can be written. */
  #closed: Error | undefined;
  /** Set when nothing more will arrive; `error` when that was not the other side's wish. */
  #ended: { error?: Error } | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('readable', () => this.#wake?.());
    stream.on('end', () => this.finish());
    stream.on('error', (error: Error) => this.finish(error));
    stream.on('close', () => this.finish(new Error('the stream was closed')));
  }

  /** Resolves once the message may be followed by another; rejects when the stream is gone. */
  write(message: Out): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#pendingWrites.add(reject);
      this.#stream.write(message, (error) => {
        this.#pendingWrites.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** No write succeeds any more. What has arrived can still be read. */
  closeWrites(reason: Error): void {
    this.#closed ??= reason;
    for (const reject of this.#pendingWrites) reject(this.#closed);
    this.#pendingWrites.clear();
  }

  /** Nothing more will arrive: with an `error` because the other side is gone, else because it said all. The first call counts. */
  finish(error?: Error): void {
    this.#ended ??= { error };
    if (error) this.closeWrites(error);
    this.#wake?.();
  }

  /** Messages in order; ends when the other side has said all, throws when it went away. For one reader. */
  async *[Symbol.asyncIterator](): AsyncIterator<In> {
    while (true) {
      // What arrived before the end is delivered first, whatever the end was.
      const message = this.#stream.read() as In | null;
      if (message !== null) yield message;
      else if (this.#ended?.error) throw this.#ended.error;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
