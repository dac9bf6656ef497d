import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INFEASIBLE, Tournament } from './tournament.ts';

describe('Tournament', () => {
  test('has no best when nothing is feasible', () => {
    const tournament = new Tournament();
    tournament.set(7, INFEASIBLE);
    expect(tournament.best).toBe(-1);
    expect(tournament.feasible).toBe(0);
  });

  test('agrees with a scan over all slots after any changes', () => {
    const change = fc.record({ slot: fc.nat(200), score: fc.oneof(fc.constant(INFEASIBLE), fc.nat(20)) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
        const tournament = new Tournament();
        const scores = new Map<number, number>();
        for (const { slot, score } of changes) {
          tournament.set(slot, score);
          scores.set(slot, score);
          const feasible = [...scores].filter(([, value]) => value !== INFEASIBLE);
          const [best = -1] = feasible.sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
          expect(tournament.best).toBe(best);
          expect(tournament.feasible).toBe(feasible.length);
        }
      }),
    );
  });
});
