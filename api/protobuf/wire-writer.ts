/**
 * The protobuf wire format, as it is written: backwards, so that the length of a message is known when it is to stand before it,
 * and nothing is gone over twice. Whoever uses it writes values in reverse: payload, length, tag; the last field first.
 *
 * Owns one buffer that grows and is used again.
 */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(16 * 1024);
  #at = this.#bytes.length;

  /** Bytes written so far: taken before a payload and given to `length` after it. */
  get size(): number {
    return this.#bytes.length - this.#at;
  }

  /** What was written, as a copy; the writer begins anew. */
  take(): Buffer {
    const made = Buffer.allocUnsafe(this.size);
    this.#bytes.copy(made, 0, this.#at);
    this.#at = this.#bytes.length;
    return made;
  }

  /** Begins anew after a failure. */
  clear(): void {
    this.#at = this.#bytes.length;
  }

  /** The length of all that was written since `size` was `from`, and the tag before it. */
  enclose(from: number, tag: number): void {
    this.unsigned(this.size - from);
    this.unsigned(tag);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[--this.#at] = value;
  }

  /** At most 2^53. */
  unsigned(value: number): void {
    this.#room(10);
    if (value < 0x80) {
      this.#bytes[--this.#at] = value;
    } else if (value < 0x4000) {
      this.#bytes[--this.#at] = value >> 7;
      this.#bytes[--this.#at] = (value & 0x7f) | 0x80;
    } else {
      this.#varint(value % TWO_32, Math.floor(value / TWO_32));
    }
  }

  /** A signed 64-bit integer, in two's complement. */
  integer(value: number): void {
    if (value >= 0) {
      this.unsigned(value);
      return;
    }
    this.#room(10);
    const high = Math.floor(value / TWO_32);
    this.#varint(value - high * TWO_32, high >>> 0);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at - 8) - 8;
  }

  /** Text as UTF-8, with its length before it. */
  text(value: string): void {
    this.#room(value.length * 3 + 10);
    if (value.length > SHORT || !this.#asciiText(value)) this.#longText(value);
  }

  /** What standard base64 text stands for, without its length. */
  base64(text: string): void {
    const bytes = Buffer.from(text, 'base64');
    this.#room(bytes.length);
    this.#at -= bytes.length;
    bytes.copy(this.#bytes, this.#at);
  }

  /** False, with nothing written, for text that is more than ASCII. */
  #asciiText(value: string): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = value.length - 1; index >= 0; index--) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[--at] = code;
    }
    bytes[--at] = value.length;
    this.#at = at;
    return true;
  }

  #longText(value: string): void {
    const length = Buffer.byteLength(value);
    this.#at -= length;
    this.#bytes.write(value, this.#at, length, 'utf8');
    this.unsigned(length);
  }

  #varint(low: number, high: number): void {
    let rest = low >>> 0;
    let above = high >>> 0;
    const groups: number[] = [];
    do {
      groups.push(rest & 0x7f);
      rest = ((rest >>> 7) | ((above & 0x7f) << 25)) >>> 0;
      above >>>= 7;
    } while (rest > 0 || above > 0);
    for (let index = groups.length - 1; index >= 0; index--)
      this.#bytes[--this.#at] = groups[index]! | (index === groups.length - 1 ? 0 : 0x80);
  }

  #room(length: number): void {
    if (this.#at >= length) return;
    const { size } = this;
    const larger = Buffer.allocUnsafe(2 * (this.#bytes.length + length));
    this.#bytes.copy(larger, larger.length - size, this.#at);
    this.#at = larger.length - size;
    this.#bytes = larger;
  }
}

const TWO_32 = 2 ** 32;
/** Up to this many characters, going over them one by one is faster than a call of Node. */
const SHORT = 32;
