import { openRelocated } from '../../master/store/relocation/note.ts';
import { type Piece, snapshot, withSnapshot } from '../../master/store/relocation/snapshot.ts';
import { RevisionCompacted } from '../../master/store/store.ts';
import { type Clock, systemClock, timestamp } from '../../platform/clock.ts';
import { stowageVersion } from '../../platform/version.ts';
import { standardTerminal } from '../client.ts';
import { holderOf } from '../lock.ts';
import { Trouble } from '../trouble.ts';
import { readCellFiles } from './cell-files.ts';
import { requireNew, writeBackup } from './file.ts';
import { type BackupHeader, type CellFile, headerFor, type Part } from './form.ts';
import { nameOf, type Place, placeOf, withPlace } from './place.ts';
import { progressTo } from './progress.ts';
import { askSnapshot } from './running-master.ts';
import type { BackupValues } from './settings.ts';
import { untilStopped } from './until-stopped.ts';

/**
 * `stowctl backup FILE`: all that is needed to have the cell of a data directory again. It may run meanwhile: etcd is read beside its
 * masters, and a master that keeps its own store is asked for what is in it.
 */
export async function backup(values: BackupValues, file: string, signal: AbortSignal): Promise<void> {
  requireNew(file);
  const files = readCellFiles(values.dataDir);
  const progress = progressTo((line) => standardTerminal.err(`backed up ${line}\n`), systemClock);
  const { entries, header } = await snapshotOf(placeOf(values), values.dataDir, async (pieces) => {
    const told: { entries: number; header?: BackupHeader } = { entries: 0 };
    const heed = (part: Part) => {
      if (part.type === 'header') told.header = part.header;
      if (part.type === 'entry') progress(++told.entries, told.header?.expected ?? 0);
    };
    await writeBackup(file, overheard(partsOf(untilStopped(pieces, signal, STOPPED), files, systemClock), heed));
    return told;
  });
  const what = `the cell ${header?.cellId} at revision ${header?.revision}`;
  standardTerminal.out(`backed up ${what}: ${entries} entries in ${file}\n`);
}

const STOPPED = 'no backup was written';

/** What is in the store, from wherever it can be had. */
async function snapshotOf<T>(
  place: Place,
  dataDir: string,
  use: (pieces: AsyncIterable<Piece>) => Promise<T>,
): Promise<T> {
  try {
    if (place.kind === 'sqlite' && holderOf(dataDir, 'master') !== undefined)
      return await withSnapshot(() => askSnapshot(dataDir), use);
    return await snapshotOfStore(place, use);
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw error;
    throw new Trouble(`${nameOf(place)} changes faster than it can be read: try again when less is written`, 1, error);
  }
}

const snapshotOfStore = <T>(place: Place, use: (pieces: AsyncIterable<Piece>) => Promise<T>): Promise<T> =>
  withPlace(place, { holdsCell: true }, async (store) => {
    const cell = await openRelocated(store);
    if (!(await cell.get('/cell/id'))) throw new Trouble(`${nameOf(place)} holds no cell: nothing was backed up`);
    return withSnapshot(() => snapshot(cell), use);
  });

/** The parts of a backup of these pieces and files. */
async function* partsOf(pieces: AsyncIterable<Piece>, files: readonly CellFile[], clock: Clock): AsyncGenerator<Part> {
  const cellId = files.find(({ path }) => path === 'cell-id')?.text.trim() ?? '';
  for await (const piece of pieces) {
    if (piece.type === 'entry') {
      yield piece;
      continue;
    }
    const { revision, expected } = piece;
    const about = { version: stowageVersion(), cellId, revision, time: timestamp(clock.now()), expected };
    yield { type: 'header', header: headerFor(about) };
    for (const file of files) yield { type: 'file', file };
  }
}

async function* overheard<T>(items: AsyncIterable<T>, heed: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    heed(item);
    yield item;
  }
}
