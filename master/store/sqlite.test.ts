import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { openSqliteStore } from './sqlite.ts';
import { put, storeSuite } from './store.suite.ts';
import { RevisionCompacted, StoreUnavailable } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'stowage-test-sqlite-'));
let files = 0;
const newFile = () => {
  files += 1;
  return join(root, String(files), 'store.db');
};
const open = (file: string, historyRevisions?: number) =>
  openSqliteStore({ file, clock: systemClock, log: silentLogger, historyRevisions });
afterAll(() => rmSync(root, { recursive: true, force: true }));

storeSuite('sqlite', async () => {
  const file = newFile();
  const clock = new ManualClock();
  const openOne = () => openSqliteStore({ file, clock, log: silentLogger });
  let store = await openOne();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openOne();
      return store;
    },
    pass: (ms: number) => clock.advance(ms),
    shortestLeaseMs: 1_000,
    dispose: () => store.close(),
  };
});

test('history is bounded by itself, in the file too', async () => {
  const file = newFile();
  const store = await open(file, 16);
  for (let i = 0; i < 100; i += 1) await store.commit(put('/a', String(i)));
  const newest = await store.revision();
  await expect(store.list('/', { revision: newest - 20 })).rejects.toBeInstanceOf(RevisionCompacted);
  expect((await store.list('/', { revision: newest - 16 })).values[0]?.value).toBe('83');
  await store.close();
  const database = new DatabaseSync(file);
  expect(Number(database.prepare('SELECT count(*) AS n FROM undo').get()?.n)).toBeLessThanOrEqual(18);
  database.close();
});

test('only its owner can read the file', async () => {
  const file = newFile();
  const store = await open(file);
  await store.commit(put('/a', '1'));
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(statSync(`${file}-wal`).mode & 0o077).toBe(0);
  await store.close();
});

test('a file that is held is refused in one sentence, and free once its holder has closed it', async () => {
  const file = newFile();
  const store = await open(file);
  const refusal = await open(file).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StoreUnavailable);
  expect(String(refusal)).toContain(`Cannot open the store ${file}: another process holds it`);
  await store.commit(put('/a', '1'));
  await store.close();
  const again = await open(file);
  expect((await again.get('/a'))?.value).toBe('1');
  await again.close();
});

test('what cannot be a store is refused in one sentence', async () => {
  const blocked = join(root, 'a-file');
  writeFileSync(blocked, 'x');
  await expect(open(join(blocked, 'store.db'))).rejects.toThrow(/part of its path is a file/);
  const garbage = join(root, 'garbage.db');
  writeFileSync(garbage, 'This is not a database at all. '.repeat(100));
  await expect(open(garbage)).rejects.toThrow(/not a Stowage store/);
  const directory = join(root, 'directory');
  mkdirSync(directory);
  await expect(open(directory)).rejects.toThrow(/Cannot open the store .*directory/);
  const newer = join(root, 'newer.db');
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(open(newer)).rejects.toThrow(/newer Stowage \(layout 99/);
});

/** Starts a process that commits without end; resolves once it is dead, with the keys it was told are durable. */
function killedWriter(file: string, afterKeys: number, whileAlive: () => Promise<void>): Promise<string[]> {
  const script = fileURLToPath(new URL('./sqlite-crash.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const keys: string[] = [];
  let checked: Promise<void> | undefined;
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      keys.push(line);
      if (keys.length === 1) checked = whileAlive();
      if (keys.length === afterKeys) checked?.finally(() => child.kill('SIGKILL')).catch(reject);
    });
    child.on('error', reject);
    lines.on('close', () => resolve(keys));
  });
}

test('a writer killed with SIGKILL loses nothing it acknowledged, leaves no half transaction and no lock', async () => {
  const file = newFile();
  for (const afterKeys of [1, 300, 2_000]) {
    const keys = await killedWriter(file, afterKeys, async () => {
      await expect(open(file)).rejects.toThrow(/another process holds it/);
    });
    expect(keys.length).toBeGreaterThanOrEqual(afterKeys);
    const store = await open(file);
    const values = new Map((await store.list('/')).values.map(({ key, value }) => [key, value]));
    for (const key of keys) {
      expect(values.get(`${key}/a`)).toBe(`value of ${key}/a`);
      expect(values.get(`${key}/b`)).toBe(`value of ${key}/b`);
    }
    const halves = [...values.keys()].filter(
      (key) => !values.has(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`),
    );
    expect(halves).toEqual([]);
    await store.close();
  }
});
