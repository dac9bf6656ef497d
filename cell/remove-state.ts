import { openEtcdStore } from '../master/store/etcd.ts';
import { type EtcdAccessFiles, readEtcdAccess } from '../master/store/etcd-access.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/log.ts';
import { DEFAULT_ETCD_PREFIX } from './settings.ts';

/** Deletes per transaction: below etcd's own limit of 128 operations. */
const BATCH = 100;

/** Removes all keys of a cell from etcd; resolves with their number. Rejects with `StoreUnavailable`. */
export async function removeEtcdState(
  endpoints: readonly string[],
  prefix = DEFAULT_ETCD_PREFIX,
  files: EtcdAccessFiles = {},
): Promise<number> {
  const access = await readEtcdAccess(files, endpoints);
  const store = await openEtcdStore({ endpoints, prefix, ...access, clock: systemClock, log: silentLogger });
  try {
    for (let removed = 0; ; ) {
      const { values } = await store.list('', { limit: BATCH });
      if (values.length === 0) return removed;
      await store.commit({ compares: [], ops: values.map(({ key }) => ({ type: 'delete', key })) });
      removed += values.length;
    }
  } finally {
    await store.close();
  }
}
