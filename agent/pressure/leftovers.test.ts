import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ObservedContainer } from '../plan/state.ts';
import { deadContainers, removeLeftovers } from './leftovers.ts';

test('of pods that live, the last attempts stay; of others nothing that has ended', () => {
  const one = (role: string, name: string, attempt: number, state: string) =>
    ({ id: `${name}${attempt}`, role, name, attempt, state }) as ObservedContainer;
  const all = [
    one('sandbox', 'POD', 0, 'exited'),
    one('init', 'i', 0, 'exited'),
    one('app', 'a', 0, 'exited'),
    one('app', 'a', 1, 'exited'),
    one('app', 'a', 2, 'running'),
  ];
  expect(deadContainers(all, false).map(({ id }) => id)).toEqual(['a0', 'a1']);
  expect(deadContainers(all, true).map(({ id }) => id)).toEqual(['i0', 'a0', 'a1']);
});

test('volumes go with their pod, but not before all of it has ended', async () => {
  const root = mkdtempSync(join(tmpdir(), 'stowage-test-leftovers-'));
  try {
    for (const uid of ['gone', 'ending', 'living']) {
      mkdirSync(join(root, uid, 'volumes', 'v'), { recursive: true });
      writeFileSync(join(root, uid, 'volumes', 'v', 'data'), 'x'.repeat(9000));
    }
    const of = (uid: string) =>
      [
        { id: uid, role: 'app', name: 'a', attempt: 0, state: uid === 'gone' ? 'exited' : 'running' },
      ] as ObservedContainer[];
    const removed: string[] = [];
    const freed = await removeLeftovers({
      runtime: { diskBytes: async () => 1000, remove: async (id) => void removed.push(id) },
      store: { seenPods: () => [{ uid: 'gone' }, { uid: 'ending' }, { uid: 'living' }] as never, of, forget: () => {} },
      over: () => ['gone', 'ending'],
      podDir: (uid) => join(root, uid),
    });
    expect(removed).toEqual(['gone']);
    expect(freed).toBeGreaterThan(9000);
    expect(['gone', 'ending', 'living'].map((uid) => existsSync(join(root, uid, 'volumes')))).toEqual([
      false,
      true,
      true,
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
