import type { Status } from '../../api/meta/errors.ts';
import type { Typed } from '../../api/protobuf/encode.ts';
import { encodingFor } from './negotiation.ts';
import { protobuf, valueBytes } from './protobuf-form.ts';
import type { Upgrade } from './streams/upgrade.ts';

/** What is sent back, as data; `send.ts` carries it out. */
export type Answer = WholeAnswer | PiecesAnswer | StreamAnswer | UpgradeAnswer;

export interface WholeAnswer {
  readonly type: 'whole';
  readonly code: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** An answer too large to be made at once: lists. */
export interface PiecesAnswer {
  readonly type: 'pieces';
  readonly code: number;
  readonly contentType: string;
  /** Made while it is sent, in turns with everybody else's work. An empty one says only that time has passed. */
  readonly pieces: Iterable<Piece>;
  readonly headers?: WholeAnswer['headers'];
}

/** Those of one answer are all of one sort. */
export type Piece = string | Uint8Array;

export interface StreamAnswer {
  readonly type: 'stream';
  readonly contentType: string;
  /** Default 200. */
  readonly code?: number;
  /** Instead of those that a stream of ours has. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Pulled only as fast as the client reads. Ending it ends the response; throwing cuts the connection. */
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** A client that reads nothing of what waits for it for so long is cut. Default: one may stop reading, as a terminal does. */
  readonly maxStallMs?: number;
}

/** The connection goes on in another protocol. Only for a request that asks for that. */
export interface UpgradeAnswer {
  readonly type: 'upgrade';
  /** Owns the connection from here on, and answers the handshake. Resolves when all is over. */
  run(upgrade: Upgrade): Promise<void>;
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

/** A failure, or the success of something that has no object to show, as protobuf where the client likes that best. */
export function statusAnswer(status: Status, accept?: string): WholeAnswer {
  const retry = status.details?.retryAfterSeconds;
  return valueAnswer(status.code, status, accept, retry ? { 'retry-after': String(retry) } : undefined);
}

/** An object of one of Kubernetes' kinds that is made for this answer alone. */
export function valueAnswer(
  code: number,
  value: Typed,
  accept: string | undefined,
  headers?: WholeAnswer['headers'],
): WholeAnswer {
  return encodingFor(accept) === 'protobuf' ? protobuf(code, valueBytes(value), headers) : json(code, value, headers);
}
