import { isJsonObject, type JsonObject, setOwn } from '../meta/json.ts';
import { type Codec, SCALAR_CODECS } from './scalar-codecs.ts';
import { type Field, Message } from './table.ts';
import { UNIONS } from './unions.ts';
import { BYTES, malformed, type WireReader } from './wire-reader.ts';
import type { WireWriter } from './wire-writer.ts';

/**
 * Messages as objects in their JSON form. What the object has is written, zeros too; what it has not is left out. Go also writes the
 * zeros of absent fields that are no pointers, which makes no difference to who reads them.
 */

interface Part {
  readonly field: Field;
  /** Of the value, or of one item. */
  readonly codec: Codec;
  /** What the tag of an item says. */
  readonly tag: number;
  /** With its tag. */
  readonly write: (writer: WireWriter, value: unknown) => void;
}

/** Owns the codecs of its fields, made when first needed, since messages may hold themselves. */
export class MessageCodec implements Codec {
  readonly wire = BYTES;
  readonly #message: Message;
  #parts: readonly Part[] | undefined;
  #byNumber: readonly (Part | undefined)[] = [];

  constructor(message: Message) {
    this.#message = message;
  }

  read(reader: WireReader): JsonObject {
    return reader.message(() => this.readInto(reader, {}));
  }

  write(writer: WireWriter, value: unknown): void {
    const from = writer.size;
    this.writeFields(writer, value as JsonObject);
    writer.unsigned(writer.size - from);
  }

  zero(): JsonObject {
    return {};
  }

  /** The fields up to the end of the message, without its length. Those that the table does not know are skipped. */
  readInto(reader: WireReader, object: JsonObject): JsonObject {
    this.#compile();
    while (reader.next()) {
      const part = this.#byNumber[reader.field];
      if (part) readPart(part, reader, object);
      else reader.skip();
    }
    return object;
  }

  /** The fields, without the message's length: the last one first. */
  writeFields(writer: WireWriter, object: JsonObject): void {
    const parts = this.#compile();
    for (let index = parts.length - 1; index >= 0; index--) {
      const { field, write } = parts[index]!;
      const value = field.inline ? object : object[field.name];
      if (value !== undefined && (value !== null || field.type === 'json')) write(writer, value);
    }
  }

  #compile(): readonly Part[] {
    if (this.#parts) return this.#parts;
    const parts = this.#message.fields.map(partOf);
    const byNumber: Part[] = [];
    for (const part of parts) byNumber[part.field.number] = part;
    this.#byNumber = byNumber;
    this.#parts = parts;
    return parts;
  }
}

/** A memo of a pure function: what it holds is determined by its keys alone. */
const codecs = new WeakMap<Message, MessageCodec>();

export function codecOf(message: Message): MessageCodec {
  let found = codecs.get(message);
  if (!found) {
    found = new MessageCodec(message);
    codecs.set(message, found);
  }
  return found;
}

function partOf(field: Field): Part {
  const codec = valueCodec(field);
  const tag = field.number * 8 + (field.container ? (field.container === 'map' ? BYTES : codec.wire) : codec.wire);
  return { field, codec, tag, write: writerOf(field, codec, tag) };
}

function valueCodec({ type }: Field): Codec {
  if (!(type instanceof Message)) return SCALAR_CODECS[type];
  const codec = codecOf(type);
  const union = Object.hasOwn(UNIONS, type.name) ? UNIONS[type.name] : undefined;
  if (!union) return codec;
  return {
    wire: BYTES,
    read: (reader) => union.fromMessage(codec.read(reader)),
    write: (writer, value) => codec.write(writer, union.toMessage(value)),
    zero: () => union.fromMessage({}),
  };
}

function writerOf({ container, inline, type }: Field, codec: Codec, tag: number): Part['write'] {
  if (inline) return inlineWriter(type as Message, tag);
  if (container === 'list') {
    return (writer, values) => {
      const items = values as readonly unknown[];
      for (let index = items.length - 1; index >= 0; index--) {
        codec.write(writer, items[index]);
        writer.unsigned(tag);
      }
    };
  }
  if (container === 'map') return mapWriter(codec, tag);
  return (writer, value) => {
    codec.write(writer, value);
    writer.unsigned(tag);
  };
}

/** Fields of the same object; a message without any is left out. */
function inlineWriter(message: Message, tag: number): Part['write'] {
  const codec = codecOf(message);
  return (writer, object) => {
    const from = writer.size;
    codec.writeFields(writer, object as JsonObject);
    if (writer.size > from) writer.enclose(from, tag);
  };
}

const KEY = 1 * 8 + BYTES;

function mapWriter(codec: Codec, tag: number): Part['write'] {
  const valueTag = 2 * 8 + codec.wire;
  return (writer, values) => {
    const map = values as JsonObject;
    const names = Object.keys(map);
    for (let index = names.length - 1; index >= 0; index--) {
      const from = writer.size;
      const name = names[index]!;
      codec.write(writer, map[name]);
      writer.byte(valueTag);
      writer.text(name);
      writer.byte(KEY);
      writer.enclose(from, tag);
    }
  };
}

function readPart(part: Part, reader: WireReader, object: JsonObject): void {
  const { field, codec, tag } = part;
  if (reader.wire !== tag % 8) {
    if (field.container === 'list' && reader.wire === BYTES)
      reader.packed(() => listOf(field, object).push(codec.read(reader)));
    else throw malformed(`field ${field.name} has wire type ${reader.wire}, expected ${tag % 8}`);
  } else if (field.container === 'list') listOf(field, object).push(codec.read(reader));
  else if (field.container === 'map') readEntry(part, reader, object);
  else readSingle(part, reader, object);
}

function listOf({ name }: Field, object: JsonObject): unknown[] {
  object[name] ??= [];
  return object[name] as unknown[];
}

function readSingle({ field, codec }: Part, reader: WireReader, object: JsonObject): void {
  if (codec instanceof MessageCodec) {
    // A message that comes in several pieces is put together.
    const before = field.inline ? object : object[field.name];
    const target = isJsonObject(before) ? before : {};
    reader.message(() => codec.readInto(reader, target));
    if (!field.inline) object[field.name] = target;
    return;
  }
  const value = codec.read(reader);
  // Go writes zero values of fields that are not pointers; its JSON leaves them out.
  const isZero = value === '' || value === 0 || value === false;
  if (value !== undefined && (field.pointer || !isZero || KEEPS_ZERO.has(field.type))) object[field.name] = value;
}

/** In JSON, a zero of these is not left out. */
const KEEPS_ZERO: ReadonlySet<unknown> = new Set(['int-or-string', 'json', 'quantity', 'duration']);

function readEntry({ field, codec }: Part, reader: WireReader, object: JsonObject): void {
  object[field.name] ??= {};
  let key = '';
  let value: unknown;
  let given = false;
  reader.message(() => {
    while (reader.next()) {
      if (reader.field === 1 && reader.wire === BYTES) key = reader.text();
      else if (reader.field === 2 && reader.wire === codec.wire) {
        value = codec.read(reader);
        given = true;
      } else reader.skip();
    }
  });
  setOwn(object[field.name] as JsonObject, key, given ? value : codec.zero());
}
