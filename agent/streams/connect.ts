import { connect, type Socket } from 'node:net';

/** A silent address is given up after this. */
const CONNECT_TIMEOUT_MS = 10_000;

/** A TCP connection; rejects with the system's `code` and a sentence. The other side may half-close it. */
export function connectTo(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const failed = (fault: NodeJS.ErrnoException) => {
      socket.destroy();
      const sentence = `cannot connect to port ${port} at ${host}: ${WORDS[fault.code ?? ''] ?? fault.message}`;
      reject(Object.assign(new Error(sentence, { cause: fault }), { code: fault.code }));
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => failed(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeListener('error', failed);
      resolve(keepQuiet(socket));
    });
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ETIMEDOUT: `no answer within ${CONNECT_TIMEOUT_MS / 1000} s`,
};

/** Its reader and its writer hear of faults; without a listener the process would end. */
export function keepQuiet(socket: Socket): Socket {
  socket.on('error', () => {});
  return socket;
}
