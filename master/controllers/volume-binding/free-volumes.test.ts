import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FreeVolumes } from './free-volumes.ts';

const step = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  storage: fc.constantFrom('1', '1k', '1Ki', '1Gi', '2Gi', '1500M'),
  put: fc.boolean(),
});
const BYTES: Record<string, number> = {
  '1': 1,
  '1k': 1e3,
  '1Ki': 1024,
  '1Gi': 2 ** 30,
  '2Gi': 2 ** 31,
  '1500M': 1.5e9,
};

test('those that hold enough come smallest first, of equals by name', () => {
  fc.assert(
    fc.property(fc.array(step), fc.constantFrom(...Object.keys(BYTES)), (steps, least) => {
      const free = new FreeVolumes();
      const expected = new Map<string, number>();
      for (const { name, storage, put } of steps) {
        if (put) free.put({ metadata: { name }, spec: { capacity: { storage } } });
        else free.delete(name);
        if (put) expected.set(name, BYTES[storage]!);
        else expected.delete(name);
      }
      const sorted = [...expected].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
      expect(free.size).toBe(expected.size);
      expect([...free.atLeast(least)]).toEqual(
        sorted.filter(([, bytes]) => bytes >= BYTES[least]!).map(([name]) => name),
      );
    }),
  );
});
