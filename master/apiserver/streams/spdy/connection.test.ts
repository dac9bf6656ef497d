import { expect, test } from 'vitest';
import { ManualClock } from '../../../../platform/manual-clock.fixture.ts';
import { MessageQueue } from '../message-queue.ts';
import { SpdyConnection } from './connection.ts';
import { type Frame, FrameReader, frameBytes } from './frames.ts';
import { HeaderWriter } from './header-block.ts';
import type { SpdyStream } from './stream.ts';

/** A client's end in memory. */
function dial() {
  const queue = new MessageQueue<Buffer>(
    () => {},
    () => {},
  );
  const reader = new FrameReader();
  const heard: Frame[] = [];
  const opened: SpdyStream[] = [];
  const headers = new HeaderWriter();
  let closed = false;
  const connection = new SpdyConnection(
    {
      bytes: queue,
      async send(bytes) {
        heard.push(...reader.read(Buffer.from(bytes)));
      },
      close: () => {
        closed = true;
      },
    },
    (stream) => opened.push(stream),
    new ManualClock(),
  );
  const gone = connection.run();
  return {
    ...{ heard, opened, gone, queue },
    get closed() {
      return closed;
    },
    say: (frame: Exclude<Frame, { type: 'ignored' }>) => queue.put(frameBytes(frame)),
    open: (streamId: number, names: Record<string, string> = {}) =>
      queue.put(frameBytes({ type: 'synStream', streamId, fin: false, block: headers.write(names) })),
    leave: () => queue.end(),
  };
}

const data = (streamId: number, text: string, fin = false) =>
  ({ type: 'data', streamId, fin, data: Buffer.from(text) }) as const;

test('a stream is replied to, carries bytes both ways, and ends', async () => {
  const client = dial();
  client.open(1, { streamtype: 'data', port: '80' });
  await expect.poll(() => client.opened.length).toBe(1);
  const [stream] = client.opened;
  expect(stream!.headers).toEqual({ streamtype: 'data', port: '80' });
  expect(client.heard).toMatchObject([{ type: 'synReply', streamId: 1 }]);
  client.say(data(1, 'some '));
  client.say(data(1, 'words', true));
  let text = '';
  for await (const bytes of stream!.incoming()) text += bytes;
  expect(text).toBe('some words');
  await stream!.write(Buffer.from('answer'));
  await stream!.end();
  expect(client.heard.slice(1)).toEqual([data(1, 'answer'), data(1, '', true)]);
  client.leave();
  await client.gone;
  expect(client.closed).toBe(true);
});

test('pings are answered; settings and windows are passed over', async () => {
  const client = dial();
  client.queue.put(Buffer.from('8003000400000004000000008003000900000008000000010000ffff', 'hex'));
  client.say({ type: 'ping', id: 7 });
  client.say({ type: 'ping', id: 8 });
  client.leave();
  await client.gone;
  expect(client.heard).toEqual([{ type: 'ping', id: 7 }]);
});

test('what breaks the protocol ends the connection with a goodbye', async () => {
  for (const broken of [
    Buffer.from('GET / HTTP/1.1\r\n').fill(0xff, 0, 1),
    frameBytes({ type: 'synStream', streamId: 1, fin: false, block: Buffer.from('no headers') }),
    frameBytes({ type: 'synStream', streamId: 2, fin: false, block: new HeaderWriter().write({}) }),
  ]) {
    const client = dial();
    client.queue.put(broken);
    await client.gone;
    expect(client.heard).toMatchObject([{ type: 'goAway', status: 1 }]);
    expect(client.closed).toBe(true);
  }
});

test('a stream that the client gives up, or that it leaves behind, breaks for its reader', async () => {
  const client = dial();
  client.open(1);
  client.open(3);
  await expect.poll(() => client.opened.length).toBe(2);
  const [first, second] = client.opened.map((stream) => stream.incoming().next());
  client.say({ type: 'rstStream', streamId: 1, status: 5 });
  await expect(first).rejects.toThrow(/given up/);
  client.leave();
  await expect(second).rejects.toThrow(/gone/);
});

test('a reader that is behind holds its client back', async () => {
  const client = dial();
  client.open(1);
  await expect.poll(() => client.opened.length).toBe(1);
  const piece = 'x'.repeat(100_000);
  for (let count = 0; count < 10; count++) client.say(data(1, piece));
  client.say({ type: 'ping', id: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  // The ping comes after what nobody reads.
  expect(client.heard.filter(({ type }) => type === 'ping')).toEqual([]);
  const incoming = client.opened[0]!.incoming();
  for (let read = 0; read < 1_000_000; ) read += (await incoming.next()).value!.length;
  await expect.poll(() => client.heard.filter(({ type }) => type === 'ping').length).toBe(1);
});
