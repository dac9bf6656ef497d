import { events } from '../../api/core/event.ts';
import { isSameResource, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { Clock } from '../../platform/clock.ts';
import type { LeaseId, Store } from '../store/store.ts';

/** Which objects vanish by themselves, and how. */
export interface Retention {
  /** The lease to put an object of this kind with, or nothing when it stays until deleted. */
  leaseFor(resource: ResourceDefinition): Promise<LeaseId | undefined>;
}

/** How long events are kept, as in Kubernetes. */
export const EVENT_TTL_MS = 3_600_000;

/** One lease serves everything written within this part of the time to live, so that a flood of events makes few leases. */
const SHARED_FRACTION = 0.1;

/** Events live for `ttlMs` after their last write. */
export function eventRetention(store: Store, clock: Clock, ttlMs: number = EVENT_TTL_MS): Retention {
  let shared: { id: Promise<LeaseId>; untilMs: number } | undefined;
  return {
    async leaseFor(resource) {
      if (!isSameResource(resource, events)) return undefined;
      const nowMs = clock.monotonicMs();
      if (!shared || nowMs >= shared.untilMs) {
        const id = store.grantLease(ttlMs * (1 + SHARED_FRACTION)).then((lease) => lease.id);
        const fresh = { id, untilMs: nowMs + ttlMs * SHARED_FRACTION };
        shared = fresh;
        // A failed grant must not be remembered: the next event tries again.
        id.catch(() => {
          if (shared === fresh) shared = undefined;
        });
      }
      return shared.id;
    },
  };
}
