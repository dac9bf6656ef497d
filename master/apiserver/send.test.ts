import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { sendStream, wireForm } from './send.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** Serves the chunks to one client. Resolves with the client's end, and a promise for how the server's end went. */
async function stream(chunks: AsyncIterable<string>): Promise<{ message: IncomingMessage; sent: Promise<unknown> }> {
  let report = (_outcome: unknown) => {};
  const sent = new Promise<unknown>((resolve) => (report = resolve));
  const listening = createServer((_request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    sendStream({ type: 'stream', contentType: 'text/plain', chunks }, response, gone.signal).then(
      () => report('done'),
      (error) => report(error.message),
    );
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const request = get({ port: (listening.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  return { message, sent };
}

describe('streams', () => {
  test('are read no faster than the client reads, and let go when it leaves', async () => {
    let pulled = 0;
    let released = () => {};
    const release = new Promise<void>((resolve) => (released = resolve));
    const total = 2_000;
    async function* endless() {
      try {
        while (pulled < total) {
          pulled++;
          yield 'x'.repeat(64 * 1024);
        }
      } finally {
        released();
      }
    }
    const { message, sent } = await stream(endless());
    message.pause();
    // Nothing is pulled any more once the buffers on the way are full: wait until the count stands still.
    for (let before = -1; before !== pulled; await new Promise((resolve) => setTimeout(resolve, 100))) before = pulled;
    expect(pulled).toBeLessThan(total);
    message.destroy();
    await release;
    expect(await sent).toBe('done');
  });

  test('that break are cut, so that nobody takes them for whole', async () => {
    async function* broken() {
      yield 'half';
      throw new Error('the agent has gone');
    }
    const { message, sent } = await stream(broken());
    const read = async () => {
      for await (const _chunk of message);
    };
    await expect(read()).rejects.toThrow(/aborted/);
    expect(await sent).toBe('the agent has gone');
  });
});

describe('whole answers', () => {
  test('keep their headers when they are compressed', async () => {
    const answer = {
      type: 'whole',
      code: 200,
      contentType: 'application/json',
      body: 'x'.repeat(100_000),
      headers: { etag: '"1"' },
    } as const;
    const { headers, body } = await wireForm(answer, 'gzip');
    expect(headers).toMatchObject({ etag: '"1"', 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(body.length).toBeLessThan(1_000);
    expect((await wireForm({ ...answer, body: 'small' }, 'gzip')).headers['content-encoding']).toBeUndefined();
  });
});
