import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock as clock } from '../../platform/clock.ts';
import { silentLogger as log } from '../../platform/log.ts';
import { openCredentials } from '../credentials.ts';
import { openEncrypted } from '../store/encryption/open-encrypted.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { IDENTITY_FILES, readIdentityFiles } from './files.ts';
import { IDENTITY_KEY } from './key.ts';
import { shareIdentity } from './share.ts';

let root: string;
let store: Store;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stowage-identity-'));
  store = memoryStore({ clock });
});
afterEach(() => rm(root, { recursive: true }));

async function master(name: string, in_: Store = store): Promise<string> {
  const dataDir = join(root, name);
  await mkdir(dataDir, { recursive: true });
  await shareIdentity({ store: in_, dataDir, clock, log });
  return dataDir;
}

test('a second master needs nothing but the store', async () => {
  const first = await master('a');
  const second = await master('b');
  const files = await readIdentityFiles(first);
  expect(Object.keys(files)).toEqual([...IDENTITY_FILES]);
  expect(await readIdentityFiles(second)).toEqual(files);
  expect((await stat(join(second, 'pki/ca.key'))).mode & 0o777).toBe(0o600);
  // What is made on top of it is of one cell too, and each master serves with a key of its own.
  const [one, other] = await Promise.all(
    [first, second].map((dir) => openCredentials(dir, { bindAddress: '127.0.0.1' }, clock)),
  );
  expect(other!.joinToken).toBe(one!.joinToken);
  expect(other!.authority.fingerprint).toBe(one!.authority.fingerprint);
  expect(other!.server.keyPem).not.toBe(one!.server.keyPem);
});

test('of those that are first at once, all end up with the same', async () => {
  const dirs = await Promise.all(['a', 'b', 'c'].map((name) => master(name)));
  const all = await Promise.all(dirs.map(readIdentityFiles));
  expect(new Set(all.map((files) => JSON.stringify(files))).size).toBe(1);
  expect(await readdir(dirs[0]!)).toEqual(['join-token', 'pki']);
});

test('a cell that was there before gives its own, and what it lacks is made', async () => {
  const dataDir = join(root, 'a');
  await openCredentials(dataDir, { bindAddress: '127.0.0.1' }, clock);
  const before = await readIdentityFiles(dataDir);
  await master('a');
  expect(await readIdentityFiles(dataDir)).toMatchObject(before);
  expect(await readIdentityFiles(await master('b'))).toEqual(await readIdentityFiles(dataDir));
});

test('a master of another cell is refused, and nothing of it changes', async () => {
  await master('a');
  const dataDir = join(root, 'other');
  await openCredentials(dataDir, { bindAddress: '127.0.0.1' }, clock);
  const before = await readIdentityFiles(dataDir);
  await expect(master('other')).rejects.toThrow(/ca\.crt is not that of the cell in this store.*empty --data-dir/);
  expect(await readIdentityFiles(dataDir)).toEqual(before);
});

test('with a key, what the store holds of it is sealed', async () => {
  const file = join(root, 'key');
  await writeFile(file, Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 });
  // What was written in plain before is sealed at the next start.
  const first = await master('a');
  expect((await store.get(IDENTITY_KEY))?.value).toContain('PRIVATE KEY');
  const sealed = await openEncrypted(store, file, log);
  expect((await store.get(IDENTITY_KEY))?.value).not.toContain('PRIVATE KEY');
  const second = await master('b', sealed);
  expect(await readFile(join(second, 'join-token'), 'utf8')).toBe(await readFile(join(first, 'join-token'), 'utf8'));
  await expect(openEncrypted(store, undefined, log)).rejects.toThrow(/--encryption-key/);
});
