import { leaderKey } from '../../master/leadership.ts';
import { fill, noted } from '../../master/store/relocation/fill.ts';
import { NOTE_KEY, openRelocated } from '../../master/store/relocation/note.ts';
import { snapshot } from '../../master/store/relocation/snapshot.ts';
import type { Store } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { standardTerminal } from '../client.ts';
import { takeLock } from '../lock.ts';
import { Trouble } from '../trouble.ts';
import { readCellFiles } from './cell-files.ts';
import { flagsFor, nameOf, type Place, placeOf, rememberPlace, withPlace } from './place.ts';
import { progressTo } from './progress.ts';
import type { MoveStoreValues } from './settings.ts';
import { untilStopped } from './until-stopped.ts';

const STOPPED = 'the cell is where it was; the same command begins anew';

/**
 * `stowctl move-store --to etcd`: brings the cell of a data directory into the other store, and has the one it leaves say so, which no
 * master opens any more. Only while no master runs: what one wrote meanwhile would be lost.
 */
export async function moveStore(values: MoveStoreValues, signal: AbortSignal): Promise<void> {
  const { to, ...given } = values;
  const { dataDir } = given;
  if (!to) throw new Trouble('where to? Say --to etcd, with --etcd-endpoints, or --to sqlite', 2);
  readCellFiles(dataDir);
  const target = placeOf({ ...given, store: to });
  const source = placeOf({ ...given, store: to === 'etcd' ? 'sqlite' : 'etcd' });
  const lock = takeLock(dataDir, 'master');
  try {
    const moved = await withPlace(source, { holdsCell: true }, (from) => moveAll(from, target, signal));
    standardTerminal.out(`moved ${moved} entries from ${nameOf(source)} to ${nameOf(target)}\n`);
    rememberPlace(dataDir, target);
  } finally {
    lock.release();
  }
  standardTerminal.out(`start the master with ${flagsFor(target)}\n`);
}

/** Masters of other machines may be at work in etcd: one of them leads. One that was killed is forgotten after some seconds. */
async function requireNoMaster(store: Store): Promise<void> {
  const { values } = await store.list(leaderKey(''), { limit: 1 });
  if (values.length === 0) return;
  throw new Trouble(
    'a master of the cell is running, perhaps on another machine: stop all of them, and try again in some seconds',
  );
}

/** Resolves with the number of entries. The store that was left says so only once the other is whole. */
async function moveAll(from: Store, target: Place, signal: AbortSignal): Promise<number> {
  const cell = await openRelocated(from);
  if (target.kind === 'sqlite') await requireNoMaster(from);
  const progress = progressTo((line) => standardTerminal.err(`moved ${line}\n`), systemClock);
  const filling = { name: nameOf(target), spareRevisions: 0, progress };
  const pieces = untilStopped(snapshot(cell), signal, STOPPED);
  const moved = await withPlace(target, { holdsCell: false }, (into) => fill(into, pieces, filling));
  const note = await from.get(NOTE_KEY);
  const left = noted({ state: 'left', to: flagsFor(target) });
  await from.commit({ compares: [{ key: NOTE_KEY, modRevision: note?.modRevision ?? 0 }], ops: [left] });
  return moved;
}
