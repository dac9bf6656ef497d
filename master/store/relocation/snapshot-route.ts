import type { ExtraRoute } from '../../apiserver/server.ts';
import type { Auth } from '../../auth/auth.ts';
import { forbiddenAction } from '../../auth/authorization/forbidden.ts';
import { EncryptedStore } from '../encryption/encrypted-store.ts';
import { RevisionCompacted, type Store } from '../store.ts';
import { inChunks } from './chunks.ts';
import { type Piece, snapshot } from './snapshot.ts';

export const SNAPSHOT_PATH = '/stowage/v1/snapshot';

const END = { type: 'end' } as const;
const OUTRUN = { type: 'outrun' } as const;
/** A line of the answer. After the pieces: that it was all, or that the store has forgotten the revision before it was. */
export type SnapshotLine = Piece | typeof END | typeof OUTRUN;

/** Everything of the cell is in it: who may do everything may have it, whatever roles say. */
const ADMINISTRATORS = 'system:masters';
const ACTION = { type: 'path', verb: 'get', path: SNAPSHOT_PATH } as const;

/**
 * The store's content, as lines of JSON (`SnapshotLine`), for a backup beside a running master whose store nobody else may open.
 * Sealed values stay sealed.
 */
export function snapshotRoute(store: Store, { authenticator }: Auth): ExtraRoute {
  return {
    method: 'GET',
    path: SNAPSHOT_PATH,
    async handle({ headers, credential }) {
      const user = await authenticator.identify(credential, headers);
      if (!user.groups.includes(ADMINISTRATORS))
        throw forbiddenAction(user, ACTION, `only a member of ${ADMINISTRATORS} may have all of a cell`);
      const inner = store instanceof EncryptedStore ? store.inner : store;
      return { type: 'stream', contentType: 'application/x-ndjson', chunks: inChunks(linesOf(inner)) };
    },
  };
}

async function* linesOf(store: Store): AsyncGenerator<string> {
  try {
    for await (const piece of snapshot(store)) yield `${JSON.stringify(piece)}\n`;
    yield `${JSON.stringify(END)}\n`;
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw error;
    yield `${JSON.stringify(OUTRUN)}\n`;
  }
}
