import { badRequest } from '../meta/errors.ts';
import { codecOf } from './message-codec.ts';
import { messageOfKind } from './table.ts';
import { BYTES, malformed, WireReader } from './wire-reader.ts';

/**
 * Kubernetes' protobuf request bodies (`application/vnd.kubernetes.protobuf`; Kubernetes docs, "API Concepts", "Kubernetes
 * Protobuf encoding"): four magic bytes, then `runtime.Unknown` around the object. The result is the object as its JSON would be.
 * Fields of newer servers that the tables do not know are skipped, as protobuf does.
 */

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
export const MAGIC = Buffer.from('k8s\0');
const NOTHING = new Uint8Array();

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/** Fields of length-delimited bytes by number, of messages that have no others. The last of a number wins. */
function payloads(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.wire === BYTES) found.set(reader.field, reader.payload());
    else reader.skip();
  }
  return found;
}

const textIn = (fields: ReadonlyMap<number, Uint8Array>, number: number): string =>
  Buffer.from(fields.get(number) ?? NOTHING).toString('utf8');

/** Version and kind of `runtime.Unknown`, and the object's own bytes. */
function openEnvelope(bytes: Uint8Array): Envelope {
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length)))
    throw malformed('it does not start with the bytes "k8s\\0" of the Kubernetes protobuf encoding');
  const envelope = payloads(bytes.subarray(MAGIC.length));
  const encoding = textIn(envelope, 3);
  if (encoding)
    throw badRequest(`protobuf body with content encoding ${JSON.stringify(encoding)}; send it without one`);
  const contentType = textIn(envelope, 4);
  if (contentType && contentType !== PROTOBUF_TYPE)
    throw badRequest(`protobuf body around content of type ${JSON.stringify(contentType)}; expected ${PROTOBUF_TYPE}`);
  const type = payloads(envelope.get(1) ?? NOTHING);
  return { apiVersion: textIn(type, 1), kind: textIn(type, 2), raw: envelope.get(2) ?? NOTHING };
}

/**
 * Decodes a protobuf request body to the object in its JSON form, with `apiVersion` and `kind`. Throws 400 for malformed bytes
 * and for kinds without a table (those have to come as JSON). `DeleteOptions` may be of any version.
 */
export function decodeProtobuf(bytes: Uint8Array): unknown {
  const { apiVersion, kind, raw } = openEnvelope(bytes);
  const message = messageOfKind(apiVersion, kind);
  if (!message)
    throw badRequest(
      `no protobuf decoder for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}; send it as application/json`,
    );
  return { ...codecOf(message).readInto(new WireReader(raw), {}), apiVersion, kind };
}
