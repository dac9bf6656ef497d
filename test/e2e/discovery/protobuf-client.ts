import { Agent, request } from 'node:https';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { ApiObject } from '../../../api/meta/object.ts';
import { decodeProtobuf } from '../../../api/protobuf/decode.ts';
import { WireReader } from '../../../api/protobuf/wire-reader.ts';

const HEADERS = {
  accept: 'application/vnd.kubernetes.protobuf, */*',
  'accept-encoding': 'gzip',
  'user-agent': 'Prometheus/3.4.0',
};

export interface WatchEvent {
  readonly type: string;
  readonly object: ApiObject;
}

/** Asks as Kubernetes' client for Go does where it prefers protobuf, with a bearer token. Owns its connections. */
export class ProtobufClient {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(url: string, ca: string, token: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  async list(path: string, query: string): Promise<{ metadata: { resourceVersion: string }; items: ApiObject[] }> {
    const list = decodeProtobuf(
      await buffer(await this.#open(`${path}?${query}`, 'application/vnd.kubernetes.protobuf')),
    );
    return { items: [], ...(list as { metadata: { resourceVersion: string } }) };
  }

  /** Events until the server ends the watch, or the reader has seen enough. */
  async *watch(path: string, query: string): AsyncGenerator<WatchEvent> {
    const stream = await this.#open(`${path}?${query}&watch=true`, 'application/vnd.kubernetes.protobuf;stream=watch');
    let held = Buffer.alloc(0);
    for await (const chunk of stream) {
      held = Buffer.concat([held, chunk as Buffer]);
      while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
        const end = 4 + held.readUInt32BE(0);
        yield eventIn(held.subarray(4, end));
        held = held.subarray(end);
      }
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Rejects unless the answer is a success of that type. */
  #open(path: string, type: string): Promise<Readable> {
    const headers = { ...HEADERS, authorization: `Bearer ${this.#token}` };
    return new Promise((resolve, reject) => {
      const sent = request(this.#url + path, { headers, agent: this.#agent }, (response) => {
        const { statusCode, headers: given } = response;
        if (statusCode !== 200 || given['content-type'] !== type) {
          response.resume();
          return reject(new Error(`GET ${path}: ${statusCode}, ${given['content-type']}`));
        }
        resolve(given['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response);
      });
      sent.on('error', reject);
      sent.end();
    });
  }
}

/** A bare `WatchEvent`: its type, and within the second field the object in its envelope. */
function eventIn(bytes: Uint8Array): WatchEvent {
  const fields = payloads(bytes);
  const object = payloads(fields.get(2)!).get(1)!;
  return { type: Buffer.from(fields.get(1)!).toString(), object: decodeProtobuf(object) as ApiObject };
}

function payloads(bytes: Uint8Array): Map<number, Uint8Array> {
  const reader = new WireReader(bytes);
  const found = new Map<number, Uint8Array>();
  while (reader.next()) found.set(reader.field, reader.payload());
  return found;
}
