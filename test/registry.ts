import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { packImage } from '../agent/pause/archive.ts';
import { pauseProgram } from '../agent/pause/program.ts';

interface Blob {
  readonly type: string;
  readonly content: Buffer;
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/**
 * A registry on the loopback (OCI Distribution Specification, "Pull"), where engines ask for no TLS. Owns its server, and the
 * images that are put into it.
 */
export class Registry {
  /** What was asked for, in order: `GET /v2/...`. */
  readonly asked: string[] = [];
  /** Who may pull, as `name:password`; undefined: anybody. */
  login: string | undefined;
  readonly #blobs = new Map<string, Blob>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Makes an image that does nothing for ever, like no other and at least so large; gives its full name. */
  async put(name: string, bytes = 0): Promise<string> {
    const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const reference = `${this.host}/${name}:1`;
    const files = [
      { path: 'forever', content: pauseProgram(architecture), mode: 0o755 },
      { path: 'filler', content: randomBytes(bytes), mode: 0o644 },
    ];
    const labels = { reference };
    const packed = await unpack(await packImage({ reference, architecture, files, entrypoint: ['/forever'], labels }));
    const [described] = JSON.parse(String(packed.get('manifest.json')));
    const config = this.#keep(CONFIG, packed.get(described.Config));
    const layers = described.Layers.map((path: string) => this.#keep(LAYER, gzipSync(packed.get(path) ?? '')));
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }));
    const { digest } = this.#keep(MANIFEST, manifest);
    this.#blobs.set(`${name}:1`, { type: MANIFEST, content: manifest });
    this.#blobs.set(`${name}:${digest}`, { type: MANIFEST, content: manifest });
    return reference;
  }

  #keep(mediaType: string, content: Buffer = Buffer.alloc(0)) {
    const digest = digestOf(content);
    this.#blobs.set(digest, { type: mediaType, content });
    return { mediaType, digest, size: content.length };
  }

  #answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${method} ${url}`);
    const may = this.login === undefined || headers.authorization === `Basic ${btoa(this.login)}`;
    if (!may) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"', 'content-type': 'application/json' });
      return void response.end(
        JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'wrong name or password' }] }),
      );
    }
    if (url === '/v2/') return void response.writeHead(200).end();
    const [, name, kind, id = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    const blob = this.#blobs.get(kind === 'blobs' ? id : `${name}:${id}`);
    if (!blob) return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    const { type, content } = blob;
    const length = content.length;
    response.writeHead(200, {
      ...{ 'content-type': type, 'content-length': length, 'docker-content-digest': digestOf(content) },
    });
    response.end(method === 'HEAD' ? undefined : content);
  }
}

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Files of a tar archive by name. */
async function unpack(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, Buffer.concat(chunks));
  }
  return files;
}
