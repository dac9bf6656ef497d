import type { JsonObject } from '../meta/json.ts';
import { MAGIC } from './decode.ts';
import { codecOf } from './message-codec.ts';
import { messageOfKind } from './table.ts';
import { WireWriter } from './wire-writer.ts';

/**
 * Objects in Kubernetes' protobuf encoding. An object is encoded once, to the bytes of its message (its piece); what surrounds it in an
 * answer, a list or an event of a watch is joined around that.
 */

/** What an object or a list says of its type, and the bytes of its message. */
export interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Whether objects of the kind can be told in protobuf. */
export const hasProtobuf = ({ apiVersion, kind }: Typed): boolean => messageOfKind(apiVersion, kind) !== undefined;

/** Scratch: empty between two calls, none of which can interrupt another. */
const writer = new WireWriter();

/** The bytes of an object's message, which say nothing of its type. */
export function encodePiece({ apiVersion, kind }: Typed, object: object): Buffer {
  const message = messageOfKind(apiVersion, kind);
  if (!message) throw new TypeError(`no table of protobuf fields for kind ${kind} in version ${apiVersion}`);
  try {
    codecOf(message).writeFields(writer, object as JsonObject);
    return writer.take();
  } finally {
    writer.clear();
  }
}

const TYPE_META = 0x0a;
const RAW = 0x12;
/** `contentEncoding` and `contentType`, both empty, as Kubernetes sends them. */
const UNKNOWN_END = Buffer.from([0x1a, 0, 0x22, 0]);

/** The body of an answer: the magic bytes, and `runtime.Unknown` around a message. */
export function enveloped(type: Typed, pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(envelopeParts(type, pieces));
}

/** As `enveloped`, not joined yet. */
export function envelopeParts({ apiVersion, kind }: Typed, pieces: readonly Uint8Array[]): Uint8Array[] {
  const type = Buffer.concat([field(0x0a, Buffer.from(apiVersion)), field(0x12, Buffer.from(kind))]);
  return [MAGIC, field(TYPE_META, type), head(RAW, total(pieces)), ...pieces, UNKNOWN_END];
}

/** The message of a list: its metadata around pieces of its items. */
export function listPieces(type: Typed, metadata: object, items: readonly Uint8Array[]): Uint8Array[] {
  const headOf = itemHeads(type);
  const pieces: Uint8Array[] = [encodePiece(type, { metadata })];
  for (const item of items) pieces.push(headOf(item), item);
  return pieces;
}

/** What stands before each item in the message of a list, which begins with its metadata. */
export function itemHeads(list: Typed): (item: Uint8Array) => Buffer {
  const fields = messageOfKind(list.apiVersion, list.kind)?.fields;
  const tag = (fields?.find(({ name }) => name === 'items')?.number ?? 2) * 8 + 2;
  return (item) => head(tag, item.length);
}

/**
 * One event of a watch (`application/vnd.kubernetes.protobuf;stream=watch`): four bytes of length, most significant first, then a
 * bare `metav1.WatchEvent`, within which the object stands in its envelope.
 */
export function watchFrame(event: string, type: Typed, piece: Uint8Array): Buffer {
  const object = envelopeParts(type, [piece]);
  const raw = [head(0x0a, total(object)), ...object];
  const parts = [field(0x0a, Buffer.from(event)), head(0x12, total(raw)), ...raw];
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(total(parts));
  return Buffer.concat([length, ...parts]);
}

const total = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

const field = (tag: number, payload: Uint8Array): Buffer => Buffer.concat([head(tag, payload.length), payload]);

/** Tag and length of a field. */
function head(tag: number, length: number): Buffer {
  writer.unsigned(length);
  writer.unsigned(tag);
  return writer.take();
}
