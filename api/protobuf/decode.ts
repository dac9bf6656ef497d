import { badRequest } from '../meta/errors.ts';
import { isJsonObject, type JsonObject, setOwn } from '../meta/json.ts';
import { bodyKinds, type Field, type Message, messages } from './table.ts';
import { BYTES, FIXED64, malformed, textOf, VARINT, WireReader } from './wire.ts';

/**
 * Kubernetes' protobuf request bodies (`application/vnd.kubernetes.protobuf`; Kubernetes docs, "API Concepts", "Kubernetes
 * Protobuf encoding"): four magic bytes, then `runtime.Unknown` around the object. The result is the object as its JSON would be.
 * Fields of newer servers that the tables do not know are skipped, as protobuf does.
 */

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

/** Fields of small messages that are read by hand: number to payload or integer. The last of a number wins. */
function rawFields(bytes: Uint8Array): Map<number, Uint8Array | number> {
  const fields = new Map<number, Uint8Array | number>();
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (wire === BYTES) fields.set(field, reader.payload());
    else if (wire === VARINT) fields.set(field, reader.integer());
    else reader.skip(wire);
  }
  return fields;
}

const payloadOf = (value: Uint8Array | number | undefined): Uint8Array =>
  typeof value === 'number' || value === undefined ? new Uint8Array() : value;
const stringIn = (fields: Map<number, Uint8Array | number>, number: number) => textOf(payloadOf(fields.get(number)));
const numberIn = (fields: Map<number, Uint8Array | number>, number: number) => {
  const value = fields.get(number);
  return typeof value === 'number' ? value : 0;
};

/** Seconds of the years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** `metav1.Time` and `MicroTime`: an empty message is Go's zero time, which is absent in JSON. */
function timeOf(bytes: Uint8Array, micro: boolean): string | undefined {
  if (bytes.length === 0) return undefined;
  const fields = rawFields(bytes);
  const seconds = numberIn(fields, 1);
  const nanos = numberIn(fields, 2);
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999)
    throw malformed(`time of ${seconds} s and ${nanos} ns is out of range`);
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return micro ? `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

function intOrStringOf(bytes: Uint8Array): number | string {
  const fields = rawFields(bytes);
  return numberIn(fields, 1) === 0 ? numberIn(fields, 2) : stringIn(fields, 3);
}

/** `FieldsV1`: JSON text in a field of bytes. */
function jsonOf(bytes: Uint8Array): unknown {
  const text = stringIn(rawFields(bytes), 1);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badRequest('malformed protobuf body: a field of raw JSON does not parse', cause);
  }
}

const base64Of = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** A value that came as a length-delimited payload. */
function fromPayload(type: string, bytes: Uint8Array): unknown {
  switch (type) {
    case 'string':
      return textOf(bytes);
    case 'bytes':
      return base64Of(bytes);
    case 'time':
      return timeOf(bytes, false);
    case 'micro-time':
      return timeOf(bytes, true);
    case 'quantity':
      return stringIn(rawFields(bytes), 1) || '0';
    case 'int-or-string':
      return intOrStringOf(bytes);
    case 'json':
      return jsonOf(bytes);
    default:
      return messageOf(type, bytes);
  }
}

const WIRE_TYPES: Readonly<Record<string, number>> = { int: VARINT, bool: VARINT, double: FIXED64 };
const wireOf = (type: string) => WIRE_TYPES[type] ?? BYTES;

function scalar(type: string, reader: WireReader): unknown {
  if (type === 'int') return reader.integer();
  if (type === 'bool') return reader.integer() !== 0;
  return type === 'double' ? reader.double() : fromPayload(type, reader.payload());
}

/** Zero value of a map's entry whose value is left out. */
const emptyOf = (type: string) => (type === 'int' ? 0 : type === 'bool' ? false : fromPayload(type, new Uint8Array()));

function addEntry(object: JsonObject, field: Field, bytes: Uint8Array): void {
  object[field.name] ??= {};
  const map = object[field.name] as JsonObject;
  const entry = rawFields(bytes);
  const value = entry.get(2);
  const decoded =
    value === undefined ? emptyOf(field.type) : typeof value === 'number' ? value : fromPayload(field.type, value);
  setOwn(map, stringIn(entry, 1), decoded);
}

function addRepeated(object: JsonObject, field: Field, wire: number, reader: WireReader): void {
  object[field.name] ??= [];
  const items = object[field.name] as unknown[];
  if (wire === BYTES && wireOf(field.type) !== BYTES) {
    const packed = new WireReader(reader.payload());
    while (!packed.done) items.push(scalar(field.type, packed));
  } else {
    items.push(scalar(field.type, reader));
  }
}

function addField(object: JsonObject, field: Field, wire: number, reader: WireReader): void {
  const expected = wireOf(field.type);
  if (wire !== expected && !(field.repeated && wire === BYTES))
    throw malformed(`field ${field.name} has wire type ${wire}, expected ${expected}`);
  if (field.map) {
    addEntry(object, field, reader.payload());
    return;
  }
  if (field.repeated) {
    addRepeated(object, field, wire, reader);
    return;
  }
  const value = scalar(field.type, reader);
  if (field.inline) {
    if (isJsonObject(value)) Object.assign(object, value);
    return;
  }
  // Go writes zero values of fields that are not pointers; its JSON leaves them out.
  const isZero = value === '' || value === 0 || value === false;
  if (value !== undefined && (field.pointer || !isZero || field.type === 'int-or-string')) object[field.name] = value;
}

function messageOf(name: string, bytes: Uint8Array): JsonObject {
  const fields: Message | undefined = messages.get(name);
  if (!fields) throw new TypeError(`no table of protobuf fields for message ${name}`);
  const object: JsonObject = {};
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { field: number, wire } = reader.tag();
    const field = fields.get(number);
    if (field) addField(object, field, wire, reader);
    else reader.skip(wire);
  }
  return object;
}

/** Version and kind of `runtime.Unknown`, and the object's own bytes. */
function openEnvelope(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  if (MAGIC.some((byte, index) => bytes[index] !== byte))
    throw malformed('it does not start with the bytes "k8s\\0" of the Kubernetes protobuf encoding');
  const envelope = rawFields(bytes.subarray(MAGIC.length));
  const encoding = stringIn(envelope, 3);
  if (encoding)
    throw badRequest(`protobuf body with content encoding ${JSON.stringify(encoding)}; send it without one`);
  const contentType = stringIn(envelope, 4);
  if (contentType && contentType !== MEDIA_TYPE)
    throw badRequest(`protobuf body around content of type ${JSON.stringify(contentType)}; expected ${MEDIA_TYPE}`);
  const type = rawFields(payloadOf(envelope.get(1)));
  return { apiVersion: stringIn(type, 1), kind: stringIn(type, 2), raw: payloadOf(envelope.get(2)) };
}

/**
 * Decodes a protobuf request body to the object in its JSON form, with `apiVersion` and `kind`. Throws 400 for malformed bytes
 * and for kinds without a table (those have to come as JSON). `DeleteOptions` may be of any version.
 */
export function decodeProtobuf(bytes: Uint8Array): unknown {
  const { apiVersion, kind, raw } = openEnvelope(bytes);
  if (kind !== 'DeleteOptions' && !bodyKinds.has(`${apiVersion}/${kind}`))
    throw badRequest(
      `no protobuf decoder for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}; send it as application/json`,
    );
  return { apiVersion, kind, ...messageOf(kind, raw) };
}
