import { Misconfigured } from '../../../platform/misconfigured.ts';
import type { Revision, Store, StoredValue } from '../store.ts';
import { ShiftedStore } from './shifted-store.ts';

/**
 * What a store says of itself, under a key of its own: that it is being filled from elsewhere, that it was, or that its cell has left
 * it. A store that a cell was born in has no such note.
 */
export type Note =
  | { readonly state: 'filling' }
  /** `revisionOffset`: what the cell's revisions count more than the store's. */
  | { readonly state: 'filled'; readonly revisionOffset: Revision }
  /** `to`: where the cell is kept now, as flags of `stowctl master`. */
  | { readonly state: 'left'; readonly to: string };

export const NOTE_KEY = '/cell/relocation';

export const noteOf = (stored: StoredValue | undefined): Note | undefined =>
  stored && (JSON.parse(stored.value) as Note);

/**
 * The store as its cell is to see it, for whoever is about to work with it. Rejects with `Misconfigured` where the cell is not in it, or
 * not wholly.
 */
export async function openRelocated(store: Store): Promise<Store> {
  const note = noteOf(await store.get(NOTE_KEY));
  switch (note?.state) {
    case 'filling':
      throw new Misconfigured(
        'the store holds a part of a cell only: a restore or a move into it did not finish; run that again, it begins anew',
      );
    case 'left':
      throw new Misconfigured(`the cell is no longer in this store, it was moved: start with ${note.to}`);
    case 'filled':
      return new ShiftedStore(store, note.revisionOffset);
    default:
      return store;
  }
}
