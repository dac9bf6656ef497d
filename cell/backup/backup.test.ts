import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NOTE_KEY, openRelocated } from '../../master/store/relocation/note.ts';
import { openSqliteStore } from '../../master/store/sqlite.ts';
import type { Store } from '../../master/store/store.ts';
import { systemClock as clock } from '../../platform/clock.ts';
import { silentLogger as log } from '../../platform/log.ts';
import { standardTerminal } from '../client.ts';
import { backup } from './backup.ts';
import { writeBackup } from './file.ts';
import { headerFor, type Part } from './form.ts';
import { restore } from './restore.ts';

const FILES = {
  'pki/ca.crt': 'certificate',
  'pki/ca.key': 'key',
  'pki/service-account.key': 'signs',
  'pki/service-account.pub': 'verifies',
  'join-token': 'stw1.x',
  'cell-id': 'abc\n',
};

let dir: string;
let said = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-backup-'));
  said = '';
  vi.spyOn(standardTerminal, 'out').mockImplementation((text) => {
    said += text;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

const never = new AbortController().signal;
const file = () => join(dir, 'backup');
const valuesIn = (name: string) => ({
  dataDir: join(dir, name),
  store: undefined,
  etcdEndpoints: undefined,
  etcdPrefix: undefined,
});

async function withStore<T>(name: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({ file: join(dir, name, 'store.db'), clock, log });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** What a master left behind in a directory. */
async function leaveCell(name: string, entries: Record<string, string> = {}): Promise<void> {
  mkdirSync(join(dir, name, 'pki'), { recursive: true });
  for (const [path, text] of Object.entries(FILES))
    writeFileSync(join(dir, name, path), text, { mode: path.endsWith('.key') ? 0o600 : 0o644 });
  await withStore(name, (store) =>
    store.commit({
      compares: [],
      ops: Object.entries({ '/cell/id': 'abc', ...entries }).map(([key, value]) => ({ type: 'put', key, value })),
    }),
  );
}

const entriesIn = (name: string) =>
  withStore(name, async (store) => {
    const { values } = await (await openRelocated(store)).list('');
    return values.filter(({ key }) => key !== NOTE_KEY).map(({ key, value }) => [key, value]);
  });

test('a cell that is restored has its entries and the files that make it the same', async () => {
  const text = 'ä\n"\u2028\u{1f6a2}'.repeat(10_000);
  await leaveCell('a', { '/registry/core/secrets/default/s': text });
  await backup(valuesIn('a'), file(), never);
  expect(said).toMatch(/^backed up the cell abc at revision \d+: 2 entries in /);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  await restore(valuesIn('b'), file(), never);
  expect(await entriesIn('b')).toEqual([
    ['/cell/id', 'abc'],
    ['/registry/core/secrets/default/s', text],
  ]);
  for (const [path, content] of Object.entries(FILES)) {
    expect(readFileSync(join(dir, 'b', path), 'utf8')).toBe(content);
    expect(statSync(join(dir, 'b', path)).mode).toBe(statSync(join(dir, 'a', path)).mode);
  }
  expect(said).toContain(`start it with: stowctl master --data-dir ${join(dir, 'b')} --store sqlite\n`);
});

test('where the store alone was lost, the files that are there stay', async () => {
  await leaveCell('a');
  await backup(valuesIn('a'), file(), never);
  rmSync(join(dir, 'a', 'store.db'));
  await restore(valuesIn('a'), file(), never);
  expect(await entriesIn('a')).toEqual([['/cell/id', 'abc']]);
});

describe('nothing is changed', () => {
  const refused = async (why: RegExp) => {
    await expect(restore(valuesIn('b'), file(), never)).rejects.toThrow(why);
    expect(readdirSync(dir)).not.toContain('b');
  };
  beforeEach(async () => {
    await leaveCell(
      'a',
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`/registry/${i}`, `value ${i * i}`])),
    );
    await backup(valuesIn('a'), file(), never);
  });

  test('by a backup that was cut off', async () => {
    const whole = readFileSync(file());
    for (const length of [1, 2, 11, 200, whole.length - 9, whole.length - 1]) {
      writeFileSync(file(), whole.subarray(0, length));
      await refused(/ends early|is no backup/);
    }
    const lines = gunzipSync(whole).toString().trimEnd().split('\n');
    for (const count of [1, 7, lines.length - 1]) {
      writeFileSync(file(), gzipSync(`${lines.slice(0, count).join('\n')}\n`));
      await refused(/ends early/);
    }
  });

  test('by a backup with a byte flipped', async () => {
    const whole = readFileSync(file());
    for (let at = 10; at < whole.length; at += 97) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0x10;
      writeFileSync(file(), flipped);
      await refused(/is damaged|ends early|no backup/);
    }
  });

  test('by a backup in which somebody has written', async () => {
    const text = gunzipSync(readFileSync(file())).toString();
    for (const [from, to] of [
      ['value 4', 'value 5'],
      ['{"k":"/registry/7"', '{"k":"/registry/8"'],
      [/\{"k":"\/registry\/9".*\n/, ''],
      [/$/, '{"k":"/more","v":""}\n'],
    ] as const) {
      writeFileSync(file(), gzipSync(text.replace(from, to)));
      await refused(/is damaged/);
    }
  });

  test('by what is no backup, or one of a newer Stowage', async () => {
    for (const other of ['', 'hello', gzipSync('hello\n'), gzipSync('{"a":1}\n')]) {
      writeFileSync(file(), other);
      await refused(/is no backup|ends early/);
    }
    const header = { ...headerFor({ version: '9.0', cellId: 'x', revision: 1, time: '', expected: 0 }), form: 2 };
    rmSync(file());
    await writeBackup(file(), partsFrom([{ type: 'header', header }]));
    await refused(/written by a newer Stowage \(9\.0, form 2; this one reads up to 1\)/);
    rmSync(file());
    await refused(/cannot read the backup .*: there is no such file/);
  });

  test('in a directory of another cell, or a store that holds one', async () => {
    await leaveCell('c');
    await expect(restore(valuesIn('c'), file(), never)).rejects.toThrow(/not empty: it holds 1 keys of the cell abc/);
    rmSync(join(dir, 'c', 'store.db'));
    writeFileSync(join(dir, 'c', 'pki/ca.key'), 'other');
    await expect(restore(valuesIn('c'), file(), never)).rejects.toThrow(/pki\/ca\.key is of another cell/);
    expect(readdirSync(join(dir, 'c'))).not.toContain('store.db');
  });

  test('outside of the data directory, whatever a backup says', async () => {
    rmSync(file());
    const header = headerFor({ version: '0', cellId: 'x', revision: 1, time: '', expected: 0 });
    const escaping = { path: '../outside', mode: 0o600, text: 'x' };
    await writeBackup(
      file(),
      partsFrom([
        { type: 'header', header },
        { type: 'file', file: escaping },
      ]),
    );
    await expect(restore(valuesIn('b'), file(), never)).rejects.toThrow(
      /holds \.\.\/outside, which is no file of a master/,
    );
    expect(readdirSync(dir)).not.toContain('outside');
  });
});

test('a backup overwrites nothing, and one that fails leaves nothing', async () => {
  await leaveCell('a');
  await backup(valuesIn('a'), file(), never);
  await expect(backup(valuesIn('a'), file(), never)).rejects.toThrow(/is there already/);
  const torn = async function* (): AsyncGenerator<Part> {
    yield { type: 'entry', key: '/a', value: '1' };
    throw new Error('torn');
  };
  await expect(writeBackup(join(dir, 'torn'), torn())).rejects.toThrow('torn');
  await expect(backup(valuesIn('nowhere'), join(dir, 'n'), never)).rejects.toThrow(
    /is not the data directory of a master/,
  );
  expect(readdirSync(dir).sort()).toEqual(['a', 'backup']);
});

test('what is stopped says what has come of it, and can be done again', async () => {
  await leaveCell('a', { '/registry/a': 'x' });
  await expect(backup(valuesIn('a'), file(), AbortSignal.abort())).rejects.toThrow(/no backup was written/);
  await backup(valuesIn('a'), file(), never);
  await expect(restore(valuesIn('b'), file(), AbortSignal.abort())).rejects.toThrow(/the same command begins anew/);
  await restore(valuesIn('b'), file(), never);
  expect(await entriesIn('b')).toHaveLength(2);
});

async function* partsFrom(parts: readonly Part[]): AsyncGenerator<Part> {
  yield* parts;
}
