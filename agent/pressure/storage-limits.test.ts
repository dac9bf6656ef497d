import { expect, test } from 'vitest';
import { container, podOf } from '../plan/transcript.fixture.ts';
import { storageExcess } from './storage-limits.ts';

const limited = (name: string, limit?: string) =>
  container(name, limit ? { resources: { limits: { 'ephemeral-storage': limit } } } : {});
const excess = (containers: ReturnType<typeof limited>[], uses: Record<string, number>) =>
  storageExcess(podOf({ containers }), new Map(Object.entries(uses)));

test('a container may write so much, and a pod so much as all its containers may', () => {
  const both = [limited('a', '1Ki'), limited('b', '1Ki')];
  expect(excess(both, { a: 1024, b: 1024 })).toBeUndefined();
  expect(excess(both, { a: 1025 })).toBe('Container a exceeded its local ephemeral storage limit "1Ki".');
  // What has no name lies in volumes.
  expect(excess(both, { a: 1000, b: 1000, '': 100 })).toContain('exceeds the total limit of containers of 2048 bytes');
  expect(excess([limited('a', '1Ki'), limited('b')], { a: 1000, b: 1e9 })).toBeUndefined();
  expect(excess([limited('a')], { a: 1e9 })).toBeUndefined();
});
