import { describe, expect, test } from 'vitest';
import { EXPLAIN_INTERVAL_MS, Explanations } from './explanations.ts';

const one = { uid: 'one' };
const owedOf = (explanations: Explanations<{ uid: string }>) => [...explanations.owed()].map(({ uid }) => uid);

describe('what those who wait are told', () => {
  test('is owed once, however often they are set aside', () => {
    const explanations = new Explanations<{ uid: string }>();
    explanations.owe(one);
    expect([explanations.isOwing, explanations.size]).toEqual([true, 0]);
    expect(explanations.tell('one', 'no room', 0)).toBe(true);
    explanations.owe(one);
    expect([explanations.isOwing, explanations.size]).toEqual([false, 1]);
  });

  test('is told again at once when the gist has changed, and after a minute when only the rest has', () => {
    const explanations = new Explanations<{ uid: string }>();
    expect(explanations.tell('one', '2 short; a is nearest', 0, '2 short')).toBe(true);
    expect(explanations.tell('one', '2 short; b is nearest', 59_999, '2 short')).toBe(false);
    expect(explanations.tell('one', '2 short; b is nearest', 60_000, '2 short')).toBe(true);
    expect(explanations.tell('one', '3 short; b is nearest', 60_001, '3 short')).toBe(true);
    expect(explanations.tell('one', '3 short; b is nearest', 600_000, '3 short')).toBe(false);
  });

  test('is looked at again once in each interval, unless they no longer wait on their own', () => {
    const explanations = new Explanations<{ uid: string }>();
    for (const uid of ['one', 'two']) explanations.tell(uid, 'no room', 0);
    const find = (uid: string) => (uid === 'one' ? one : undefined);
    explanations.review(EXPLAIN_INTERVAL_MS - 1, find);
    expect(owedOf(explanations)).toEqual([]);
    explanations.review(EXPLAIN_INTERVAL_MS, find);
    expect(owedOf(explanations)).toEqual(['one']);
    explanations.tell('one', 'no room', EXPLAIN_INTERVAL_MS);
    explanations.review(EXPLAIN_INTERVAL_MS + 1, find);
    expect(owedOf(explanations)).toEqual([]);
  });

  test('is looked at again in turns where many wait', () => {
    const explanations = new Explanations<{ uid: string }>();
    for (let index = 0; index < 1500; index++) explanations.tell(`p${index}`, 'no room', 0);
    const rounds = [1, 2, 3].map((round) => {
      explanations.review(round * EXPLAIN_INTERVAL_MS, (uid) => ({ uid }));
      const owed = owedOf(explanations);
      for (const uid of owed) explanations.tell(uid, 'no room', round * EXPLAIN_INTERVAL_MS);
      return owed;
    });
    expect(rounds[0]).toHaveLength(1024);
    expect(new Set([...rounds[0]!, ...rounds[1]!]).size).toBe(1500);
    expect(rounds[1]![0]).toBe('p1024');
  });

  test('is nothing to those who are gone', () => {
    const explanations = new Explanations<{ uid: string }>();
    explanations.tell('one', 'no room', 0);
    explanations.owe({ uid: 'two' });
    for (const uid of ['one', 'two']) explanations.forget(uid);
    expect([explanations.isOwing, explanations.size]).toEqual([false, 0]);
  });
});
