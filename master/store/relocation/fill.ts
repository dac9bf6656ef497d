import { Misconfigured } from '../../../platform/misconfigured.ts';
import { EVENT_TTL_MS } from '../../objects/retention.ts';
import type { LeaseId, Op, Revision, Store, Transaction } from '../store.ts';
import { NOTE_KEY, type Note, noteOf } from './note.ts';
import type { Piece } from './snapshot.ts';

export interface Filling {
  /** What the store is called: `etcd at http://127.0.0.1:2379`. */
  readonly name: string;
  /** How many revisions may have been given out after the one that is brought in, and must not be given out again. */
  readonly spareRevisions: Revision;
  /** Told now and then. */
  readonly progress?: (done: number, expected: number) => void;
}

/** Puts per transaction, below etcd's limit of 128 operations and 1.5 MB. */
const MAX_OPS = 100;
const MAX_CHARS = 400_000;
/** Transactions that are handed to the store together: it makes them durable in one write. */
const TOGETHER = 8;
const EVENTS = '/registry/core/events/';

/**
 * Writes a snapshot into an empty store, or into one where that was begun before and did not finish. Until it is done the store says
 * that it is not, and no master opens it. Rejects with `Misconfigured` where the store holds anything, and then nothing has changed.
 * Resolves with the number of entries.
 */
export async function fill(store: Store, pieces: AsyncIterable<Piece>, filling: Filling): Promise<number> {
  const begun = await begin(store, filling.name);
  const fence = { key: NOTE_KEY, modRevision: begun };
  const commit = async (ops: readonly Op[]): Promise<Revision> => {
    const result = await store.commit({ compares: [fence], ops });
    if (result.ok) return result.revision;
    throw new Misconfigured(`${filling.name} is being filled by somebody else too: it is left to them`);
  };
  // Events go by themselves, as they would have where they were.
  const { id: events } = await store.grantLease(EVENT_TTL_MS);
  let revision = 0;
  let expected = 0;
  let done = 0;
  for await (const batch of batches(pieces, events, (beginning) => ({ revision, expected } = beginning))) {
    await Promise.all(batch.map(commit));
    done += batch.reduce((sum, { length }) => sum + length, 0);
    filling.progress?.(done, expected);
  }
  await commit([noted({ state: 'filled', revisionOffset: revision + filling.spareRevisions })]);
  return done;
}

export const noted = (note: Note): Op => ({ type: 'put', key: NOTE_KEY, value: JSON.stringify(note) });

/** Resolves with the revision of the note that the store is being filled. */
async function begin(store: Store, name: string): Promise<Revision> {
  const found = await store.get(NOTE_KEY);
  if (noteOf(found)?.state === 'filling') await erase(store);
  else await requireEmpty(store, name);
  const compares = [{ key: NOTE_KEY, modRevision: found?.modRevision ?? 0 }];
  const result = await store.commit({ compares, ops: [noted({ state: 'filling' })] });
  if (result.ok) return result.revision;
  throw new Misconfigured(`${name} is being filled by somebody else: it is left to them`);
}

/** Throws `Misconfigured` where anything is in the store. */
export async function requireEmpty(store: Store, name: string): Promise<void> {
  const { values, remaining } = await store.list('', { limit: 1 });
  if (values.length === 0) return;
  const cell = await store.get('/cell/id');
  throw new Misconfigured(
    `${name} is not empty: it holds ${values.length + remaining} keys${cell ? ` of the cell ${cell.value}` : ''}. ` +
      'A cell goes into an empty place only: choose another, or move away what is there (`stowctl down` removes it, and ends its containers too)',
  );
}

async function erase(store: Store): Promise<void> {
  for (let after: string | undefined; ; ) {
    const { values, remaining } = await store.list('', { limit: MAX_OPS, ...(after && { after }) });
    const ops = values.filter(({ key }) => key !== NOTE_KEY).map(({ key }): Op => ({ type: 'delete', key }));
    if (ops.length > 0) await store.commit({ compares: [], ops });
    after = values.at(-1)?.key;
    if (remaining === 0) return;
  }
}

/** The entries as operations of transactions, some transactions at a time. */
async function* batches(
  pieces: AsyncIterable<Piece>,
  events: LeaseId,
  onBegin: (beginning: Extract<Piece, { type: 'begin' }>) => void,
): AsyncGenerator<Transaction['ops'][]> {
  let together: Op[][] = [];
  let ops: Op[] = [];
  let chars = 0;
  for await (const piece of pieces) {
    if (piece.type === 'begin') {
      onBegin(piece);
      continue;
    }
    const { key, value } = piece;
    if (ops.length === MAX_OPS || (ops.length > 0 && chars + value.length > MAX_CHARS)) {
      together.push(ops);
      [ops, chars] = [[], 0];
      if (together.length === TOGETHER) {
        yield together;
        together = [];
      }
    }
    ops.push({ type: 'put', key, value, ...(key.startsWith(EVENTS) && { lease: events }) });
    chars += key.length + value.length;
  }
  if (ops.length > 0) together.push(ops);
  if (together.length > 0) yield together;
}
