import { badRequest } from '../meta/errors.ts';

/** The protobuf wire format: fields of a number, a wire type and a payload. Malformed bytes are a 400. */

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const malformed = (why: string) => badRequest(`malformed protobuf body: ${why}`);

/** Reads one message's bytes from front to end. Owns its position only; the bytes are shared. */
export class WireReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Field number and wire type of the next field. */
  tag(): { field: number; wire: number } {
    const tag = this.unsigned();
    const field = Number(tag >> 3n);
    if (field < 1 || field > 0x1fffffff) throw malformed(`field number ${field} is out of range`);
    return { field, wire: Number(tag & 7n) };
  }

  /** A signed 64-bit integer; beyond 2^53 it loses precision, as any JSON number does. */
  integer(): number {
    return Number(BigInt.asIntN(64, this.unsigned()));
  }

  double(): number {
    const bytes = this.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  /** A length-delimited payload, without copying. */
  payload(): Uint8Array {
    const length = this.unsigned();
    if (length > BigInt(this.bytes.length - this.at)) throw malformed(`a field of ${length} bytes ends after the body`);
    return this.take(Number(length));
  }

  skip(wire: number): void {
    if (wire === VARINT) this.unsigned();
    else if (wire === FIXED64) this.take(8);
    else if (wire === BYTES) this.payload();
    else if (wire === FIXED32) this.take(4);
    else throw malformed(`wire type ${wire} is not supported`);
  }

  private unsigned(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw malformed('it ends inside a number');
      this.at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('a number is longer than 10 bytes');
  }

  private take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw malformed('it ends inside a field');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** UTF-8 text, or 400. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badRequest('malformed protobuf body: a string is not UTF-8', cause);
  }
}

export { malformed };
