/** A reader of DER (ITU-T X.690), the binary form of certificates and requests for them: just enough to walk through one. */

/** One value: what it is, and its content, or the whole of it with its head. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const TAG = { sequence: 0x30, set: 0x31, oid: 0x06, octets: 0x04 } as const;

/** Lengths take at most so many bytes: nothing here is larger than a request body. */
const MOST_LENGTH_BYTES = 3;

/** The values that follow each other in `bytes`. Throws `RangeError` when they are not whole. */
export function readDer(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { value, end } = readOne(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

function readOne(bytes: Uint8Array, start: number): { value: DerValue; end: number } {
  const tag = bytes[start] ?? 0;
  const first = bytes[start + 1] ?? 0;
  const more = first < 0x80 ? 0 : first - 0x80;
  if (start + 2 > bytes.length || first === 0x80 || more > MOST_LENGTH_BYTES) throw notDer(start);
  let length = more === 0 ? first : 0;
  for (let index = 0; index < more; index += 1) length = length * 256 + (bytes[start + 2 + index] ?? 0);
  const from = start + 2 + more;
  const end = from + length;
  if (end > bytes.length) throw notDer(start);
  return { value: { tag, content: bytes.subarray(from, end) }, end };
}

const notDer = (at: number) => new RangeError(`no whole DER value at byte ${at}`);

/** The parts of a value that has such parts. */
export function partsOf(value: DerValue | undefined, tag: number): DerValue[] {
  if (value?.tag !== tag) throw new RangeError(`expected DER tag ${tag}, found ${value?.tag ?? 'nothing'}`);
  return readDer(value.content);
}

export const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
