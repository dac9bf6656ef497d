import type { FetchJson } from './prometheus.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/** GETs a URL over HTTP or HTTPS. Rejects when there is no answer, or one that is too long or no JSON. */
export const fetchJson: FetchJson = async (url, signal) => {
  const response = await fetch(url, { signal, headers: { accept: 'application/json' } });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error(`its answer is longer than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { code: response.status, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
};
