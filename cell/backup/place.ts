import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openEtcdStore } from '../../master/store/etcd.ts';
import { type EtcdAccessFiles, readEtcdAccess } from '../../master/store/etcd-access.ts';
import { openSqliteStore } from '../../master/store/sqlite.ts';
import type { Store } from '../../master/store/store.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { ensureDirectory } from '../directories.ts';
import { type EtcdAccessValues, etcdAccessFlags, etcdAccessOf } from '../etcd-settings.ts';
import { type CellRecord, readRecord, writeRecord } from '../record.ts';
import { DEFAULT_ETCD_PREFIX } from '../settings.ts';
import { Trouble } from '../trouble.ts';

/** Where a cell is kept: which store, and where that is. */
export type Place = { readonly kind: 'sqlite'; readonly file: string } | EtcdPlace;

interface EtcdPlace {
  readonly kind: 'etcd';
  readonly endpoints: readonly string[];
  readonly prefix: string;
  readonly access?: EtcdAccessFiles;
}

/** What was given of a place; the rest is as the cell in the data directory was last started. */
export interface GivenPlace extends Partial<EtcdAccessValues> {
  readonly dataDir: string;
  readonly store: 'sqlite' | 'etcd' | undefined;
  readonly etcdEndpoints: readonly string[] | undefined;
  readonly etcdPrefix: string | undefined;
}

const LOCAL_ETCD = 'http://127.0.0.1:2379';

export function placeOf(given: GivenPlace, record: CellRecord | undefined = readRecord(given.dataDir)): Place {
  const kind = given.store ?? (given.etcdEndpoints ? 'etcd' : record?.store) ?? 'sqlite';
  if (kind === 'sqlite') return { kind, file: join(given.dataDir, 'store.db') };
  return {
    kind,
    endpoints: given.etcdEndpoints ?? record?.etcdEndpoints ?? [LOCAL_ETCD],
    prefix: given.etcdPrefix ?? record?.etcdPrefix ?? DEFAULT_ETCD_PREFIX,
    access: etcdAccessOf(given) ?? record?.etcdAccess,
  };
}

/** What it is called in sentences. */
export const nameOf = (place: Place): string =>
  place.kind === 'sqlite'
    ? `the store ${place.file}`
    : `etcd at ${place.endpoints.join(', ')} (prefix ${place.prefix})`;

/** How a master is told of it. */
export const flagsFor = (place: Place): string =>
  place.kind === 'sqlite'
    ? '--store sqlite'
    : `--store etcd --etcd-endpoints ${place.endpoints.join(',')}${place.prefix === DEFAULT_ETCD_PREFIX ? '' : ` --etcd-prefix ${place.prefix}`}${etcdAccessFlags(place.access)}`;

/**
 * Runs `use` with the store as it stands, and closes it. Rejects with `StoreUnavailable`, and with `Trouble` where a cell should be and
 * none is.
 */
export async function withPlace<T>(
  place: Place,
  expecting: { readonly holdsCell: boolean },
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openPlace(place, expecting);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

async function openPlace(place: Place, { holdsCell }: { readonly holdsCell: boolean }): Promise<Store> {
  const about = { clock: systemClock, log: silentLogger };
  if (place.kind === 'etcd') {
    const { endpoints, prefix, access = {} } = place;
    return openEtcdStore({ endpoints, prefix, ...(await readEtcdAccess(access, endpoints)), ...about });
  }
  if (holdsCell && !existsSync(place.file))
    throw new Trouble(`there is no store ${place.file}: name the place of the cell with --data-dir`);
  ensureDirectory(join(place.file, '..'), '--data-dir');
  return openSqliteStore({ ...place, ...about });
}

/** From now on the cell of this data directory is kept there: `stowctl down` and `stowctl backup` look there. */
export function rememberPlace(dataDir: string, place: Place): void {
  const { dockerHost } = readRecord(dataDir) ?? {};
  const etcd = place.kind === 'etcd' && {
    etcdEndpoints: place.endpoints,
    etcdPrefix: place.prefix,
    etcdAccess: place.access,
  };
  writeRecord(dataDir, { store: place.kind, ...etcd, dockerHost });
}
