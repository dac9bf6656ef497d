import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock as clock } from '../../../platform/clock.ts';
import { silentLogger as log } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { memoryStore } from '../memory.ts';
import { openSqliteStore } from '../sqlite.ts';
import { put } from '../store.suite.ts';
import { fill } from './fill.ts';
import { relocationSuite } from './relocation.suite.ts';
import { snapshot, withSnapshot } from './snapshot.ts';

let dir: string;
let count = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-relocation-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const memory = async () => memoryStore({ clock });
const sqlite = () => openSqliteStore({ file: join(dir, `${count++}.db`), clock, log });

relocationSuite('memory to sqlite', memory, sqlite);
relocationSuite('sqlite to memory', sqlite, memory);

test('events that come along go by themselves, as they would have', async () => {
  const [time, from] = [new ManualClock(), await memory()];
  const to = memoryStore({ clock: time });
  for (const kind of ['events', 'configmaps']) await from.commit(put(`/registry/core/${kind}/default/a`, '{}'));
  await fill(to, snapshot(from), { name: 'x', spareRevisions: 0 });
  await time.advance(3_600_001);
  const { values } = await to.list('/registry/');
  expect(values.map(({ key }) => key)).toEqual(['/registry/core/configmaps/default/a']);
});

test('where the store forgets faster than it is read, it is read anew', async () => {
  const from = await memory();
  for (let i = 0; i < 1_500; i++) await from.commit(put(`/registry/${i}`, 'old'));
  let tries = 0;
  const entries = await withSnapshot(
    () => snapshot(from),
    async (pieces) => {
      tries += 1;
      let seen = 0;
      for await (const piece of pieces) {
        if (piece.type === 'entry') seen += 1;
        else if (tries === 1)
          await from.commit(put('/registry/7', 'new')).then(({ revision }) => from.compact(revision));
      }
      return seen;
    },
  );
  expect([tries, entries]).toEqual([2, 1_500]);
});
