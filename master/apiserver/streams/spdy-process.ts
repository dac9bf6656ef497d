import type { Clock } from '../../../platform/clock.ts';
import { type ProcessInput, readSize } from './channels.ts';
import type { ProcessClient } from './process-relay.ts';
import { type ByteChannel, SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** A protocol within SPDY for the streams of a process; those before it cannot tell an exit code. */
export const SPDY_PROCESS_PROTOCOL = 'v4.channel.k8s.io';

/** A client that asks for streams must open them within this. */
const STREAMS_TIMEOUT_MS = 30_000;
const MAX_SIZE_CHARACTERS = 1_000;

/**
 * The client of a process over SPDY (Kubernetes, client-go "remotecommand"): it opens a stream for each thing it asks for, named in
 * the header `streamType`. Resolves once all are there; rejects when they do not come.
 */
export function spdyClient(
  channel: ByteChannel,
  options: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean; readonly tty: boolean },
  clock: Clock,
): Promise<ProcessClient> {
  const { stdin, stdout, stderr, tty } = options;
  const wanted = ['error', ...(stdin ? ['stdin'] : []), ...(stdout ? ['stdout'] : []), ...(stderr ? ['stderr'] : [])];
  if (tty) wanted.push('resize');
  const streams = new Map<string, SpdyStream>();
  return new Promise((resolve, reject) => {
    const late = clock.setTimer(STREAMS_TIMEOUT_MS, () => {
      channel.close();
      reject(new Error(`the client did not open the streams [${wanted}] within ${STREAMS_TIMEOUT_MS / 1000} s`));
    });
    const connection = new SpdyConnection(
      channel,
      (stream) => {
        const type = stream.headers.streamtype ?? '';
        if (!wanted.includes(type) || streams.has(type)) return stream.reset();
        streams.set(type, stream);
        if (streams.size < wanted.length) return;
        late.cancel();
        resolve(client(streams, channel, gone));
      },
      clock,
    );
    const gone = connection.run();
    void gone.then(() => {
      late.cancel();
      reject(new Error('the client has gone'));
    });
  });
}

function client(streams: ReadonlyMap<string, SpdyStream>, channel: ByteChannel, gone: Promise<void>): ProcessClient {
  const error = streams.get('error');
  const outputs = { stdout: streams.get('stdout'), stderr: streams.get('stderr') };
  for (const stream of [error, outputs.stdout, outputs.stderr]) stream?.drop();
  return {
    input: inputs(streams.get('stdin'), streams.get('resize'), gone),
    write: async (stream, data) => outputs[stream]?.write(data),
    async finish(status) {
      for (const stream of Object.values(outputs)) await stream?.end();
      await error?.write(Buffer.from(JSON.stringify(status)));
      await error?.end();
    },
    close: () => channel.close(),
  };
}

/** Input and sizes as they come, until the client has gone. */
async function* inputs(
  stdin: SpdyStream | undefined,
  resize: SpdyStream | undefined,
  gone: Promise<void>,
): AsyncGenerator<ProcessInput> {
  const over = gone.then(() => undefined);
  const sources = new Map<AsyncIterator<ProcessInput>, Promise<Arrival | undefined>>();
  const ask = (source: AsyncIterator<ProcessInput>) =>
    sources.set(
      source,
      source.next().then((next) => ({ source, next })),
    );
  if (stdin) ask(typed(stdin));
  if (resize) ask(sizes(resize));
  for (;;) {
    const arrived = await Promise.race([...sources.values(), over]);
    if (!arrived) return;
    const { source, next } = arrived;
    if (next.done) sources.delete(source);
    else {
      yield next.value;
      ask(source);
    }
  }
}

interface Arrival {
  readonly source: AsyncIterator<ProcessInput>;
  readonly next: IteratorResult<ProcessInput>;
}

async function* typed(stdin: SpdyStream): AsyncGenerator<ProcessInput> {
  for await (const data of stdin.incoming()) yield { type: 'stdin', data };
  yield { type: 'end' };
}

/** JSON objects one after the other, however they are cut. */
async function* sizes(resize: SpdyStream): AsyncGenerator<ProcessInput> {
  let text = '';
  for await (const data of resize.incoming()) {
    const parts = (text + data.toString('latin1')).split('}');
    text = (parts.pop() ?? '').slice(0, MAX_SIZE_CHARACTERS);
    for (const part of parts) {
      const size = readSize(`${part}}`);
      if (size) yield size;
    }
  }
}
