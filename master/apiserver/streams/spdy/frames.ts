/**
 * Frames of SPDY/3.1 (SPDY Protocol, Draft 3.1, section 2.2), as far as Kubernetes' clients use them. Pure.
 *
 * A control frame: bit 1, version (15 bits), type (16), flags (8), length (24). A data frame: bit 0, stream (31), flags, length.
 */
export type Frame =
  /** A piece of a data frame, as it arrives; `fin` only with the last. */
  | { readonly type: 'data'; readonly streamId: number; readonly fin: boolean; readonly data: Buffer }
  /** `block` holds compressed headers, see `header-block.ts`. */
  | {
      readonly type: 'synStream' | 'synReply' | 'headers';
      readonly streamId: number;
      readonly fin: boolean;
      readonly block: Buffer;
    }
  | { readonly type: 'rstStream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'goAway'; readonly streamId: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  /** Settings and windows: nobody who speaks to us keeps to them. */
  | { readonly type: 'ignored' };

/** The other side does not speak SPDY/3.1: its connection is of no more use. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

const VERSION = 3;
const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;
const FLAG_FIN = 1;
const HEAD_BYTES = 8;
const MAX_CONTROL_BYTES = 64 * 1024;
const STREAM_BITS = 0x7fffffff;

/** Status codes of RST_STREAM and GOAWAY. */
export const STATUS = { protocolError: 1, refusedStream: 3, cancel: 5 } as const;

const NOTHING = Buffer.alloc(0);

/** Takes bytes however they are cut, and gives frames. Owns what has arrived of a control frame that is not whole yet. */
export class FrameReader {
  #rest: Buffer = NOTHING;
  /** The data frame under way. */
  #open: { readonly streamId: number; readonly fin: boolean; left: number } | undefined;

  /** Throws {@link SpdyError}; then the reader must not be used again. */
  read(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#open) return this.#piece(this.#open);
    if (this.#rest.length < HEAD_BYTES) return undefined;
    const word = this.#rest.readUInt32BE(0);
    const flags = this.#rest[4]!;
    const length = this.#rest.readUIntBE(5, 3);
    if (word >>> 31 === 0) {
      this.#rest = this.#rest.subarray(HEAD_BYTES);
      const open = { streamId: word, fin: (flags & FLAG_FIN) !== 0, left: length };
      if (length === 0) return { type: 'data', streamId: open.streamId, fin: open.fin, data: NOTHING };
      this.#open = open;
      return this.#piece(open);
    }
    const version = (word >>> 16) & 0x7fff;
    if (version !== VERSION) throw new SpdyError(`a frame of version ${version}, where ${VERSION} is spoken`);
    if (length > MAX_CONTROL_BYTES)
      throw new SpdyError(`a control frame of ${length} bytes; at most ${MAX_CONTROL_BYTES}`);
    if (this.#rest.length < HEAD_BYTES + length) return undefined;
    const body = this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length);
    this.#rest = this.#rest.subarray(HEAD_BYTES + length);
    return controlFrame(word & 0xffff, (flags & FLAG_FIN) !== 0, body);
  }

  #piece(open: { readonly streamId: number; readonly fin: boolean; left: number }): Frame | undefined {
    if (this.#rest.length === 0) return undefined;
    const data = this.#rest.subarray(0, open.left);
    this.#rest = this.#rest.subarray(data.length);
    open.left -= data.length;
    if (open.left === 0) this.#open = undefined;
    return { type: 'data', streamId: open.streamId, fin: open.fin && open.left === 0, data };
  }
}

function controlFrame(type: number, fin: boolean, body: Buffer): Frame {
  const word = (at: number): number => {
    if (body.length < at + 4) throw new SpdyError(`a control frame of type ${type} with only ${body.length} bytes`);
    return body.readUInt32BE(at);
  };
  const streamId = () => word(0) & STREAM_BITS;
  switch (type) {
    case TYPE.synStream:
      // After the stream come the stream it belongs to, its priority and a slot.
      return { type: 'synStream', streamId: streamId(), fin, block: blockAt(body, 10) };
    case TYPE.synReply:
      return { type: 'synReply', streamId: streamId(), fin, block: blockAt(body, 4) };
    case TYPE.headers:
      return { type: 'headers', streamId: streamId(), fin, block: blockAt(body, 4) };
    case TYPE.rstStream:
      return { type: 'rstStream', streamId: streamId(), status: word(4) };
    case TYPE.goAway:
      return { type: 'goAway', streamId: streamId(), status: word(4) };
    case TYPE.ping:
      return { type: 'ping', id: word(0) };
    default:
      // Unknown types are to be ignored.
      return { type: 'ignored' };
  }
}

function blockAt(body: Buffer, at: number): Buffer {
  if (body.length < at) throw new SpdyError(`a frame that opens a stream with only ${body.length} bytes`);
  return body.subarray(at);
}

/** A frame as bytes. Data must fit 24 bits of length. */
export function frameBytes(frame: Exclude<Frame, { type: 'ignored' }>): Buffer {
  switch (frame.type) {
    case 'data': {
      const bytes = Buffer.allocUnsafe(HEAD_BYTES + frame.data.length);
      bytes.writeUInt32BE(frame.streamId, 0);
      bytes[4] = frame.fin ? FLAG_FIN : 0;
      bytes.writeUIntBE(frame.data.length, 5, 3);
      bytes.set(frame.data, HEAD_BYTES);
      return bytes;
    }
    case 'synStream':
      return control(TYPE.synStream, frame.fin, [words(frame.streamId, 0), Buffer.alloc(2), frame.block]);
    case 'synReply':
    case 'headers':
      return control(TYPE[frame.type], frame.fin, [words(frame.streamId), frame.block]);
    case 'rstStream':
    case 'goAway':
      return control(TYPE[frame.type], false, [words(frame.streamId, frame.status)]);
    case 'ping':
      return control(TYPE.ping, false, [words(frame.id)]);
  }
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

function control(type: number, fin: boolean, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head[4] = fin ? FLAG_FIN : 0;
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}
