import type { Scalar } from './table.ts';
import { BYTES, FIXED64, malformed, VARINT, type WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/** How one value is read and written; in JSON it is a scalar, in protobuf a message perhaps. */
export interface Codec {
  readonly wire: number;
  /** Undefined stands for a value that is absent in JSON. */
  read(reader: WireReader): unknown;
  /** With its length where it has one, without its tag. */
  write(writer: WireWriter, value: unknown): void;
  /** In JSON, where protobuf leaves it out of a map. */
  zero(): unknown;
}

/** Seconds of the years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** A message of which each field is read by `read`, by number. */
function readFields(reader: WireReader, read: (field: number) => void): void {
  reader.message(() => {
    while (reader.next()) {
      if (reader.wire === VARINT || reader.wire === BYTES) read(reader.field);
      else reader.skip();
    }
  });
}

const numberField = (reader: WireReader): number =>
  reader.wire === VARINT ? reader.integer() : malformedField(reader, 'a number');
const textField = (reader: WireReader): string =>
  reader.wire === BYTES ? reader.text() : malformedField(reader, 'a text');

function malformedField({ field, wire }: WireReader, wanted: string): never {
  throw malformed(`field ${field} has wire type ${wire}, expected ${wanted}`);
}

/** An empty message is Go's zero time, which is absent in JSON. */
function readTime(reader: WireReader, micro: boolean): string | undefined {
  let seconds: number | undefined;
  let nanos: number | undefined;
  readFields(reader, (field) => {
    if (field === 1) seconds = numberField(reader);
    else if (field === 2) nanos = numberField(reader);
    else reader.skip();
  });
  if (seconds === undefined && nanos === undefined) return undefined;
  return timeText(seconds ?? 0, nanos ?? 0, micro);
}

function timeText(seconds: number, nanos: number, micro: boolean): string {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999)
    throw malformed(`time of ${seconds} s and ${nanos} ns is out of range`);
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return micro ? `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

/** `nanos` of a micro-time come after the second's text and a dot. */
function writeTime(writer: WireWriter, text: string, micro: boolean): void {
  const from = writer.size;
  const seconds = secondsOf(text);
  // A text that is no time stands for none.
  if (!Number.isNaN(seconds)) {
    writer.integer(micro ? Number(text.slice(20, -1).padEnd(9, '0').slice(0, 9)) || 0 : 0);
    writer.byte(0x10);
    writer.integer(seconds);
    writer.byte(0x08);
  }
  writer.unsigned(writer.size - from);
}

const ZERO = 0x30;
const digits = (text: string, at: number): number => (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;

/** Seconds since 1970 of a time in UTC. `Date.parse` would take longer than all the rest of an object. */
function secondsOf(text: string): number {
  const year = digits(text, 0) * 100 + digits(text, 2);
  if (!text.endsWith('Z') || year < 100) return Math.floor(Date.parse(text) / 1000);
  const day = Date.UTC(year, digits(text, 5) - 1, digits(text, 8));
  return day / 1000 + digits(text, 11) * 3600 + digits(text, 14) * 60 + digits(text, 17);
}

const NANOS: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };

/** Go's text of a duration: `1m30s`. */
function nanosOf(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)];
  const total = parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * NANOS[unit]!, 0);
  return Math.round(text.startsWith('-') ? -total : total);
}

function durationText(nanos: number): string {
  const seconds = Math.abs(nanos) / 1e9;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = [hours > 0 ? `${hours}h` : '', seconds >= 60 ? `${minutes}m` : '', `${seconds % 60}s`];
  return `${nanos < 0 ? '-' : ''}${parts.join('')}`;
}

/** A message whose one field, of number 1, is a text. */
function readOnlyText(reader: WireReader): string {
  let text = '';
  readFields(reader, (field) => {
    if (field === 1) text = textField(reader);
    else reader.skip();
  });
  return text;
}

function writeOnlyText(writer: WireWriter, text: string): void {
  const from = writer.size;
  writer.text(text);
  writer.byte(0x0a);
  writer.unsigned(writer.size - from);
}

function readJson(reader: WireReader): unknown {
  const text = readOnlyText(reader);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('a field of raw JSON does not parse', cause);
  }
}

function readIntOrString(reader: WireReader): number | string {
  let [type, int, text] = [0, 0, ''];
  readFields(reader, (field) => {
    if (field === 1) type = numberField(reader);
    else if (field === 2) int = numberField(reader);
    else if (field === 3) text = textField(reader);
    else reader.skip();
  });
  return type === 0 ? int : text;
}

/** All three fields, as Go writes them. */
function writeIntOrString(writer: WireWriter, value: number | string): void {
  const from = writer.size;
  const isText = typeof value === 'string';
  writer.text(isText ? value : '');
  writer.byte(0x1a);
  writer.integer(isText ? 0 : value);
  writer.byte(0x10);
  writer.byte(isText ? 1 : 0);
  writer.byte(0x08);
  writer.unsigned(writer.size - from);
}

function readStrings(reader: WireReader): string[] {
  const texts: string[] = [];
  readFields(reader, (field) => {
    if (field === 1) texts.push(textField(reader));
    else reader.skip();
  });
  return texts;
}

function writeStrings(writer: WireWriter, texts: readonly string[]): void {
  const from = writer.size;
  for (let index = texts.length - 1; index >= 0; index--) {
    writer.text(texts[index]!);
    writer.byte(0x0a);
  }
  writer.unsigned(writer.size - from);
}

const codec = <T>(
  wire: number,
  read: (reader: WireReader) => T | undefined,
  write: (writer: WireWriter, value: T) => void,
  zero: T | undefined,
): Codec => ({ wire, read, write: write as Codec['write'], zero: () => zero });

export const SCALAR_CODECS: Readonly<Record<Scalar, Codec>> = {
  string: codec<string>(
    BYTES,
    (reader) => reader.text(),
    (writer, value) => writer.text(value),
    '',
  ),
  int: codec<number>(
    VARINT,
    (reader) => reader.integer(),
    (writer, value) => writer.integer(value),
    0,
  ),
  bool: codec<boolean>(
    VARINT,
    (reader) => reader.integer() !== 0,
    (writer, value) => writer.byte(value ? 1 : 0),
    false,
  ),
  double: codec<number>(
    FIXED64,
    (reader) => reader.double(),
    (writer, value) => writer.double(value),
    0,
  ),
  bytes: codec<string>(
    BYTES,
    (reader) => Buffer.from(reader.payload()).toString('base64'),
    (writer, value) => {
      const from = writer.size;
      writer.base64(value);
      writer.unsigned(writer.size - from);
    },
    '',
  ),
  time: codec<string>(
    BYTES,
    (reader) => readTime(reader, false),
    (writer, value) => writeTime(writer, value, false),
    undefined,
  ),
  'micro-time': codec<string>(
    BYTES,
    (reader) => readTime(reader, true),
    (writer, value) => writeTime(writer, value, true),
    undefined,
  ),
  duration: codec<string>(
    BYTES,
    (reader) => durationText(readOnlyNumber(reader)),
    (writer, value) => {
      const from = writer.size;
      writer.integer(nanosOf(value));
      writer.byte(0x08);
      writer.unsigned(writer.size - from);
    },
    '0s',
  ),
  quantity: codec<string>(BYTES, (reader) => readOnlyText(reader) || '0', writeOnlyText, '0'),
  'int-or-string': codec<number | string>(BYTES, readIntOrString, writeIntOrString, 0),
  json: codec<unknown>(BYTES, readJson, (writer, value) => writeOnlyText(writer, JSON.stringify(value)), undefined),
  strings: codec<string[]>(BYTES, readStrings, writeStrings, []),
};

function readOnlyNumber(reader: WireReader): number {
  let value = 0;
  readFields(reader, (field) => {
    if (field === 1) value = numberField(reader);
    else reader.skip();
  });
  return value;
}
