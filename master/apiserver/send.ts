import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { StreamAnswer, WholeAnswer } from './answer.ts';
import { acceptsGzip } from './negotiation.ts';

/** Carries answers out. */

/** Smaller bodies are cheaper to send than to compress. */
const GZIP_THRESHOLD_BYTES = 64 * 1024;
const gzipAsync = promisify(gzip);

/**
 * What goes on the wire for a whole answer: the body compressed where that pays and the client can read it. A text that is not
 * stays one: Node sends it together with the headers.
 */
export async function wireForm(
  answer: WholeAnswer,
  acceptEncoding: string | string[] | undefined,
): Promise<{ headers: Record<string, string | string[]>; body: string | Buffer }> {
  const headers: Record<string, string | string[]> = {
    'content-type': answer.contentType,
    'cache-control': 'no-cache, private',
  };
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  const { body } = answer;
  if (body.length < GZIP_THRESHOLD_BYTES || !acceptsGzip(acceptEncoding)) return { headers, body };
  return {
    headers: { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' },
    body: await gzipAsync(body, { level: 1 }),
  };
}

/**
 * Writes a stream as fast as the client reads it, until it ends or the client goes. A stream that throws is cut, so that the
 * client cannot take what it has for the whole.
 */
export async function sendStream(answer: StreamAnswer, response: ServerResponse, signal: AbortSignal): Promise<void> {
  const headers = answer.headers ?? { 'content-type': answer.contentType, 'cache-control': 'no-cache, private' };
  response.writeHead(answer.code ?? 200, headers);
  response.flushHeaders();
  try {
    for await (const chunk of answer.chunks) {
      if (signal.aborted) break;
      if (!response.write(chunk)) await drained(response, signal);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

/** Resolves when the client has read on, or has gone. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
