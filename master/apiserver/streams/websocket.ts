import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Clock, Timer } from '../../../platform/clock.ts';
import { MessageQueue } from './message-queue.ts';
import type { Upgrade } from './upgrade.ts';

/** Largest message that a client may send. */
const MAX_MESSAGE_BYTES = 4 << 20;
/** A client that has gone without a word is noticed by what is sent to it, and often nothing is. */
const PING_MS = 5_000;

/** A WebSocket with back-pressure both ways: the one place that knows `ws`. */
export interface MessageSocket {
  /** Messages as bytes, pulled; ends when the client has gone, in whatever way. */
  readonly messages: AsyncIterable<Buffer>;
  /** Resolves once the network has taken the message; rejects when the client has gone. */
  send(message: Uint8Array): Promise<void>;
  /** Says goodbye (RFC 6455, "Close"). */
  close(): void;
}

/**
 * Answers the client's handshake with `protocol`, one that it has offered. Rejects when the handshake is broken, which the client
 * has been told then.
 */
export function acceptWebSocket(upgrade: Upgrade, protocol: string, clock: Clock): Promise<MessageSocket> {
  const { request, socket, head } = upgrade;
  const options = { noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, clientTracking: false };
  const handshake = new WebSocketServer(options);
  // Kubernetes' names of protocols hold characters that ws does not let pass: it is not shown them.
  const { 'sec-websocket-protocol': _offered, ...headers } = request.headers;
  const shown = Object.create(request, { headers: { value: headers } }) as typeof request;
  handshake.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve, reject) => {
    handshake.on('wsClientError', (fault) => {
      socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      reject(fault);
    });
    handshake.handleUpgrade(shown, socket, head, (client) => resolve(messageSocket(client, clock)));
  });
}

function messageSocket(client: WebSocket, clock: Clock): MessageSocket {
  const messages = new MessageQueue<Buffer>(
    () => client.pause(),
    () => client.resume(),
  );
  let ping: Timer;
  const keepAlive = () => {
    ping = clock.setTimer(PING_MS, () => {
      client.ping();
      keepAlive();
    });
  };
  keepAlive();
  client.on('message', (data) => messages.put(bytesOf(data)));
  client.on('error', () => client.terminate());
  client.on('close', () => {
    ping.cancel();
    messages.end();
  });
  return {
    messages,
    send: (message) =>
      new Promise((resolve, reject) => {
        client.send(message, { binary: true }, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => client.close(1000),
  };
}

const bytesOf = (data: RawData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
