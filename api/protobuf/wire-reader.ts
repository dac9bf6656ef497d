import { badRequest } from '../meta/errors.ts';
import { MAX_DEPTH, tooDeep } from '../meta/json.ts';

/** The protobuf wire format, as it is read: fields of a number, a wire type and a payload. Malformed bytes are a 400. */

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

export const malformed = (why: string, cause?: unknown) => badRequest(`malformed protobuf body: ${why}`, cause);

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Up to this many bytes, going over them one by one is faster than asking for a text. */
const SHORT = 24;
const TWO_32 = 2 ** 32;
const MAX_FIELD = 0x1fffffff;

/** Reads a message, and those within it, from front to end. Owns its position and the end of the message it is in. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #end: number;
  #depth = 0;
  /** Number and wire type of the field that `next` has come to. */
  field = 0;
  wire = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Goes on to the next field of the message; false at its end. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.unsigned();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field < 1 || this.field > MAX_FIELD) throw malformed(`field number ${this.field} is out of range`);
    return true;
  }

  /** Reads the length-delimited payload as a message: `read` is to call `next` until it is false. */
  message<T>(read: () => T): T {
    const length = this.#length();
    const outerEnd = this.#end;
    if (this.#depth >= MAX_DEPTH) throw tooDeep('the protobuf body');
    this.#depth += 1;
    this.#end = this.#at + length;
    const value = read();
    this.#at = this.#end;
    this.#end = outerEnd;
    this.#depth -= 1;
    return value;
  }

  /** The length-delimited payload as values that stand one behind the other (a packed list). */
  packed(read: () => void): void {
    this.message(() => {
      while (this.#at < this.#end) read();
    });
  }

  /** A signed 64-bit integer; beyond 2^53 it loses precision, as any JSON number does. */
  integer(): number {
    const first = this.#bytes[this.#at]!;
    if (this.#at < this.#end && first < 0x80) {
      this.#at += 1;
      return first;
    }
    return this.#longVarint(true);
  }

  unsigned(): number {
    const first = this.#bytes[this.#at]!;
    if (this.#at < this.#end && first < 0x80) {
      this.#at += 1;
      return first;
    }
    return this.#longVarint(false);
  }

  double(): number {
    const at = this.#take(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  /** A length-delimited payload, without copying. */
  payload(): Uint8Array {
    const length = this.#length();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** UTF-8 text. */
  text(): string {
    const length = this.#length();
    const at = this.#take(length);
    if (length <= SHORT) {
      const text = this.#ascii(at, at + length);
      if (text !== undefined) return text;
    }
    try {
      return UTF8.decode(this.#bytes.subarray(at, at + length));
    } catch (cause) {
      throw malformed('a string is not UTF-8', cause);
    }
  }

  skip(): void {
    if (this.wire === VARINT) this.unsigned();
    else if (this.wire === FIXED64) this.#take(8);
    else if (this.wire === BYTES) this.#take(this.#length());
    else if (this.wire === FIXED32) this.#take(4);
    else throw malformed(`wire type ${this.wire} is not supported`);
  }

  #ascii(from: number, to: number): string | undefined {
    let text = '';
    for (let at = from; at < to; at++) {
      const byte = this.#bytes[at]!;
      if (byte >= 0x80) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #length(): number {
    const length = this.unsigned();
    if (length > this.#end - this.#at) throw malformed(`a field of ${length} bytes ends after the body`);
    return length;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw malformed('it ends inside a field');
    this.#at = at + length;
    return at;
  }

  /** Up to 64 bits, gathered as two halves of 32. What goes beyond them is cut off. */
  #longVarint(signed: boolean): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.#bytes[this.#take(1)]!;
      const bits = byte & 0x7f;
      if (index < 4) low += bits * 2 ** (7 * index);
      else if (index === 4) {
        low += (bits & 0x0f) * 2 ** 28;
        high = bits >> 4;
      } else if (index < 9) high += bits * 2 ** (7 * index - 32);
      else high += (bits & 1) * 2 ** 31;
      if (byte < 0x80) return (signed && high >= 2 ** 31 ? high - TWO_32 : high) * TWO_32 + low;
    }
    throw malformed('a number is longer than 10 bytes');
  }
}
