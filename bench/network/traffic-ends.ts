import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { encode } from 'dns-packet';

/**
 * One end of the bench's traffic, in the network namespace in which it is started. Prints one line of JSON.
 *
 * `serve PORT`: says `ready`, echoes what comes to PORT, and swallows what comes to PORT + 1. `ping HOST PORT COUNT`: round trips of one
 * byte, in microseconds. `open HOST PORT COUNT`: connections made. `send HOST PORT MS`: bytes a second. `names SERVER NAME COUNT`.
 */
const [what = '', ...args] = process.argv.slice(2);

function serve(port: number): void {
  createServer(
    (socket) =>
      void socket
        .on('error', () => {})
        .pipe(socket)
        .on('error', () => {}),
  ).listen(port, () => {
    createServer((socket) => void socket.on('error', () => {}).resume()).listen(port + 1, () => console.log('ready'));
  });
}

async function ping(host: string, port: number, count: number): Promise<number[]> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  const samples: number[] = [];
  for (let at = 0; at < count; at++) {
    const startedMs = performance.now();
    socket.write('x');
    await once(socket, 'data');
    samples.push((performance.now() - startedMs) * 1_000);
  }
  socket.destroy();
  return samples;
}

async function open(host: string, port: number, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let at = 0; at < count; at++) {
    const startedMs = performance.now();
    const socket = connect({ host, port });
    await once(socket, 'connect');
    samples.push((performance.now() - startedMs) * 1_000);
    socket.destroy();
  }
  return samples;
}

async function send(host: string, port: number, forMs: number): Promise<number[]> {
  const socket = connect({ host, port });
  await once(socket, 'connect');
  const chunk = Buffer.alloc(256 * 1024);
  const startedMs = performance.now();
  while (performance.now() - startedMs < forMs) if (!socket.write(chunk)) await once(socket, 'drain');
  const bytes = socket.bytesWritten - socket.writableLength;
  const seconds = (performance.now() - startedMs) / 1_000;
  socket.destroy();
  return [bytes / seconds];
}

async function names(server: string, name: string, count: number): Promise<number[]> {
  const socket = createSocket('udp4');
  const samples: number[] = [];
  for (let at = 0; at < count; at++) {
    const message = encode({ type: 'query', id: at % 65_536, flags: 256, questions: [{ type: 'A', name }] });
    const startedMs = performance.now();
    socket.send(message, 53, server);
    await once(socket, 'message');
    samples.push((performance.now() - startedMs) * 1_000);
  }
  socket.close();
  return samples;
}

const [host = '', second = '', third = ''] = args;
if (what === 'serve') serve(Number(host));
else {
  const ends = { ping, open, send };
  const samples =
    what === 'names'
      ? await names(host, second, Number(third))
      : await ends[what as keyof typeof ends](host, Number(second), Number(third));
  console.log(JSON.stringify(samples));
}
