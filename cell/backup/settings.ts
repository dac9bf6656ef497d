import { BadValue, choice, type Setting, text, urls, type Values } from '../config.ts';
import { type EtcdAccessValues, etcdAccessSettings } from '../etcd-settings.ts';
import { masterSettings, type Surroundings } from '../settings.ts';

/** Settings of `stowctl backup`, `restore` and `move-store`. Where a cell is kept is as it was last started, unless it is said. */

const etcdEndpoints: Setting<readonly string[] | undefined> = urlsOrNone('etcd servers, separated by commas');

function urlsOrNone(description: string): Setting<readonly string[] | undefined> {
  const { read, ...spec } = urls({ name: 'etcd-endpoints', placeholder: 'urls', description, fallback: [] });
  return { ...spec, fallback: undefined, read };
}

const etcdPrefix = text<string | undefined>({
  name: 'etcd-prefix',
  placeholder: 'prefix',
  description: 'where in etcd the cell keeps its keys',
  fallback: undefined,
});

const KINDS = ['sqlite', 'etcd'] as const;
type Kind = (typeof KINDS)[number];

const store = (description: string): Setting<Kind | undefined> => {
  const { read, ...spec } = choice({
    name: 'store',
    placeholder: 'kind',
    description,
    fallback: 'sqlite',
    values: KINDS,
  });
  return { ...spec, fallback: undefined, read };
};

const to: Setting<Kind | undefined> = {
  name: 'to',
  placeholder: 'kind',
  description: 'sqlite (in the data directory) or etcd',
  fallback: undefined,
  read: (value) => {
    const kind = KINDS.find((each) => each === value);
    if (!kind) throw new BadValue(`must be ${KINDS.join(' or ')}`);
    return kind;
  },
};

/** Settings of `stowctl backup` and `stowctl restore`. */
export const backupSettings = (around: Surroundings) => ({
  dataDir: masterSettings(around).dataDir,
  store: store('sqlite or etcd (default: as the cell was last started, else sqlite)'),
  etcdEndpoints,
  etcdPrefix,
  ...etcdAccessSettings,
});

/** Settings of `stowctl move-store`. */
export const moveStoreSettings = (around: Surroundings) => ({
  dataDir: masterSettings(around).dataDir,
  to,
  etcdEndpoints,
  etcdPrefix,
  ...etcdAccessSettings,
});

/** Most etcds let everybody in who reaches them. */
type OpenEtcd<V extends EtcdAccessValues> = Omit<V, keyof EtcdAccessValues> & Partial<EtcdAccessValues>;

export type BackupValues = OpenEtcd<Values<ReturnType<typeof backupSettings>>>;
export type MoveStoreValues = OpenEtcd<Values<ReturnType<typeof moveStoreSettings>>>;
