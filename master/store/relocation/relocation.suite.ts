import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leaderKey } from '../../leadership.ts';
import { put } from '../store.suite.ts';
import { RevisionCompacted, type Store } from '../store.ts';
import { fill, noted } from './fill.ts';
import { NOTE_KEY, openRelocated } from './note.ts';
import { type Piece, snapshot, withSnapshot } from './snapshot.ts';

const contents = fc.dictionary(
  fc.stringMatching(/^[a-z0-9./-]{1,12}$/).map((rest) => `/registry/${rest}`),
  fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.json()),
  { maxKeys: 30, noNullPrototype: true },
);

async function listed(store: Store): Promise<Record<string, string>> {
  const { values } = await store.list('/registry/');
  return Object.fromEntries(values.map(({ key, value }) => [key, value]));
}

const NAME = 'the test store';
const move = (from: Store, to: Store, spareRevisions = 0) => fill(to, snapshot(from), { name: NAME, spareRevisions });

/** That a cell comes whole from one store into another. Each call of the two gives a new, empty store. */
export function relocationSuite(name: string, source: () => Promise<Store>, target: () => Promise<Store>, runs = 30) {
  const both = async <T>(use: (from: Store, to: Store) => Promise<T>): Promise<T> => {
    const [from, to] = await Promise.all([source(), target()]);
    try {
      return await use(from, to);
    } finally {
      await from.close();
      await to.close();
    }
  };

  test(`${name}: what was listed is listed, at revisions that were never given out`, async () => {
    const property = fc.asyncProperty(contents, fc.nat(3), (objects, spare) =>
      both(async (from, to) => {
        for (const [key, value] of Object.entries(objects)) await from.commit(put(key, value));
        const revision = await from.revision();
        expect(await move(from, to, spare)).toBe(Object.keys(objects).length);
        const cell = await openRelocated(to);
        expect(await listed(cell)).toEqual(objects);
        for (const { modRevision } of (await cell.list('/registry/')).values)
          expect(modRevision).toBeGreaterThan(revision + spare);
        const later = await cell.commit(put('/registry/later', 'x'));
        expect(later.revision).toBeGreaterThan(revision + spare);
        await expect(cell.list('/', { revision })).rejects.toThrow(RevisionCompacted);
      }),
    );
    await fc.assert(property, { numRuns: runs });
  });

  test(`${name}: a store that holds anything is left alone`, () =>
    both(async (from, to) => {
      await from.commit(put('/registry/a', '1'));
      await to.commit(put('/cell/id', 'other'));
      await expect(move(from, to)).rejects.toThrow(/is not empty: it holds 1 keys of the cell other/);
      expect((await to.list('')).values.map(({ key }) => key)).toEqual(['/cell/id']);
    }));

  test(`${name}: no master opens what was filled in part; begun again, it is done anew`, () =>
    both(async (from, to) => {
      for (const key of ['a', 'b']) await from.commit(put(`/registry/${key}`, key));
      const torn = async function* (): AsyncGenerator<Piece> {
        yield { type: 'begin', revision: 9, expected: 900 };
        for (let i = 0; i < 900; i++) yield { type: 'entry', key: `/registry/torn-${i}`, value: 'x' };
        throw new Error('torn');
      };
      await expect(fill(to, torn(), { name: NAME, spareRevisions: 0 })).rejects.toThrow('torn');
      expect((await to.list('/registry/')).values).toHaveLength(800);
      await expect(openRelocated(to)).rejects.toThrow(/a part of a cell only.*run that again/);
      await move(from, to);
      expect(await listed(await openRelocated(to))).toEqual(asKeys('a', 'b'));
    }));

  test(`${name}: who led leads no more; a store that was left says where its cell is`, () =>
    both(async (from, to) => {
      await from.commit(put(leaderKey('scheduler'), 'me'));
      await from.commit(put('/cell/id', 'this'));
      await move(from, to);
      expect((await to.list('')).values.map(({ key }) => key)).toEqual(['/cell/id', NOTE_KEY]);
      await from.commit({ compares: [], ops: [noted({ state: 'left', to: '--store etcd' })] });
      await expect(openRelocated(from)).rejects.toThrow('it was moved: start with --store etcd');
    }));

  test(`${name}: what is written while it is read is not in it`, () =>
    both(async (from, to) => {
      for (let i = 0; i < 1_200; i++) void from.commit(put(`/registry/${String(i).padStart(4, '0')}`, 'old'));
      await from.commit(put('/registry/zz', 'old'));
      await withSnapshot(
        () => snapshot(from),
        async (pieces) => {
          const meanwhile = async function* () {
            for await (const piece of pieces) {
              if (piece.type === 'begin')
                for (const key of ['0007', '1100', 'new']) await from.commit(put(`/registry/${key}`, 'new'));
              yield piece;
            }
          };
          await fill(to, meanwhile(), { name: NAME, spareRevisions: 0 });
        },
      );
      const { values } = await to.list('/registry/');
      expect(values).toHaveLength(1_201);
      expect(new Set(values.map(({ value }) => value))).toEqual(new Set(['old']));
    }));
}

const asKeys = (...keys: string[]) => Object.fromEntries(keys.map((key) => [`/registry/${key}`, key]));
