import type { MasterContext } from '../context.ts';
import type { Objects } from '../objects/objects.ts';
import type { Cache } from '../store/cache.ts';
import type { Compare } from '../store/store.ts';

/** What a scheduler stands on: within a master its context, outside of one an API server (`master/remote`). */
export interface SchedulerContext extends Omit<MasterContext, 'cache' | 'objects'> {
  readonly cache: SchedulerView;
  readonly objects: Pick<Objects, 'update' | 'delete'>;
}

export type SchedulerView = Pick<Cache, 'get' | 'list' | 'subscribe'>;

/** The time during which a scheduler decides. */
export interface Office {
  /** Must hold when a decision is written. Absent where the store compares none: then time alone keeps two leaders apart. */
  readonly fence?: Compare;
  /** Aborts when the time is over or may be; nothing is begun to be written after that. */
  readonly signal: AbortSignal;
}
