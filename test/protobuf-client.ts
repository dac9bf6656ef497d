import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { decodeProtobuf, PROTOBUF_TYPE } from '../api/protobuf/decode.ts';
import { encodePiece, enveloped, type Typed } from '../api/protobuf/encode.ts';
import { WireReader } from '../api/protobuf/wire-reader.ts';

/** Where a server is, and as whom it is asked. */
export interface Access {
  readonly url: string;
  readonly ca: string;
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What a program with client-go asks for that is set to protobuf, unless told otherwise. */
export const PROTOBUF_FIRST = `${PROTOBUF_TYPE}, */*`;

export interface ProtobufReply {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The object in the body, in whichever of both encodings it came. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly value: any;
}

export interface ProtobufCall {
  /** Sent as protobuf where it says what it is, and as JSON with a `content-type` of its own. */
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

/** Speaks as programs in Go do: objects go and come as protobuf. */
export class ProtobufClient {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async send(line: string, { body, headers = {} }: ProtobufCall = {}): Promise<ProtobufReply> {
    const own = headers['content-type'];
    const bytes = body && (own ? Buffer.from(JSON.stringify(body)) : encoded(body as Typed));
    const framing = bytes && { 'content-type': PROTOBUF_TYPE, 'content-length': String(bytes.length) };
    const message = await this.#open(line, { ...framing, ...headers }, bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    return replyOf(message, Buffer.concat(chunks));
  }

  /** The events of a watch as they come: `[type, object]`. Ends with the watch; whoever leaves early ends it. */
  async *watch(path: string, headers: Record<string, string> = {}): AsyncGenerator<[type: string, object: unknown]> {
    const message = await this.#open(`GET ${path}`, headers, undefined);
    const type = message.headers['content-type'];
    if (type !== `${PROTOBUF_TYPE};stream=watch`) throw new Error(`GET ${path}: ${message.statusCode}, ${type}`);
    let rest = Buffer.alloc(0);
    for await (const chunk of message) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
        const end = 4 + rest.readUInt32BE();
        yield eventOf(rest.subarray(4, end));
        rest = rest.subarray(end);
      }
    }
  }

  #open(line: string, headers: Record<string, string>, body: Buffer | undefined): Promise<IncomingMessage> {
    const { url, token, ...tls } = this.#access;
    const [method, path] = line.split(' ');
    const all = { accept: PROTOBUF_FIRST, ...(token && { authorization: `Bearer ${token}` }), ...headers };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { method, headers: all, agent: false, ...tls }, resolve);
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

const encoded = (object: Typed): Buffer => enveloped(object, [encodePiece(object, object)]);

const replyOf = ({ statusCode = 0, headers }: IncomingMessage, bytes: Buffer): ProtobufReply => ({
  code: statusCode,
  headers,
  bytes,
  get value() {
    return headers['content-type'] === PROTOBUF_TYPE ? decodeProtobuf(bytes) : JSON.parse(bytes.toString('utf8'));
  },
});

/** `metav1.WatchEvent`: its type (1), and (2) a RawExtension around (1) the object in its envelope. */
function eventOf(bytes: Buffer): [string, unknown] {
  let type = '';
  let object: unknown;
  const event = new WireReader(bytes);
  while (event.next()) {
    const payload = event.payload();
    if (event.field === 1) type = Buffer.from(payload).toString('utf8');
    else {
      const extension = new WireReader(payload);
      while (extension.next()) object = decodeProtobuf(extension.payload());
    }
  }
  return [type, object];
}
