import { fill } from '../../master/store/relocation/fill.ts';
import type { Piece } from '../../master/store/relocation/snapshot.ts';
import { systemClock } from '../../platform/clock.ts';
import { standardTerminal } from '../client.ts';
import { takeLock } from '../lock.ts';
import { requireNoOther, writeCellFiles } from './cell-files.ts';
import { readBackup, verified } from './file.ts';
import type { CellFile } from './form.ts';
import { flagsFor, nameOf, placeOf, rememberPlace, withPlace } from './place.ts';
import { progressTo } from './progress.ts';
import type { BackupValues } from './settings.ts';
import { untilStopped } from './until-stopped.ts';

const STOPPED = 'the cell is there in part, and no master opens it; the same command begins anew';

/**
 * How many revisions may have been given out between a backup and the loss of its cell: a million writes a second for a quarter of an
 * hour, a thousand for eleven days (the number of etcd's docs, "Disaster recovery").
 */
const SPARE_REVISIONS = 1_000_000_000;

/**
 * `stowctl restore FILE`: the cell as it was, into an empty store, with the files that make a master one of it. The whole file is checked
 * before anything is changed. Only while no master runs here.
 */
export async function restore(values: BackupValues, file: string, signal: AbortSignal): Promise<void> {
  const { header, entries } = await verified(file);
  const { dataDir } = values;
  const place = placeOf(values);
  const lock = takeLock(dataDir, 'master');
  try {
    const files = await filesIn(file);
    requireNoOther(dataDir, files);
    const progress = progressTo((line) => standardTerminal.err(`restored ${line}\n`), systemClock);
    const filling = { name: nameOf(place), spareRevisions: SPARE_REVISIONS, progress };
    // The store is first asked whether it is empty. Files without the whole of it make no cell: a master refuses to start on it.
    const pieces = untilStopped(
      piecesIn(file, () => writeCellFiles(dataDir, files)),
      signal,
      STOPPED,
    );
    await withPlace(place, { holdsCell: false }, (store) => fill(store, pieces, filling));
    rememberPlace(dataDir, place);
  } finally {
    lock.release();
  }
  standardTerminal.out(
    `restored the cell ${header.cellId} as of ${header.time}: ${entries} entries into ${nameOf(place)}\n` +
      `start it with: stowctl master --data-dir ${dataDir} ${flagsFor(place)}\n`,
  );
}

async function filesIn(path: string): Promise<CellFile[]> {
  const files: CellFile[] = [];
  for await (const part of readBackup(path)) {
    if (part.type === 'file') files.push(part.file);
    if (part.type === 'entry') break;
  }
  return files;
}

/** `onBegin` is called once the store has been found fit, before its first entry. */
async function* piecesIn(path: string, onBegin: () => void): AsyncGenerator<Piece> {
  for await (const part of readBackup(path)) {
    if (part.type === 'entry') yield part;
    if (part.type !== 'header') continue;
    onBegin();
    yield { type: 'begin', revision: part.header.revision, expected: part.header.expected };
  }
}
