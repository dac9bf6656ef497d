import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { noSuchPath } from '../../../api/meta/errors.ts';
import { type Answer, text } from '../answer.ts';
import type { ResourceCall, ResourceHandler } from '../context.ts';
import { type ProxyTarget, proxyTarget, unreachable } from './proxy-target.ts';
import { tunnelDuplex } from './tunnel-duplex.ts';
import type { Upgrade } from './upgrade.ts';

/** Passes a request on to a port of a pod, of a pod behind a service, or of a node, through the node's agent. */
export const proxy: ResourceHandler = async (context, call) => {
  const { base, path } = proxiedPath(call.path);
  // Relative links on the page behind it need the slash.
  if (path === '' && ['GET', 'HEAD'].includes(call.method)) return moved(call, `${base}/`);
  const target = await proxyTarget(context, call);
  const { nodeName, pod, port } = target;
  const signal = AbortSignal.any([call.signal, context.stopping]);
  const portForward = { pod: pod ?? null, port };
  const tunnel = await context.streams.open(nodeName, { what: 'portForward', portForward }, signal);
  const outward = send(call, target, path || '/', tunnelDuplex(tunnel));
  if (call.upgrade) return { type: 'upgrade', run: (upgrade) => relayUpgrade(upgrade, outward, call.body) };
  return relayAnswer(outward, call.body, base);
};

/** Splits the path of a request behind `proxy`, as it came: what is behind may read escapes in its own way. */
export function proxiedPath(path: string): { base: string; path: string } {
  const match = /^(\/+api\/+v1\/+(?:namespaces\/+[^/]+\/+)?[^/]+\/+[^/]+\/+proxy)(\/.*)?$/.exec(path);
  if (!match) throw noSuchPath();
  return { base: match[1]!, path: match[2] ?? '' };
}

function moved({ query }: ResourceCall, path: string): Answer {
  const location = query.size > 0 ? `${path}?${query}` : path;
  return { ...text(301, ''), headers: { location } };
}

/** Of one connection alone (RFC 9110, 7.6.1), and what proves to us who asks. */
const KEPT_BACK =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|authorization|impersonate-.*)$/;

const passedOn = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !KEPT_BACK.test(name)));

/** A request to what is behind the tunnel; its body is yet to be sent. */
function send(call: ResourceCall, target: ProxyTarget, path: string, duplex: Duplex): ClientRequest {
  const { method, headers, query, upgrade } = call;
  const secure = target.scheme === 'https';
  // What a pod certifies itself with is its own affair; the tunnel leads to that pod and no other.
  const createConnection = () => (secure ? tlsConnect({ socket: duplex, rejectUnauthorized: false }) : duplex) as never;
  const outward = httpRequest({
    method,
    path: query.size > 0 ? `${path}?${query}` : path,
    headers: {
      ...passedOn(headers),
      host: `${target.pod?.name ?? 'localhost'}:${target.port}`,
      'x-forwarded-host': headers.host,
      'x-forwarded-proto': 'https',
      'x-forwarded-uri': call.path,
      ...(upgrade && { connection: 'Upgrade', upgrade: headers.upgrade }),
    },
    createConnection,
  });
  outward.once('close', () => duplex.destroy());
  return outward;
}

async function relayAnswer(outward: ClientRequest, body: Buffer, base: string): Promise<Answer> {
  const inward = await new Promise<IncomingMessage>((resolve, reject) => {
    outward.once('response', resolve);
    outward.once('error', (cause) => reject(unreachable(`error trying to reach service: ${cause.message}`, cause)));
    outward.end(body);
  });
  outward.on('error', () => {});
  const { location, ...headers } = passedOn(inward.headers);
  const within = location?.startsWith('/') ? `${base}${location}` : location;
  return {
    type: 'stream',
    contentType: headers['content-type'] ?? '',
    code: inward.statusCode ?? 502,
    headers: { ...headers, ...(within !== undefined && { location: within }) } as Record<string, string | string[]>,
    chunks: inward,
  };
}

/** Goes on in whatever protocol both sides agree on. Resolves when it is over. */
function relayUpgrade({ socket, head }: Upgrade, outward: ClientRequest, body: Buffer): Promise<void> {
  const headOf = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage) => {
    const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
    for (let at = 0; at < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
    return `${lines.join('\r\n')}\r\n\r\n`;
  };
  return new Promise((resolve) => {
    const join = (inward: IncomingMessage, backend: Duplex, first: Buffer) => {
      backend.on('error', () => socket.destroy());
      socket.once('close', () => backend.destroy());
      backend.once('close', () => socket.end());
      socket.write(headOf(inward));
      socket.write(first);
      if (head.length > 0) backend.write(head);
      backend.pipe(socket);
      socket.pipe(backend);
    };
    outward.once('upgrade', join);
    // A refusal ends the connection.
    outward.once('response', (inward) => {
      const { 'transfer-encoding': _chunked, ...headers } = inward.headers;
      const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
      socket.write(`HTTP/1.1 ${inward.statusCode} ${inward.statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`);
      inward.pipe(socket);
    });
    outward.once('error', () => socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n'));
    socket.once('close', () => {
      outward.destroy();
      resolve();
    });
    outward.end(body);
  });
}
