import { STORE_HOST } from '../store/store-link.ts';
import { AT_ONCE, changed, type FaultTable, pick } from './fault.ts';

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
  'late-watch': {
    weight: 1,
    lastsMs: [22_000, 40_000],
    /** A master loses its watches, and comes back when what it has missed is no longer known. */
    begin(cell, rng) {
      const master = pick(rng, cell.masters);
      if (!master) return undefined;
      cell.network.isolate(master.name, STORE_HOST);
      const end = () => {
        void cell.store.revision().then((revision) => cell.store.compact(revision));
        cell.network.rejoin(master.name, STORE_HOST);
      };
      return { what: master.name, end };
    },
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
