import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { Clock } from '../../platform/clock.ts';
import type { Answer, PiecesAnswer, StreamAnswer, UpgradeAnswer, WholeAnswer } from './answer.ts';
import { acceptsGzip } from './negotiation.ts';
import { chunksOf } from './pieces.ts';
import type { Turns } from './turns.ts';

/** Carries answers out, no faster than they are read, and not for ever. */

/** Smaller bodies are cheaper to send than to compress. */
const GZIP_THRESHOLD_BYTES = 64 * 1024;
/** What is smaller lies in the buffers of the connection, whether it is read or not. */
const LARGE_BYTES = 64 * 1024;
/** Within this time something of a large answer must be read, and within the other all of it. */
const MAX_STALL_MS = 30_000;
const MAX_SENDING_MS = 300_000;

const gzipAsync = promisify(gzip);

/** One exchange, as far as sending goes. */
export interface Delivery {
  readonly request: Pick<IncomingMessage, 'method' | 'headers'>;
  readonly response: ServerResponse;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly turns: Turns;
}

/** The client reads too slowly for what it has asked for. */
export class SlowReader extends Error {
  override readonly name = 'SlowReader';
}

/** Resolves when an answer has been handed to the network, or the client has gone. Rejects with {@link SlowReader} when it was cut. */
export async function send(answer: Exclude<Answer, UpgradeAnswer>, delivery: Delivery): Promise<void> {
  switch (answer.type) {
    case 'stream':
      return sendStream(answer, delivery);
    case 'pieces':
      return within(MAX_SENDING_MS, delivery, () => sendPieces(answer, delivery));
    case 'whole':
      return sendWhole(answer, delivery);
  }
}

async function sendWhole(answer: WholeAnswer, delivery: Delivery): Promise<void> {
  const { request, response } = delivery;
  const { headers, body } = await wireForm(answer, request.headers['accept-encoding']);
  const length = Buffer.byteLength(body);
  response.writeHead(answer.code, { ...headers, 'content-length': length });
  const isHead = request.method === 'HEAD';
  response.end(isHead ? undefined : body);
  if (length > LARGE_BYTES && !isHead) await within(MAX_SENDING_MS, delivery, () => closed(response));
}

async function sendPieces(answer: PiecesAnswer, delivery: Delivery): Promise<void> {
  const { request, turns } = delivery;
  const isZipped = acceptsGzip(request.headers['accept-encoding']);
  const zipped = { 'content-encoding': 'gzip', vary: 'Accept-Encoding' };
  const chunks = request.method === 'HEAD' ? nothing() : chunksOf(answer, turns);
  await sendStream(
    {
      type: 'stream',
      code: answer.code,
      contentType: answer.contentType,
      headers: { ...headersOf(answer), ...(isZipped && zipped) },
      chunks: isZipped ? compressed(chunks) : chunks,
      maxStallMs: MAX_STALL_MS,
    },
    delivery,
  );
}

async function* nothing(): AsyncGenerator<string> {}

function compressed(chunks: AsyncIterable<string | Buffer>): AsyncIterable<Buffer> {
  // Whoever reads the result hears of what goes wrong.
  return pipeline(Readable.from(chunks), createGzip({ level: 1, chunkSize: LARGE_BYTES }), () => {});
}

/**
 * What goes on the wire for a whole answer: the body compressed where that pays and the client can read it. A text that is not
 * stays one: Node sends it together with the headers.
 */
export async function wireForm(
  answer: WholeAnswer,
  acceptEncoding: string | string[] | undefined,
): Promise<{ headers: Record<string, string | string[]>; body: string | Buffer }> {
  const headers = headersOf(answer);
  const { body } = answer;
  if (body.length < GZIP_THRESHOLD_BYTES || !acceptsGzip(acceptEncoding)) return { headers, body };
  return {
    headers: { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' },
    body: await gzipAsync(body, { level: 1 }),
  };
}

function headersOf(answer: Pick<WholeAnswer, 'contentType' | 'headers'>): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    'content-type': answer.contentType,
    'cache-control': 'no-cache, private',
  };
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  return headers;
}

/**
 * Writes a stream as fast as the client reads it, until it ends or the client goes. A stream that throws is cut, so that the
 * client cannot take what it has for the whole; so is one that is not read for longer than it may be.
 */
export async function sendStream(
  answer: StreamAnswer,
  { response, signal, clock }: Pick<Delivery, 'response' | 'signal' | 'clock'>,
): Promise<void> {
  const headers = answer.headers ?? { 'content-type': answer.contentType, 'cache-control': 'no-cache, private' };
  response.writeHead(answer.code ?? 200, headers);
  response.flushHeaders();
  try {
    for await (const chunk of answer.chunks) {
      if (signal.aborted) break;
      if (!response.write(chunk)) await drained(response, signal, clock, answer.maxStallMs);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

/** Resolves when the client has read on, or has gone. Rejects when it has done neither for too long. */
function drained(response: ServerResponse, signal: AbortSignal, clock: Clock, maxMs?: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      timer?.cancel();
      response.removeListener('drain', done);
      signal.removeEventListener('abort', done);
    };
    const done = () => {
      end();
      resolve();
    };
    const stalled = () => {
      end();
      reject(new SlowReader(`the client has read nothing for ${maxMs} ms`));
    };
    const timer = maxMs === undefined ? undefined : clock.setTimer(maxMs, stalled);
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

/** Cuts the connection when sending takes too long. */
async function within(ms: number, { clock, response }: Delivery, sending: () => Promise<void>): Promise<void> {
  let isLate = false;
  const timer = clock.setTimer(ms, () => {
    isLate = true;
    response.destroy();
  });
  try {
    await sending();
    if (isLate) throw new SlowReader(`the client had not read the answer after ${ms} ms`);
  } finally {
    timer.cancel();
  }
}

/** Resolves when a response is over: all of it has gone out, or the connection has ended. */
function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) resolve();
    else response.once('close', () => resolve());
  });
}
