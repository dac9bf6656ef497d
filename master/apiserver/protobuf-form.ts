import type { ApiObject } from '../../api/meta/object.ts';
import { PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import {
  encodePiece,
  enveloped,
  envelopeParts,
  hasProtobuf,
  itemHeads,
  type Typed,
  watchFrame,
} from '../../api/protobuf/encode.ts';
import type { WholeAnswer } from './answer.ts';

/** Answers in Kubernetes' protobuf encoding. An object's own bytes are made once per revision and only joined here. */

export const PROTOBUF_WATCH_TYPE = `${PROTOBUF_TYPE};stream=watch`;

/** A memo of a pure function of objects that nobody may change, as the cache keeps their JSON. */
const pieces = new WeakMap<ApiObject, Buffer>();

function pieceOf(type: Typed, object: ApiObject): Buffer {
  let piece = pieces.get(object);
  if (!piece) {
    piece = encodePiece(type, object);
    pieces.set(object, piece);
  }
  return piece;
}

/** A form of objects: what they are called in it, and their bytes. */
export interface ProtobufForm {
  readonly type: Typed;
  piece(object: ApiObject): Buffer;
}

export function wholeForm(type: Typed): ProtobufForm {
  return { type, piece: (object) => pieceOf(type, object) };
}

export function partialForm(version: string): ProtobufForm {
  const type = { apiVersion: `meta.k8s.io/${version}`, kind: 'PartialObjectMetadata' };
  return { type, piece: ({ metadata }) => encodePiece(type, { metadata }) };
}

export const objectBytes = ({ type, piece }: ProtobufForm, object: ApiObject): Buffer =>
  enveloped(type, [piece(object)]);

const NOTHING = Buffer.alloc(0);

/** The length of all stands before the first, so that the pieces of all objects are made before one goes out. */
export function* listBytes(
  { type, piece }: ProtobufForm,
  objects: Iterable<ApiObject>,
  metadata: object,
): Generator<Uint8Array> {
  const list = { ...type, kind: `${type.kind}List` };
  const headOf = itemHeads(list);
  const parts: Uint8Array[] = [encodePiece(list, { metadata })];
  for (const object of objects) {
    const item = piece(object);
    parts.push(headOf(item), item);
    yield NOTHING;
  }
  yield* envelopeParts(list, parts);
}

export const eventBytes = (event: string, { type, piece }: ProtobufForm, object: ApiObject): Buffer =>
  watchFrame(event, type, piece(object));

/** An object that is made for one answer: a Status, a Scale. */
export const valueBytes = (value: Typed): Buffer => enveloped(value, [encodePiece(value, value)]);

export const protobuf = (code: number, body: Buffer, headers?: WholeAnswer['headers']): WholeAnswer => ({
  type: 'whole',
  code,
  contentType: PROTOBUF_TYPE,
  body,
  ...(headers && { headers }),
});

export { hasProtobuf, PROTOBUF_TYPE };
