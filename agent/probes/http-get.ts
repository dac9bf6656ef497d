import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HTTPGetAction } from '../../api/core/probe.ts';
import { answerOf, type HttpAnswer } from './http-answer.ts';

/** Kubernetes, "Configure Liveness, Readiness and Startup Probes", "HTTP probes". */
const MOST_REDIRECTS = 10;

/** The URL of a GET action; `host` is the pod's address, `port` a number by now. */
export function urlOf({ scheme, path = '/', host: own }: HTTPGetAction, host: string, port: number): URL {
  const name = own || host;
  const authority = isIP(name) === 6 ? `[${name}]` : name;
  return new URL(
    path.startsWith('/') ? path : `/${path}`,
    `${(scheme ?? 'HTTP').toLowerCase()}://${authority}:${port}`,
  );
}

/**
 * Sends a GET as Kubernetes' probes and hooks do, and gives the status: certificates are not looked at, redirects are followed within
 * the same host only, and one to elsewhere is the answer. Rejects when there is no answer, or with the reason of `signal`.
 *
 * A client of its own: Node's does much that is not needed here, and a hundred pods are asked every few seconds.
 */
export async function httpGet(
  url: URL,
  action: HTTPGetAction,
  agentName: string,
  signal: AbortSignal,
): Promise<number> {
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    const { status, location } = await getOnce(at, requestText(at, action, agentName), signal);
    const next = status >= 300 && status < 400 && location !== undefined ? redirected(at, location) : undefined;
    if (!next || redirects === MOST_REDIRECTS) return status;
    at = next;
  }
}

/** Where a redirect within the same host leads; undefined for any other. */
function redirected(from: URL, location: string): URL | undefined {
  const to = URL.parse(location, from.href);
  return to && to.hostname === from.hostname && /^https?:$/.test(to.protocol) ? to : undefined;
}

/** A header that is given replaces the one that is always sent; given empty, it is left out. */
function requestText(url: URL, { httpHeaders = [] }: HTTPGetAction, agentName: string): string {
  const given = new Set(httpHeaders.map(({ name }) => name.toLowerCase()));
  const always = Object.entries({ Host: url.host, 'User-Agent': agentName, Accept: '*/*', Connection: 'close' });
  const headers = [
    ...always.filter(([name]) => !given.has(name.toLowerCase())),
    ...httpHeaders.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]),
  ];
  const broken = headers.find((words) => words.some((word) => /[\r\n\0]/.test(word)));
  if (broken) throw new Error(`the header "${broken[0]}" has a line break in its value`);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** On a connection of its own: a kept one would say nothing about new ones. */
function getOnce(url: URL, request: string, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const socket = open(url);
    let text = '';
    const settle = (end: () => void) => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      end();
    };
    const giveUp = () => settle(() => reject(signal.reason));
    const read = (ended: boolean) => {
      try {
        const answer = answerOf(text, ended);
        if (answer) settle(() => resolve(answer));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    // Bytes as they are, so that lengths are right.
    socket.setEncoding('latin1');
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('data', (piece: string) => {
      text += piece;
      read(false);
    });
    socket.once('end', () => read(true));
    socket.write(request);
  });
}

function open({ protocol, hostname, port }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:') return connect({ host, port: Number(port || 80) });
  const servername = isIP(host) ? undefined : host;
  return connectTls({ host, port: Number(port || 443), servername, rejectUnauthorized: false });
}
