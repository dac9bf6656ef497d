import type { Clock, Timer } from '../../../../platform/clock.ts';
import { type Frame, FrameReader, frameBytes, SpdyError, STATUS } from './frames.ts';
import { HeaderReader, HeaderWriter } from './header-block.ts';
import { SpdyStream, type StreamHost } from './stream.ts';

/** Bytes both ways, with back-pressure: a socket, or the messages of a WebSocket. */
export interface ByteChannel {
  readonly bytes: AsyncIterable<Buffer>;
  /** Resolves once the network has taken them; rejects when the client has gone. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** A client that has gone without a word is noticed by what is sent to it, and often nothing is. */
const PING_MS = 5_000;
/** Streams that one client may have open at once. */
const MAX_STREAMS = 2_000;

/**
 * The server's end of a SPDY/3.1 connection. Owns the channel, the streams on it, and the state of the headers' compression.
 *
 * Frames are handled in the order in which they came. Nothing is read while a stream's reader is behind.
 */
export class SpdyConnection implements StreamHost {
  readonly #channel: ByteChannel;
  readonly #opened: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #frames = new FrameReader();
  readonly #headers = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #clock: Clock;
  #lastId = 0;

  /** `opened` is called, at once, with each stream of the client; it has been replied to. */
  constructor(channel: ByteChannel, opened: (stream: SpdyStream) => void, clock: Clock) {
    this.#clock = clock;
    this.#channel = channel;
    this.#opened = opened;
  }

  /** Serves until the client goes, or breaks the protocol. Never rejects. */
  async run(): Promise<void> {
    let reason = new Error('the client has gone');
    const pings = this.#keepAlive();
    try {
      for await (const bytes of this.#channel.bytes) {
        for (const frame of this.#frames.read(bytes)) await this.#handle(frame);
      }
    } catch (error) {
      reason = error as Error;
      if (error instanceof SpdyError) await this.#sayGoodbye();
    } finally {
      pings.cancel();
      for (const stream of [...this.#streams.values()]) stream.fail(reason);
      this.#channel.close();
    }
  }

  sendData(streamId: number, data: Uint8Array, fin: boolean): Promise<void> {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return this.#send({ type: 'data', streamId, fin, data: bytes });
  }

  sendReset(streamId: number): void {
    this.#send({ type: 'rstStream', streamId, status: STATUS.cancel }).catch(() => {});
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId);
  }

  #keepAlive(): { cancel(): void } {
    let timer: Timer;
    const next = () => {
      // Of the server's pings the ids are even; what they are answered with is of no interest.
      this.#send({ type: 'ping', id: 2 }).catch(() => {});
      timer = this.#clock.setTimer(PING_MS, next);
    };
    timer = this.#clock.setTimer(PING_MS, next);
    return { cancel: () => timer.cancel() };
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'data': {
        const stream = this.#streams.get(frame.streamId);
        stream?.take(frame.data, frame.fin);
        return stream?.hasRoom();
      }
      case 'synStream':
        return this.#open(frame.streamId, frame.fin, frame.block);
      case 'synReply':
      case 'headers':
        // Of no interest, but the compression of what follows builds on it.
        this.#headers.read(frame.block);
        if (frame.fin) this.#streams.get(frame.streamId)?.take(Buffer.alloc(0), true);
        return;
      case 'rstStream':
        return this.#streams.get(frame.streamId)?.fail(new Error('the client has given up the stream'));
      case 'ping':
        // Even ids are answers to the server's own.
        return frame.id % 2 === 1 ? this.#send(frame) : undefined;
      case 'goAway':
      case 'ignored':
        return;
    }
  }

  async #open(id: number, fin: boolean, block: Buffer): Promise<void> {
    const headers = this.#headers.read(block);
    if (id % 2 === 0 || id <= this.#lastId) throw new SpdyError(`a new stream with the id ${id} after ${this.#lastId}`);
    this.#lastId = id;
    if (this.#streams.size >= MAX_STREAMS) {
      return this.#send({ type: 'rstStream', streamId: id, status: STATUS.refusedStream });
    }
    const stream = new SpdyStream(id, headers, this);
    this.#streams.set(id, stream);
    if (fin) stream.take(Buffer.alloc(0), true);
    const reply = this.#send({ type: 'synReply', streamId: id, fin: false, block: this.#writer.write({}) });
    this.#opened(stream);
    return reply;
  }

  async #sayGoodbye(): Promise<void> {
    await this.#send({ type: 'goAway', streamId: this.#lastId, status: STATUS.protocolError }).catch(() => {});
  }

  #send(frame: Exclude<Frame, { type: 'ignored' }>): Promise<void> {
    return this.#channel.send(frameBytes(frame));
  }
}
