import type { IncomingMessage } from 'node:http';
import { badRequest, tooLarge } from '../../api/meta/errors.ts';

/** Largest request body that is read (Kubernetes' own limit). */
export const BODY_LIMIT_BYTES = 3 * 1024 * 1024;
export const NO_BODY = Buffer.alloc(0);

/**
 * Reads the body of a request: not before it is known that whoever sends it may, so that nobody else fills the memory. Rejects with
 * 413 beyond the limit, at once where the length is told beforehand, and with 400 when the client goes away. What is not read is
 * thrown away as it comes.
 */
export function readRequestBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (error?: Error) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      if (!error) return resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
      request.resume();
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limitBytes) settle(tooLarge(limitBytes));
      else chunks.push(chunk);
    };
    const onEnd = () => settle();
    const onClose = () => settle(badRequest('the connection ended before the body of the request was whole'));
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return settle(tooLarge(limitBytes));
    if (request.destroyed && !request.readableEnded) return onClose();
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

/** Whether a request says that a body follows. As everywhere, what GET and HEAD carry has no meaning. */
export function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
