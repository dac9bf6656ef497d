import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Service } from '../../platform/lifecycle.ts';
import type { Registry } from '../../platform/metrics.ts';

export interface MetricsServerOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly certPem: string;
  readonly keyPem: string;
  /** Only clients with a certificate of this authority are let in. */
  readonly caPem: string;
  readonly registry: Registry;
}

/** `GET /metrics` over HTTPS for clients that the cell's authority has certified; nothing else. Owns the listening socket. */
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
    const { certPem, keyPem, caPem, registry, port } = this.options;
    const tls = { cert: certPem, key: keyPem, ca: caPem, requestCert: true, rejectUnauthorized: true } as const;
    const server = createServer({ ...tls, minVersion: 'TLSv1.2' }, (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'https://agent');
      if (request.method !== 'GET' || pathname !== '/metrics') {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('GET /metrics is all there is here\n');
        return;
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: Error) => response.writeHead(500, { 'content-type': 'text/plain' }).end(`${error.message}\n`),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(sentence(error, port)));
      server.listen(port, () => resolve());
    });
    this.server = server;
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

function sentence(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return new Error(`cannot serve metrics on port ${port}: ${error.message}`);
  return new Error(`cannot serve metrics: port ${port} is in use; choose another metrics port, or 0 for any`);
}
