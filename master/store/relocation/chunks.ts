const CHUNK_CHARS = 128 * 1024;

/** The same text in fewer, larger pieces: each piece that a stream carries costs a turn of the event loop. */
export async function* inChunks(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const text of texts) {
    chunk += text;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
