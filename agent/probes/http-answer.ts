/** What is to be known of an answer. */
export interface HttpAnswer {
  readonly status: number;
  /** Where else to ask. */
  readonly location: string | undefined;
}

/** More of an answer is not read (a kubelet's bound for a probe's body). */
const MOST_BODY_BYTES = 10 * 1024;
const MOST_HEAD_BYTES = 64 * 1024;

/**
 * The answer in what has been received so far, a character for each byte (RFC 9112, "HTTP/1.1"); undefined while it is not whole. With
 * `ended` no more follows. Throws, with a sentence, when it is no answer.
 */
export function answerOf(text: string, ended: boolean): HttpAnswer | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (!'HTTP/1.'.startsWith(text.slice(0, 7))) throw new Error('malformed HTTP response');
  if (headEnd < 0) {
    if (ended) throw new Error('the connection was closed before there was an answer');
    if (text.length > MOST_HEAD_BYTES) throw new Error('the headers of the answer have no end');
    return undefined;
  }
  const [statusLine = '', ...headers] = text.slice(0, headEnd).split('\r\n');
  const status = Number(/^HTTP\/1\.\d (\d{3})(?: |$)/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`malformed HTTP response "${statusLine.slice(0, 80)}"`);
  const body = text.slice(headEnd + 4);
  // Something to go on waiting by: the answer itself follows.
  if (status < 200 && status !== 101) return answerOf(body, ended);
  return ended || isWhole(status, headers, body) ? { status, location: headerOf(headers, 'location') } : undefined;
}

function isWhole(status: number, headers: readonly string[], body: string): boolean {
  if (status === 101 || status === 204 || status === 304 || body.length >= MOST_BODY_BYTES) return true;
  if (/chunked/i.test(headerOf(headers, 'transfer-encoding') ?? '')) return /(^|\r\n)0\r\n(.+\r\n)*\r\n$/.test(body);
  const length = headerOf(headers, 'content-length');
  return length !== undefined && body.length >= Number(length);
}

function headerOf(headers: readonly string[], name: string): string | undefined {
  const line = headers.find((one) => one.slice(0, name.length + 1).toLowerCase() === `${name}:`);
  return line?.slice(name.length + 1).trim();
}
