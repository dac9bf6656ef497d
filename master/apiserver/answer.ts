import type { Status } from '../../api/meta/errors.ts';

/** What is sent back, as data; `send.ts` carries it out. */
export type Answer = WholeAnswer | StreamAnswer;

export interface WholeAnswer {
  readonly type: 'whole';
  readonly code: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export interface StreamAnswer {
  readonly type: 'stream';
  readonly contentType: string;
  /** Pulled only as fast as the client reads. Ending it ends the response; throwing cuts the connection. */
  readonly chunks: AsyncIterable<string | Uint8Array>;
}

export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/yaml';

export const text = (code: number, body: string): WholeAnswer => ({
  type: 'whole',
  code,
  contentType: 'text/plain; charset=utf-8',
  body,
});

export const json = (code: number, value: unknown, headers?: WholeAnswer['headers']): WholeAnswer => ({
  type: 'whole',
  code,
  contentType: JSON_TYPE,
  body: JSON.stringify(value),
  ...(headers && { headers }),
});

/** A failure, or the success of something that has no object to show. */
export function statusAnswer(status: Status): WholeAnswer {
  const retry = status.details?.retryAfterSeconds;
  return json(status.code, status, retry ? { 'retry-after': String(retry) } : undefined);
}
