import type { Headers } from './header-block.ts';

/** What a client sent ahead of its reader may be this much before its connection is read no further. */
const HELD_BYTES = 256 * 1024;

/** The connection, as its streams see it. */
export interface StreamHost {
  sendData(streamId: number, data: Uint8Array, fin: boolean): Promise<void>;
  sendReset(streamId: number): void;
  /** Both directions are over. */
  forget(streamId: number): void;
}

/**
 * One stream that the client has opened. Owns what has arrived for it and was not asked for yet.
 *
 * Kubernetes' clients keep to no windows, so that what holds back a client is its connection: it is not read while a stream holds
 * more than {@link HELD_BYTES}.
 */
export class SpdyStream {
  readonly id: number;
  readonly headers: Headers;
  readonly #host: StreamHost;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #incomingOver = false;
  #outgoingOver = false;
  #broken: Error | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(id: number, headers: Headers, host: StreamHost) {
    this.id = id;
    this.headers = headers;
    this.#host = host;
  }

  /** What the client sends; ends when it has said all, throws when it has given up. For one reader. */
  async *incoming(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = this.#held.shift();
      if (next) {
        this.#heldBytes -= next.length;
        this.#change();
        yield next;
      } else if (this.#broken) throw this.#broken;
      else if (this.#incomingOver) return;
      else await this.#changed.promise;
    }
  }

  /** Resolves when more may follow; rejects when the client is gone. */
  async write(data: Uint8Array): Promise<void> {
    if (this.#broken) throw this.#broken;
    if (!this.#outgoingOver) await this.#host.sendData(this.id, data, false);
  }

  /** All is said. */
  async end(): Promise<void> {
    if (this.#outgoingOver || this.#broken) return;
    this.#outgoingOver = true;
    await this.#host.sendData(this.id, Buffer.alloc(0), true).catch(() => {});
    this.#forgetWhenOver();
  }

  /** Ends both directions, as something that went wrong. */
  reset(): void {
    if (this.#broken || (this.#incomingOver && this.#outgoingOver)) return;
    this.fail(new Error('the stream was reset'));
    this.#host.sendReset(this.id);
  }

  /** The connection's side: takes what has arrived. */
  take(data: Buffer, fin: boolean): void {
    if (data.length > 0 && !this.#incomingOver && !this.#broken) {
      this.#held.push(data);
      this.#heldBytes += data.length;
    }
    if (fin) {
      this.#incomingOver = true;
      this.#forgetWhenOver();
    }
    this.#change();
  }

  /** The connection's side: resolves when more may be taken. */
  async hasRoom(): Promise<void> {
    while (this.#heldBytes > HELD_BYTES && !this.#broken) await this.#changed.promise;
  }

  /** The connection's side: the client has given this stream up, or is gone. */
  fail(reason: Error): void {
    this.#broken ??= reason;
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#host.forget(this.id);
    this.#change();
  }

  /** Nobody will read what the client still sends. */
  drop(): void {
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#incomingOver = true;
    this.#forgetWhenOver();
    this.#change();
  }

  #forgetWhenOver(): void {
    if (this.#incomingOver && this.#outgoingOver) this.#host.forget(this.id);
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
