import type { Duplex } from 'node:stream';
import type { ByteChannel } from './spdy/connection.ts';
import { listed, type Upgrade } from './upgrade.ts';
import type { MessageSocket } from './websocket.ts';

/** Names the protocol spoken within SPDY (Kubernetes, "httpstream"). */
const PROTOCOL_HEADER = 'x-stream-protocol-version';

/** Which of the protocols that the client offers for within SPDY is known. */
export const spdyProtocol = (headers: NodeJS.Dict<string | string[]>, known: string): boolean =>
  listed(headers[PROTOCOL_HEADER]).includes(known);

/** Answers the handshake of SPDY itself; the protocol within must be one that the client has offered. */
export function acceptSpdy({ socket, head }: Upgrade, protocol: string): ByteChannel {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1'];
  socket.write(`${[...lines, `X-Stream-Protocol-Version: ${protocol}`].join('\r\n')}\r\n\r\n`);
  if (head.length > 0) socket.unshift(head);
  return socketChannel(socket);
}

function socketChannel(socket: Duplex): ByteChannel {
  return {
    bytes: socket as AsyncIterable<Buffer>,
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => socket.end(),
  };
}

/** SPDY within a WebSocket: the messages' bytes, without regard to where one ends and the next begins. */
export const messageChannel = (socket: MessageSocket): ByteChannel => ({
  bytes: socket.messages,
  send: (bytes) => socket.send(bytes),
  close: () => socket.close(),
});
