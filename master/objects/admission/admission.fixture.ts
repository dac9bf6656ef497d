import { namespaces } from '../../../api/core/namespace.ts';
import { isApiError } from '../../../api/meta/errors.ts';
import { resources } from '../../../api/registry.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { seededRng } from '../../../platform/rng.ts';
import { bootstrap } from '../../bootstrap.ts';
import { memoryStore } from '../../store/memory.ts';
import { WatchCache } from '../../store/watch-cache.ts';
import { createObjects } from '../create-objects.ts';
import { QuotaLedger } from './quota-ledger.ts';
import { ResourceQuotaLedger } from './resource-quota-ledger.ts';
import { standardAdmission } from './standard.ts';

/** Objects behind all the standard rules of admission, over a store in memory, with a namespace `team`. */
export async function admittingCell() {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  const cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  const bands = new QuotaLedger(cache, clock);
  const quotas = new ResourceQuotaLedger(cache, clock);
  const objects = createObjects({
    store,
    cache,
    clock,
    rng: seededRng(1),
    admission: standardAdmission(bands, quotas),
  });
  await bootstrap(cache, objects);
  await objects.create(namespaces, { metadata: { name: 'team' } }, { user: 'tester' });
  return {
    clock,
    store,
    cache,
    objects,
    /** Resolves once the cache shows all that was written. */
    settled: async () => cache.waitFor(await store.revision()),
    async stop() {
      quotas.stop();
      bands.stop();
      await cache.stop();
      await store.close();
    },
  };
}
export type AdmittingCell = Awaited<ReturnType<typeof admittingCell>>;

/** The message of the refusal, or `done`. */
export async function outcome(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    return isApiError(error) ? error.message : String(error);
  }
}
