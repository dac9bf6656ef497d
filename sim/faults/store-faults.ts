import { STORE_HOST } from '../store/store-link.ts';
import { AT_ONCE, changed, type FaultTable } from './fault.ts';

/** Chances of what is lost, at most. */
const MOST_LOST = 0.3;

/** Of the store. */
export const storeFaults = {
  'slow-store': {
    weight: 2,
    lastsMs: [1_000, 60_000],
    begin: (cell, rng) => changed(STORE_HOST, cell.weather, { delayMs: [1, 100 + rng.int(4_000)] }),
  },
  'stalled-store': {
    weight: 1,
    lastsMs: AT_ONCE,
    begin(cell, rng) {
      cell.weather.stalledUntilMs = cell.timeline.nowMs + rng.int(20_000);
      return { what: STORE_HOST };
    },
  },
  'lost-requests': {
    weight: 2,
    lastsMs: [1_000, 60_000],
    begin: (cell, rng) => changed(STORE_HOST, cell.weather, { lostRequests: MOST_LOST * rng.next() }),
  },
  'lost-answers': {
    weight: 3,
    lastsMs: [1_000, 60_000],
    begin: (cell, rng) => changed(STORE_HOST, cell.weather, { lostAnswers: MOST_LOST * rng.next() }),
  },
  compaction: {
    weight: 2,
    lastsMs: AT_ONCE,
    begin(cell) {
      void cell.store.revision().then((revision) => cell.store.compact(revision));
      return { what: STORE_HOST };
    },
  },
} satisfies FaultTable;
