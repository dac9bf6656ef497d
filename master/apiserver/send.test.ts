import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  get,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { eventually } from '../../test/eventually.ts';
import type { PiecesAnswer, WholeAnswer } from './answer.ts';
import { SlowReader, send, sendStream, wireForm } from './send.ts';
import { Turns } from './turns.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** Serves the chunks to one client. Resolves with the client's end, and a promise for how the server's end went. */
async function stream(
  chunks: AsyncIterable<string>,
  { clock = systemClock, maxStallMs }: { clock?: Clock; maxStallMs?: number } = {},
): Promise<{ message: IncomingMessage; sent: Promise<unknown> }> {
  let report = (_outcome: unknown) => {};
  const sent = new Promise<unknown>((resolve) => (report = resolve));
  const listening = createServer((_request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const delivery = { response, signal: gone.signal, clock };
    sendStream({ type: 'stream', contentType: 'text/plain', chunks, ...(maxStallMs && { maxStallMs }) }, delivery).then(
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

  test('that nobody reads on are cut after their time, and those that may wait are not', async () => {
    async function* endless() {
      for (;;) yield 'x'.repeat(64 * 1024);
    }
    for (const maxStallMs of [30_000, undefined]) {
      const clock = new ManualClock();
      const { message, sent } = await stream(endless(), { clock, ...(maxStallMs && { maxStallMs }) });
      message.pause();
      let outcome: unknown;
      void sent.then((told) => (outcome = told));
      if (maxStallMs)
        await eventually('the stream is stalled and then cut', () => clock.advance(29_999).then(() => outcome));
      else await clock.advance(1e9);
      expect(outcome).toEqual(maxStallMs ? 'the client has read nothing for 30000 ms' : undefined);
      message.destroy();
      server?.close();
    }
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

/** Has one answer sent to one client. */
async function exchange(answer: WholeAnswer | PiecesAnswer, options: RequestOptions, clock: Clock = systemClock) {
  let report = (_outcome: unknown) => {};
  const sent = new Promise<unknown>((resolve) => (report = resolve));
  const listening = createServer((request, response) => {
    const delivery = { request, response, signal: new AbortController().signal, clock, turns: new Turns(clock) };
    send(answer, delivery).then(() => report('done'), report);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  const request = httpRequest({ port, host: '127.0.0.1', agent: false, ...options }).end();
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  return { message, sent };
}

describe('answers in pieces', () => {
  const texts = Array.from({ length: 5_000 }, (_, i) => `piece ${i} `.repeat(10));
  const answer = { type: 'pieces', code: 200, contentType: 'text/plain', headers: { 'x-more': 'a' } } as const;

  test.each(['identity', 'gzip'])('arrive whole: %s', async (encoding) => {
    const headers = { 'accept-encoding': encoding };
    const { message, sent } = await exchange({ ...answer, pieces: texts }, { headers });
    const bytes = Buffer.concat(await message.toArray());
    const text = encoding === 'gzip' ? gunzipSync(bytes) : bytes;
    expect(String(text)).toBe(texts.join(''));
    expect(message.headers).toMatchObject({ 'content-type': 'text/plain', 'x-more': 'a' });
    expect(message.headers['content-encoding']).toBe(encoding === 'gzip' ? 'gzip' : undefined);
    expect(await sent).toBe('done');
  });

  test('are not made for who wants only their head', async () => {
    const never = (function* () {
      yield expect.fail('nobody asked for it');
    })();
    const { message, sent } = await exchange({ ...answer, pieces: never }, { method: 'HEAD' });
    expect([message.statusCode, await sent]).toEqual([200, 'done']);
  });

  test.each(['identity', 'gzip'])('that cannot be made further are cut: %s', async (encoding) => {
    function* broken() {
      yield* texts;
      throw new Error('no such column');
    }
    const headers = { 'accept-encoding': encoding };
    const { message, sent } = await exchange({ ...answer, pieces: broken() }, { headers });
    await expect(message.toArray()).rejects.toThrow(/aborted/);
    expect(await sent).toMatchObject({ message: 'no such column' });
  });

  test.each(['identity', 'gzip'])('that nobody reads are cut after their time: %s', async (encoding) => {
    const clock = new ManualClock();
    const noise = Array.from({ length: 4_000 }, () => randomBytes(32 * 1024).toString('base64'));
    const headers = { 'accept-encoding': encoding };
    const { message, sent } = await exchange({ ...answer, pieces: noise }, { headers }, clock);
    message.pause().on('error', () => {});
    let outcome: unknown;
    void sent.then((told) => (outcome = told));
    expect(await eventually('it is cut', () => clock.advance(29_999).then(() => outcome))).toBeInstanceOf(SlowReader);
  });
});

describe('whole answers', () => {
  test('that nobody reads are cut after their time', async () => {
    const clock = new ManualClock();
    const body = 'x'.repeat(100e6);
    const { message, sent } = await exchange({ type: 'whole', code: 200, contentType: 'text/plain', body }, {}, clock);
    message.pause().on('error', () => {});
    let outcome: unknown;
    void sent.then((told) => (outcome = told));
    await clock.advance(299_999);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    expect(await sent).toBeInstanceOf(SlowReader);
  });

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
