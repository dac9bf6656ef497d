import type { LogChunk } from '../runtime.ts';

const HEADER_BYTES = 8;
/** A line of JSON longer than this is not one that Docker sends. */
const LONGEST_LINE_BYTES = 1 << 20;

/**
 * Splits Docker's multiplexed stream (Docker Engine API, "Attach to a container", stream format: one byte stream number, three
 * zero bytes, four bytes length, then the data). Pieces are passed on as they arrive: nothing is gathered, so a consumer that
 * is slow holds the socket back.
 */
export async function* demultiplex(source: AsyncIterable<Uint8Array>): AsyncGenerator<LogChunk> {
  let header = Buffer.alloc(0);
  let remaining = 0;
  let stream: LogChunk['stream'] = 'stdout';
  for await (const piece of source) {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    while (rest.length > 0) {
      if (remaining === 0) {
        const wanted = HEADER_BYTES - header.length;
        header = Buffer.concat([header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (header.length < HEADER_BYTES) break;
        stream = header[0] === 2 ? 'stderr' : 'stdout';
        remaining = header.readUInt32BE(4);
        header = Buffer.alloc(0);
      } else {
        const data = rest.subarray(0, remaining);
        rest = rest.subarray(data.length);
        remaining -= data.length;
        yield { stream, data };
      }
    }
  }
}

/**
 * The data of such a stream whatever its number, in one piece for each that arrives: a log of short lines is a thousand of them in one
 * read. Uses the arriving piece's own memory.
 */
export async function* payloads(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let remaining = 0;
  for await (const piece of source) {
    let [from, to] = [0, 0];
    while (from < piece.length) {
      if (remaining === 0) {
        header[headerBytes++] = piece[from++]!;
        if (headerBytes < HEADER_BYTES) continue;
        headerBytes = 0;
        remaining = header.readUInt32BE(4);
      } else {
        const length = Math.min(remaining, piece.length - from);
        piece.copyWithin(to, from, from + length);
        from += length;
        to += length;
        remaining -= length;
      }
    }
    if (to > 0) yield piece.subarray(0, to);
  }
}

/** A terminal's output: one stream, as it is. */
export async function* plain(source: AsyncIterable<Uint8Array>): AsyncGenerator<LogChunk> {
  for await (const data of source) yield { stream: 'stdout', data };
}

/** Values of a stream of JSON lines. Throws on what is not JSON, and on a line that never ends. */
export async function* jsonLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of source) {
    text += decoder.decode(piece, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
    if (text.length > LONGEST_LINE_BYTES)
      throw new Error(`Docker sent a line of more than ${LONGEST_LINE_BYTES} bytes`);
  }
  if (text.trim()) yield JSON.parse(text);
}
