import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cost, isBetter } from './cost.ts';
import { CostTable } from './cost-table.ts';

const SLOTS = 40;

const slot = fc.nat(SLOTS - 1);
const few = fc.nat(2);
const cost: fc.Arbitrary<Cost> = fc.record({
  band: few,
  violations: few,
  priority: few,
  waste: few,
  started: fc.constantFrom('', '1', '2'),
  slot,
});
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: cost }, { weight: 2, arbitrary: slot }), {
  minLength: 60,
  maxLength: 200,
});
const unwilling = fc.uniqueArray(slot, { maxLength: SLOTS });

test('the best that will do is found, and nobody worse is asked once it is known', () => {
  fc.assert(
    fc.property(steps, unwilling, (taken, refused) => {
      const costs = new Map<number, Cost>();
      const table = new CostTable();
      for (const step of taken) {
        if (typeof step === 'number') {
          costs.delete(step);
          table.delete(step);
        } else {
          costs.set(step.slot, step);
          table.set(step);
        }
      }
      const all = Array.from({ length: SLOTS }, (_, each) => each);
      expect(table.size).toBe(costs.size);
      expect(all.filter((each) => table.has(each))).toEqual(all.filter((each) => costs.has(each)));
      const willing = [...costs.values()].filter((each) => !refused.includes(each.slot));
      const asked: Cost[] = [];
      const found = table.best((each) => {
        asked.push(costs.get(each)!);
        return !refused.includes(each);
      });
      expect(found).toBe(willing.toSorted((a, b) => (isBetter(a, b) ? -1 : 1))[0]?.slot ?? -1);
      expect(new Set(asked).size, 'nobody is asked twice').toBe(asked.length);
      for (const [index, each] of asked.entries())
        for (const known of asked.slice(0, index))
          if (willing.includes(known)) expect(isBetter(each, known)).toBe(true);
      const inOrder = [...costs.values()].sort((a, b) => (isBetter(a, b) ? -1 : 1));
      for (const each of inOrder) {
        expect(table.best(() => true)).toBe(each.slot);
        table.delete(each.slot);
      }
    }),
    { numRuns: 500 },
  );
});
