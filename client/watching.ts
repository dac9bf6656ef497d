import type { Status } from '../api/meta/errors.ts';
import type { ApiObject } from '../api/meta/object.ts';
import type { ApiClient } from './client.ts';
import { ServerRefusal } from './failure.ts';

export interface WatchLine<T = ApiObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

export interface WatchRequest {
  readonly query?: Record<string, string | undefined>;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** Longest line of a watch: an object is bounded by the server well below this. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

/**
 * The changes that a watch reports, until the server ends it or the signal aborts (which ends it quietly). Throws
 * `ServerRefusal` on an ERROR event (410: list again).
 */
export async function* watch<T = ApiObject>(
  client: ApiClient,
  path: string,
  request: WatchRequest,
): AsyncGenerator<WatchLine<T>> {
  const { accept, signal } = request;
  try {
    const response = await client.open('GET', path, { query: { ...request.query, watch: 'true' }, accept, signal });
    for await (const line of linesOf(response)) {
      if (line.trim() === '') continue;
      const event = JSON.parse(line) as WatchLine<T> | { type: 'ERROR'; object: Status };
      if (event.type === 'ERROR') throw new ServerRefusal(event.object);
      yield event;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** Splits a byte stream into its lines. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARS)
      throw new Error(`a line of the stream is longer than ${MAX_LINE_CHARS} characters`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}
