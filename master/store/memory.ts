import type { Clock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { LocalStore } from './local-store.ts';
import { MemoryTable } from './memory-table.ts';
import type { Store } from './store.ts';

export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Revisions of history to keep. Default 10,000. */
  readonly historyRevisions?: number;
}

/** A store that is gone with its process: for simulation and tests. Commits resolve within the same turn of the event loop. */
export function memoryStore({ clock, historyRevisions = 10_000 }: MemoryStoreOptions): Store {
  return new LocalStore({
    table: new MemoryTable(),
    name: 'the store in memory',
    clock,
    log: silentLogger,
    defer: queueMicrotask,
    historyRevisions,
  });
}
