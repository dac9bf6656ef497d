import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Service } from '../../platform/lifecycle.ts';
import { CONTENT_TYPE } from './exposition.ts';
import type { Page } from './pages.ts';
import type { Readers, Verdict } from './readers.ts';

export interface MetricsServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly certPem: string;
  readonly keyPem: string;
  /** Clients with a certificate of this authority are let in, */
  readonly caPem: string;
  /** and those that show a token which may read. */
  readonly readers: Pick<Readers, 'verdict'>;
  /** By path. */
  readonly pages: Readonly<Record<string, Page>>;
}

/** `GET` of some pages over HTTPS for members of the cell and those the master vouches for; nothing else. Owns the listening socket. */
export class MetricsServer implements Service {
  private readonly options: MetricsServerOptions;
  private server: Server | undefined;

  constructor(options: MetricsServerOptions) {
    this.options = options;
  }

  /** The port it listens on; after `start`. */
  get port(): number {
    return (this.server?.address() as AddressInfo | null)?.port ?? this.options.port;
  }

  /** Rejects with one sentence when the port is taken. */
  async start(): Promise<void> {
    const { certPem, keyPem, caPem, port } = this.options;
    const tls = { cert: certPem, key: keyPem, ca: caPem, requestCert: true, rejectUnauthorized: false } as const;
    const server = createServer({ ...tls, minVersion: 'TLSv1.2' }, (request, response) => {
      this.answer(request, response).catch((error: Error) => say(response, 503, error.message));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(sentence(error, port)));
      server.listen(port, () => resolve());
    });
    this.server = server;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pages } = this.options;
    const verdict = await this.verdictOn(request);
    if (verdict === 401)
      return say(response, 401, "show a certificate of the cell, or a token that the cell's master knows");
    if (verdict === 403)
      return say(response, 403, 'the token is good, but its owner may not `get nodes/metrics` of this node');
    const { pathname } = new URL(request.url ?? '/', 'https://agent');
    const page = request.method === 'GET' && Object.hasOwn(pages, pathname) ? pages[pathname] : undefined;
    if (!page) return say(response, 404, `there is only GET of ${Object.keys(pages).join(', ')} here`);
    const text = await page();
    response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(text);
  }

  private async verdictOn({ socket, headers }: IncomingMessage): Promise<Verdict> {
    if ((socket as TLSSocket).authorized) return 200;
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    return token ? this.options.readers.verdict(token) : 401;
  }

  /** Uses a renewed certificate for connections from now on. */
  renew({ certPem, keyPem, caPem }: Pick<MetricsServerOptions, 'certPem' | 'keyPem' | 'caPem'>): void {
    this.server?.setSecureContext({ cert: certPem, key: keyPem, ca: caPem });
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

const say = (response: ServerResponse, code: number, text: string): void => {
  response.writeHead(code, { 'content-type': 'text/plain' }).end(`${text}\n`);
};

function sentence(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return new Error(`cannot serve metrics on port ${port}: ${error.message}`);
  return new Error(`cannot serve metrics: port ${port} is in use; choose another metrics port, or 0 for any`);
}
