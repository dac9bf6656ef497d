import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A connection whose client wants to go on in another protocol than HTTP. Nothing has been answered yet. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has sent already after its request. */
  readonly head: Buffer;
}

export type UpgradeProtocol = 'websocket' | 'spdy';

/** The protocol that a request asks to go on in; undefined for none, and for those of which nothing is known here. */
export function wantedProtocol({ headers }: Pick<IncomingMessage, 'headers'>): UpgradeProtocol | undefined {
  const name = headers.upgrade?.toLowerCase();
  return name === 'websocket' ? 'websocket' : name === 'spdy/3.1' ? 'spdy' : undefined;
}

/** The names in a header that lists some, such as `Sec-WebSocket-Protocol`. */
export const listed = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((name) => name.trim())
    .filter(Boolean);
