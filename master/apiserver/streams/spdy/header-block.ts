import { constants, inflateRawSync } from 'node:zlib';
import { SpdyError } from './frames.ts';
import { HEADER_DICTIONARY } from './header-dictionary.ts';

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** How far deflate looks back (RFC 1951). */
const WINDOW_BYTES = 32 * 1024;
const MAX_BLOCK_BYTES = 64 * 1024;
const MAX_HEADERS = 100;
const HAS_DICTIONARY = 0x20;
/** An empty stored block: readers hold back what they have inflated until they meet one. */
const FLUSH = Buffer.of(0, 0, 0, 0xff, 0xff);

/**
 * Reads blocks of headers (SPDY Protocol, Draft 3.1, section 2.6.10). All blocks of a connection are one zlib stream, flushed
 * after each: a block is inflated by itself, with what came out before it as its dictionary.
 *
 * Owns the last 32 KB that came out. After an error it must not be used again.
 */
export class HeaderReader {
  #window: Buffer = Buffer.alloc(0);
  #begun = false;

  read(block: Buffer): Headers {
    let rest = block;
    if (!this.#begun) {
      this.#begun = true;
      if (rest.length < 2 || (rest[0]! & 0x0f) !== 8) throw new SpdyError('headers that are not compressed with zlib');
      const withDictionary = (rest[1]! & HAS_DICTIONARY) !== 0;
      if (withDictionary) this.#window = HEADER_DICTIONARY;
      rest = rest.subarray(withDictionary ? 6 : 2);
    }
    const bytes = this.#inflate(rest);
    this.#window = Buffer.concat([this.#window, bytes]).subarray(-WINDOW_BYTES);
    return parseHeaders(bytes);
  }

  #inflate(block: Buffer): Buffer {
    const dictionary = this.#window.length > 0 ? this.#window : undefined;
    const options = { dictionary, finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BLOCK_BYTES };
    try {
      return inflateRawSync(block, options);
    } catch (cause) {
      throw new SpdyError(`headers that cannot be inflated: ${(cause as Error).message}`, { cause });
    }
  }
}

function parseHeaders(bytes: Buffer): Headers {
  let at = 0;
  const count = () => {
    if (at + 4 > bytes.length) throw new SpdyError('a block of headers that is cut off');
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = count();
    if (length > bytes.length - at) throw new SpdyError('a block of headers that is cut off');
    at += length;
    return bytes.toString('latin1', at - length, at);
  };
  const total = count();
  if (total > MAX_HEADERS) throw new SpdyError(`${total} headers; at most ${MAX_HEADERS}`);
  const headers: [string, string][] = [];
  for (let index = 0; index < total; index++) headers.push([text().toLowerCase(), text()]);
  return Object.fromEntries(headers);
}

/** Writes blocks of headers, stored as they are: ours are empty or short. Owns whether the zlib stream has begun. */
export class HeaderWriter {
  #begun = false;

  write(headers: Headers): Buffer {
    const entries = Object.entries(headers);
    const parts = [lengthOf(entries.length)];
    for (const word of entries.flat())
      parts.push(lengthOf(Buffer.byteLength(word, 'latin1')), Buffer.from(word, 'latin1'));
    const content = Buffer.concat(parts);
    if (content.length > 0xffff) throw new Error('headers of more than 64 KB');
    // A deflate block that is not the last, stored: its length, and the length's complement (RFC 1951, 3.2.4).
    const head = Buffer.alloc(5);
    head.writeUInt16LE(content.length, 1);
    head.writeUInt16LE(~content.length & 0xffff, 3);
    const begin = this.#begun ? Buffer.alloc(0) : Buffer.of(0x78, 0x01);
    this.#begun = true;
    return Buffer.concat([begin, head, content, FLUSH]);
  }
}

function lengthOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
