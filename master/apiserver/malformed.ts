import type { Socket } from 'node:net';
import { ApiError, badRequest } from '../../api/meta/errors.ts';
import { JSON_TYPE } from './answer.ts';

/** What is told to a client whose request cannot be read, or does not come to its end; then the connection is of no use. */

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Larger than Node's own, for tokens and users with many groups. Path, query and all headers are within it. */
export const MAX_HEADER_BYTES = 32 * 1024;

function errorOf({ code, message }: Error & { code?: string }): ApiError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ApiError(
        431,
        'RequestHeaderFieldsTooLarge',
        `the path, the query and the headers of a request may have ${MAX_HEADER_BYTES} bytes together`,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ApiError(408, 'Timeout', 'the request did not come to its end in the time that it may take');
    default:
      return badRequest(`the request is not well-formed HTTP: ${code ?? message}`);
  }
}

/** How long a client may take to close its end after it was told. */
const LINGER_MS = 5_000;
/** Of those who speak HTTP within TLS; others could not read an answer, and would keep the connection open for it. */
const IS_READABLE = /^(HPE_|ERR_HTTP_)/;

export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!IS_READABLE.test(error.code ?? '')) socket.destroy();
  // Told already, and more has come meanwhile.
  if (!socket.writable) return;
  const { status } = errorOf(error);
  const body = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${status.code} ${REASONS[status.code]}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
}
