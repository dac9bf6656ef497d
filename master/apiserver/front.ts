import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { AGENTS_SERVER_NAME } from '../../proto/enrolment.ts';
import { MAX_HEADER_BYTES } from './malformed.ts';

/** What a client may take of the listener, in time and in room. */
export interface FrontBounds {
  readonly connections: number;
  /** For the TLS handshake, for a request's headers, and for all of a request. */
  readonly handshakeMs: number;
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often it is looked for requests that take too long. */
  readonly checkMs: number;
}

/** Idle connections of clients are kept longer than clients keep them (Go: 90 s), so that none is closed under a request. */
const IDLE_CONNECTION_MS = 120_000;
const KEEP_ALIVE_MS = 30_000;
const BOUNDS: FrontBounds = {
  connections: 20_000,
  handshakeMs: 15_000,
  headersMs: 30_000,
  requestMs: 60_000,
  checkMs: 5_000,
};

export interface FrontOptions {
  readonly tls: { readonly certPem: string; readonly keyPem: string; readonly caPem: string };
  /** Takes over an agent's connection. */
  accept(socket: TLSSocket): void;
  /** For those that are not as usual. */
  readonly bounds?: Partial<FrontBounds>;
}

/**
 * The one TLS listener. The client's server name says whether it is an agent (HTTP/2, handed to `accept`) or an API client
 * (HTTP/1.1, handled here). Certificates are asked for and checked against the cell's authority, but one may come without: what
 * a connection without one may do is decided per request.
 */
export function createFront(
  options: FrontOptions,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const { certPem, keyPem, caPem } = options.tls;
  const bounds = { ...BOUNDS, ...options.bounds };
  const server = createServer(
    {
      cert: certPem,
      key: keyPem,
      ca: caPem,
      minVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: false,
      ALPNCallback: chooseProtocol,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      handshakeTimeout: bounds.handshakeMs,
      headersTimeout: bounds.headersMs,
      requestTimeout: bounds.requestMs,
      connectionsCheckingInterval: bounds.checkMs,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    handler,
  );
  server.maxConnections = bounds.connections;
  // Their bytes are bounded; Node would drop those beyond a number without a word.
  server.maxHeadersCount = 0;
  divert(server, options.accept);
  return server;
}

function chooseProtocol({ servername, protocols }: { servername: string; protocols: string[] }): string | undefined {
  const wanted = servername === AGENTS_SERVER_NAME ? 'h2' : 'http/1.1';
  return protocols.includes(wanted) ? wanted : undefined;
}

/** Puts the choice by server name before the HTTP server's own handling of a new connection. */
function divert(server: Server, accept: (socket: TLSSocket) => void): void {
  const toHttp = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    // A peer that has silently gone (a machine switched off) must not hold a watch for ever.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    // `servername` is false where the client named none.
    if ((socket as { servername?: string | false }).servername === AGENTS_SERVER_NAME) return accept(socket);
    for (const listener of toHttp) listener.call(server, socket);
  });
}

/** Resolves with the port once the server listens; rejects with one sentence that says what to do. */
export function listen(server: Server, port: number, bindAddress: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(listenFault(error, port, bindAddress));
    server.once('error', onError);
    server.listen(port, bindAddress, () => {
      server.removeListener('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenFault(error: NodeJS.ErrnoException, port: number, bindAddress: string): Error {
  const sentence: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${bindAddress} is already in use: stop what listens there, or choose another with --port`,
    EACCES: `port ${port} on ${bindAddress} may not be used by this user: choose one above 1023 with --port, or run as root`,
    EADDRNOTAVAIL: `this machine has no address ${bindAddress} to listen on: choose one of its own`,
  };
  return new Error(sentence[error.code ?? ''] ?? `cannot listen on ${bindAddress}:${port}: ${error.message}`, {
    cause: error,
  });
}
