import type { Answer } from '../../master/apiserver/answer.ts';
import { type Received, type Reception, serve } from '../../master/apiserver/dispatch.ts';
import type { Credential } from '../../master/auth/authentication/credential.ts';
import { AUTHENTICATED } from '../../master/auth/authentication/credential.ts';
import type { Connection } from '../network/connection.ts';

/** A request as a client sends it. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly user: string;
  readonly groups: readonly string[];
}

/** What comes back: an answer as a whole, or the pieces of one that has no end, and the word that it is over. */
export type Told =
  | { readonly type: 'answer'; readonly code: number; readonly body: string }
  | { readonly type: 'chunk'; readonly text: string }
  | { readonly type: 'over' };

/** Answers requests that come over the network as the API server does, from the reading of the path on. */
export class ApiDesk {
  readonly #reception: Reception;

  constructor(reception: Reception) {
    this.#reception = reception;
  }

  /** Never rejects. The signal aborts when the client has gone. */
  async answer(asked: Asked, connection: Connection, gone: AbortSignal): Promise<void> {
    const say = (told: Told) => connection.send(1, told);
    const { answer, done } = await serve(this.#reception, requestOf(asked, connection, gone), credentialOf(asked));
    try {
      await this.#tell(answer, say, gone);
    } finally {
      done();
      connection.close(1);
    }
  }

  async #tell(answer: Answer, say: (told: Told) => void, gone: AbortSignal): Promise<void> {
    switch (answer.type) {
      case 'whole':
        return say({ type: 'answer', code: answer.code, body: String(answer.body) });
      case 'pieces':
        return say({ type: 'answer', code: answer.code, body: [...answer.pieces].map(textOf).join('') });
      case 'stream':
        for await (const chunk of answer.chunks) {
          if (gone.aborted) return;
          say({ type: 'chunk', text: textOf(chunk) });
        }
        return say({ type: 'over' });
      case 'upgrade':
        throw new Error('connections that go on in another protocol are not simulated');
    }
  }
}

const textOf = (piece: string | Uint8Array): string =>
  typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8');

const credentialOf = ({ user, groups }: Asked): Credential => ({
  type: 'certificate',
  user: { name: user, groups: [...groups, AUTHENTICATED] },
});

function requestOf({ method, path, body, contentType }: Asked, connection: Connection, signal: AbortSignal): Received {
  const at = path.indexOf('?');
  const bytes = body === undefined ? undefined : Buffer.from(body);
  return {
    method,
    path: at < 0 ? path : path.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : path.slice(at + 1)),
    headers: { accept: 'application/json', ...(bytes && { 'content-type': contentType ?? 'application/json' }) },
    body: Buffer.alloc(0),
    ...(bytes && { readBody: async () => bytes }),
    signal,
    remoteAddress: '192.0.2.3',
    cut: () => connection.break('the server has cut it'),
    warnings: [],
  };
}
