import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { Registry } from '../platform/metrics.ts';
import type { Rng } from '../platform/rng.ts';
import type { ClientWrites } from './client-writes.ts';
import type { EventRecorder } from './objects/events.ts';
import type { Objects } from './objects/objects.ts';
import type { Cache } from './store/cache.ts';

/** What every part of the master is given: one view of the cell, one way to write, and the seams. */
export interface MasterContext {
  readonly cache: Cache;
  readonly objects: Objects;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly metrics: Registry;
  /** To which controllers leave room. Absent where no client writes in this process. */
  readonly clientWrites?: ClientWrites;
}
