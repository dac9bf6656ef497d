import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { moveStore } from '../../cell/backup/move-store.ts';
import { standardTerminal } from '../../cell/client.ts';
import { leaderKey } from '../../master/leadership.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import { openRelocated } from '../../master/store/relocation/note.ts';
import { relocationSuite } from '../../master/store/relocation/relocation.suite.ts';
import { ShiftedStore } from '../../master/store/relocation/shifted-store.ts';
import { openSqliteStore } from '../../master/store/sqlite.ts';
import { put, remove } from '../../master/store/store.suite.ts';
import { RevisionCompacted, type Store } from '../../master/store/store.ts';
import { WatchRecorder } from '../../master/store/watch-recorder.fixture.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import { silentLogger as log } from '../../platform/log.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';

let etcd: TestEtcd;
let dir: string;
let count = 0;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-relocation-'));
  etcd = await startEtcd();
});
afterAll(async () => {
  await etcd?.stop();
  rmSync(dir, { recursive: true });
});

const inEtcd = () => openEtcdStore({ endpoints: etcd.endpoints, prefix: `/moved-${count++}`, clock, log });
const inSqlite = () => openSqliteStore({ file: join(dir, `${count++}.db`), clock, log });

relocationSuite('sqlite to etcd', inSqlite, inEtcd, 5);
relocationSuite('etcd to sqlite', inEtcd, inSqlite, 5);

test('the command moves a cell to etcd and back; each store that it left says where it is', async () => {
  const dataDir = join(dir, 'cell');
  mkdirSync(join(dataDir, 'pki'), { recursive: true });
  for (const path of ['ca.crt', 'ca.key', 'service-account.key', 'service-account.pub'])
    writeFileSync(join(dataDir, 'pki', path), path);
  for (const path of ['join-token', 'cell-id']) writeFileSync(join(dataDir, path), path);
  const file = join(dataDir, 'store.db');
  const said = vi.spyOn(standardTerminal, 'out').mockImplementation(() => undefined);
  const at = { dataDir, etcdEndpoints: etcd.endpoints, etcdPrefix: '/there' };
  const never = new AbortController().signal;
  const entries = async (store: Store) => {
    const { values } = await (await openRelocated(store)).list('/registry/');
    await store.close();
    return values.map(({ key, value }) => [key, value]);
  };
  const born = await openSqliteStore({ file, clock, log });
  await born.commit(put('/registry/a', '1'));
  await born.close();
  await moveStore({ ...at, to: 'etcd' }, never);
  await expect(moveStore({ ...at, to: 'etcd' }, never)).rejects.toThrow(/it was moved: start with --store etcd/);
  await expect(moveStore({ ...at, to: 'sqlite' }, never)).rejects.toThrow(/is not empty/);
  renameSync(file, `${file}.moved`);
  const other = await openEtcdStore({ endpoints: etcd.endpoints, prefix: '/there', clock, log });
  await other.commit(put(leaderKey('scheduler'), 'another master'));
  await expect(moveStore({ ...at, to: 'sqlite' }, never)).rejects.toThrow(/a master of the cell is running/);
  await other.commit(remove(leaderKey('scheduler')));
  await other.close();
  await moveStore({ ...at, to: 'sqlite' }, never);
  said.mockRestore();
  expect(await entries(await openSqliteStore({ file, clock, log }))).toEqual([['/registry/a', '1']]);
  const left = await openEtcdStore({ endpoints: etcd.endpoints, prefix: '/there', clock, log });
  await expect(entries(left)).rejects.toThrow('it was moved: start with --store sqlite');
  await left.close();
});

test('a cell that came into etcd is watched on at its own revisions', async () => {
  const store = new ShiftedStore(await inEtcd(), 5_000_000);
  try {
    const { revision } = await store.commit(put('/registry/a', '1'));
    const recorder = new WatchRecorder(store, '/registry/', revision);
    const later = await store.commit(put('/registry/a', '2', revision));
    await recorder.until(() => recorder.revision >= later.revision);
    recorder.watch.stop();
    expect(later).toMatchObject({ ok: true });
    expect([recorder.lines, recorder.revision]).toEqual([['put /registry/a=2'], later.revision]);
    const lost = new Promise((resolve) => store.watch('/registry/', 4_999_999, { events() {}, lost: resolve }));
    expect(await lost).toBeInstanceOf(RevisionCompacted);
  } finally {
    await store.close();
  }
});
