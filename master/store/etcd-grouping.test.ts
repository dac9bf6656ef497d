import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidate, candidateOf, KeyClaims, MAX_GROUPED, MAX_OPS, takeGroup } from './etcd-grouping.ts';
import type { Transaction } from './store.ts';

const key = fc.constantFrom('/a', '/b', '/c', '/d', '/e', '/f');
const transaction: fc.Arbitrary<Transaction> = fc.record({
  compares: fc.uniqueArray(key, { maxLength: 2 }).map((keys) => keys.map((each) => ({ key: each, modRevision: 1 }))),
  ops: fc
    .uniqueArray(key, { maxLength: 2 })
    .map((keys) => keys.map((each) => ({ type: 'delete', key: each }) as const)),
});
const write = (...keys: string[]): Candidate =>
  candidateOf({ compares: [], ops: keys.map((each) => ({ type: 'put', key: each, value: 'v' })) });
const meet = (a: Candidate, b: Candidate) =>
  a.writes.some((each) => b.writes.includes(each) || b.reads.includes(each)) ||
  b.writes.some((each) => a.reads.includes(each));

describe('grouping transactions', () => {
  test('members of a group never meet, and transactions that meet keep their order', () => {
    fc.assert(
      fc.property(fc.array(transaction, { maxLength: 30 }), (transactions) => {
        const issued = transactions.map(candidateOf);
        const queue = [...issued];
        const groups: Candidate[][] = [];
        while (queue.length > 0) groups.push(takeGroup(queue, new KeyClaims()));
        const groupOf = (candidate: Candidate) => groups.findIndex((group) => group.includes(candidate));
        expect(groups.flat()).toHaveLength(issued.length);
        for (const [i, earlier] of issued.entries()) {
          for (const later of issued.slice(i + 1)) {
            if (meet(earlier, later)) expect(groupOf(earlier)).toBeLessThan(groupOf(later));
          }
        }
      }),
    );
  });

  test('waits for what is under way, without holding up the rest', () => {
    const busy = new KeyClaims();
    const underWay = write('/a');
    busy.claim(underWay);
    const [second, third, free] = [write('/a', '/b'), write('/b'), write('/c')];
    const queue = [second, third, free];
    expect(takeGroup(queue, busy)).toEqual([free]);
    expect(takeGroup(queue, busy)).toEqual([]);
    expect(queue).toEqual([second, third]);
    busy.release(underWay);
    expect(takeGroup(queue, busy)).toEqual([second]);
    expect(takeGroup(queue, busy)).toEqual([third]);
  });

  test('stays within the limits of etcd', () => {
    const many = Array.from({ length: 200 }, (_, i) => write(`/k${i}`));
    expect(takeGroup(many, new KeyClaims())).toHaveLength(MAX_GROUPED);
    const large = write(...Array.from({ length: MAX_OPS }, (_, i) => `/l${i}`));
    const queue = [write('/x'), large, write('/y')];
    expect(takeGroup(queue, new KeyClaims()).map(({ writes }) => writes)).toEqual([['/x'], ['/y']]);
    expect(takeGroup(queue, new KeyClaims())).toEqual([large]);
    const value = 'v'.repeat(400_000);
    const heavy = Array.from({ length: 5 }, (_, i) =>
      candidateOf({ compares: [], ops: [{ type: 'put', key: `/h${i}`, value }] }),
    );
    expect(takeGroup(heavy, new KeyClaims())).toHaveLength(2);
  });
});
