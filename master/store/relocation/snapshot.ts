import { leaderKey } from '../../leadership.ts';
import { type Revision, RevisionCompacted, type Store } from '../store.ts';
import { NOTE_KEY } from './note.ts';

/** A store's content at one revision, told piece by piece. */
export type Piece =
  /** The first. `expected`: about how many entries follow. */
  | { readonly type: 'begin'; readonly revision: Revision; readonly expected: number }
  | { readonly type: 'entry'; readonly key: string; readonly value: string };

const PAGE = 1_000;

/**
 * Everything that a cell has in a store (as it stands there: sealed values stay sealed), without what holds for the store or the
 * moment alone: its note about itself, and who leads. A store that is written to meanwhile answers as of the first page's revision;
 * where it has forgotten that before the end, this rejects with `RevisionCompacted`, and the caller starts over.
 */
export async function* snapshot(store: Store): AsyncGenerator<Piece> {
  let page = await store.list('', { limit: PAGE });
  const { revision } = page;
  yield { type: 'begin', revision, expected: page.values.length + page.remaining };
  for (;;) {
    for (const { key, value } of page.values) if (belongsToCell(key)) yield { type: 'entry', key, value };
    const after = page.values.at(-1)?.key;
    if (page.remaining === 0 || after === undefined) return;
    page = await store.list('', { limit: PAGE, revision, after });
  }
}

const belongsToCell = (key: string): boolean => key !== NOTE_KEY && !key.startsWith(leaderKey(''));

/** How often a snapshot is begun anew where the store changes faster than it is read. */
const TRIES = 5;

/**
 * Runs `use` with a snapshot, and again with a new one where the store has forgotten the first one's revision meanwhile: some times over,
 * then it rejects with `RevisionCompacted`.
 */
export async function withSnapshot<T>(
  take: () => AsyncIterable<Piece>,
  use: (pieces: AsyncIterable<Piece>) => Promise<T>,
): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await use(take());
    } catch (error) {
      if (!(error instanceof RevisionCompacted) || left === 0) throw error;
    }
  }
}
