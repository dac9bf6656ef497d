import { RevisionCompacted, type Store, type Watch } from '../../master/store/store.ts';
import type { MutationTable } from './mutation.ts';
import { dropping, everyNth, isUnder, replacing, skipping, telling } from './store-hand.ts';

/** Of whoever writes to the store and hears from it. */
export const storeBugs = {
  'compare-skipped': {
    bug: 'a write does not compare what it replaces',
    caughtBy: ['linearizable', 'acknowledged'],
    withinSeeds: 5,
    store: (store) => skipping(store, isUnder('core/configmaps')),
  },
  'write-dropped': {
    bug: 'every fifth write is acknowledged and forgotten',
    caughtBy: ['acknowledged', 'linearizable', 'converged'],
    withinSeeds: 5,
    store: (store) => dropping(store, everyNth(5, isUnder('core/configmaps'))),
  },
  'event-lost': {
    bug: 'watchers of the store are not told of one in 200 changes',
    caughtBy: ['watches', 'linearizable', 'acknowledged', 'converged'],
    withinSeeds: 5,
    store(store) {
      let told = 0;
      return telling(store, (events) =>
        events.filter(() => {
          told += 1;
          return told % 200 !== 0;
        }),
      );
    },
  },
  'compaction-skipped': {
    bug: 'a watch that comes too late for what was compacted goes on from now',
    caughtBy: ['watches', 'linearizable', 'acknowledged', 'converged'],
    withinSeeds: 10,
    store: goingOn,
  },
} satisfies MutationTable;

/** A store whose watches do not tell that history is gone: they leave it out. */
function goingOn(store: Store): Store {
  const watch: Store['watch'] = (prefix, after, handlers) => {
    let inner: Watch | undefined;
    let isOver = false;
    const begin = (from: number) => {
      inner = store.watch(prefix, from, {
        events: (events, revision) => handlers.events(events, revision),
        lost(reason) {
          if (!(reason instanceof RevisionCompacted)) return handlers.lost(reason);
          store.revision().then(
            (now) => isOver || begin(now),
            (error) => isOver || handlers.lost(error),
          );
        },
      });
    };
    begin(after);
    return {
      stop() {
        isOver = true;
        inner?.stop();
      },
    };
  };
  return replacing(store, { watch });
}
