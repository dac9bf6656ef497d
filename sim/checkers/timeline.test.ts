import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Fact, type Step, unexplained } from './timeline.ts';

type Sort = Exclude<Fact['type'], 'seen' | 'made' | 'read' | 'refused'>;
const fact = (type: Sort, fromMs: number, toMs: number): Fact => ({
  type,
  fromMs,
  toMs,
  what: `${type} ${fromMs}-${toMs}`,
});
const about = (type: 'seen' | 'made' | 'read' | 'refused', revision: number, fromMs: number, toMs: number): Fact => ({
  ...{ type, revision, fromMs, toMs },
  what: `${type} ${revision} ${fromMs}-${toMs}`,
});
const version = (revision: number, leaving?: boolean): Step => ({
  revision,
  state: 'present',
  ...(leaving && { leaving }),
});
const gone = (revision: number): Step => ({ revision, state: 'absent' });

describe('histories of one object', () => {
  const good: Record<string, [Step[], Fact[]]> = {
    'nothing at all': [[], []],
    'read after it was made': [[version(1)], [about('made', 1, 0, 5), about('read', 1, 6, 7)]],
    'an old version, read while the new one is made': [
      [version(1), version(2)],
      [about('made', 1, 0, 1), about('made', 2, 5, 9), about('read', 1, 6, 7)],
    ],
    'absent before and after': [
      [version(1), gone(2)],
      [fact('absent', 0, 1), about('made', 1, 1, 3), about('seen', 2, 0, 8), fact('absent', 7, 9)],
    ],
    'refused, for somebody else had written': [
      [version(1), version(2)],
      [about('made', 1, 0, 1), about('seen', 2, 0, 9), about('refused', 1, 4, 6)],
    ],
    'deleted with grace': [
      [version(1), version(2, true), gone(3)],
      [
        about('made', 1, 0, 1),
        fact('deleted', 2, 3),
        fact('deleted', 4, 5),
        about('read', 2, 5, 6),
        about('seen', 3, 0, 9),
      ],
    ],
    'what is not known may be anything': [
      [version(1), { revision: 2, state: 'unknown' }],
      [about('made', 1, 0, 1), fact('absent', 4, 5), fact('deleted', 2, 3)],
    ],
  };
  test.each(Object.entries(good))('%s is fine', (_, [steps, facts]) => {
    expect(unexplained(steps, facts)).toBeUndefined();
  });

  const bad: Record<string, [Step[], Fact[], RegExp]> = {
    'a stale read': [
      [version(1), version(2)],
      [about('made', 1, 0, 1), about('made', 2, 2, 3), about('read', 1, 4, 5)],
      /made 2 2-3; yet read 1 4-5 \(revision 2\)/,
    ],
    'an acknowledged write that is lost': [[version(1)], [about('made', 1, 0, 1), fact('absent', 2, 3)], /absent 2-3/],
    'reads that go back': [
      [version(1), version(2)],
      [about('read', 2, 4, 5), about('read', 1, 6, 7)],
      /read 2 4-5; yet read 1 6-7/,
    ],
    'a read of what is not made yet': [[version(1)], [about('made', 1, 5, 6), about('read', 1, 1, 2)], /read 1 1-2/],
    'refused though nobody had written': [
      [version(1)],
      [about('made', 1, 0, 1), about('refused', 1, 4, 6)],
      /refused 1/,
    ],
    'deleted, and never gone': [[version(1)], [about('made', 1, 0, 1), fact('deleted', 2, 3)], /deleted 2-3/],
    'deleted, and read as if nothing were': [
      [version(1), version(2, true)],
      [about('made', 1, 0, 1), fact('deleted', 2, 3), about('read', 1, 4, 5)],
      /deleted 2-3; yet read 1 4-5/,
    ],
    'two answers of which each alone would be fine': [
      [version(1), gone(2), version(3)],
      [about('made', 1, 0, 1), about('made', 3, 8, 9), fact('absent', 3, 4), fact('present', 5, 6)],
      /present 5-6/,
    ],
  };
  test.each(Object.entries(bad))('%s is found', (_, [steps, facts, words]) => {
    expect(unexplained(steps, facts)).toMatch(words);
  });
});

/**
 * The search of Wing and Gong as it is in the book: operations are put in an order, one by one, never one that began after another
 * that is left had ended, and each must fit the state it meets. Steps are operations that may have happened at any time.
 */
function explainedBySearch(steps: readonly Step[], facts: readonly Fact[]): boolean {
  const seen = new Set<string>();
  const operations = facts.filter(({ type }) => type !== 'made' && type !== 'seen');
  const limits = steps.map(({ revision }) => {
    const own = facts.filter((each) => (each.type === 'made' || each.type === 'seen') && each.revision === revision);
    const made = own.filter(({ type }) => type === 'made');
    return {
      fromMs: Math.max(Number.NEGATIVE_INFINITY, ...made.map(({ fromMs }) => fromMs)),
      toMs: Math.min(Number.POSITIVE_INFINITY, ...own.map(({ toMs }) => toMs)),
    };
  });
  const search = (step: number, left: readonly Fact[]): boolean => {
    const key = `${step}:${left.map((each) => facts.indexOf(each))}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (left.length === 0 && step === steps.length) return true;
    const waiting = [...left, ...limits.slice(step)];
    const soonest = Math.min(...waiting.map(({ toMs }) => toMs));
    if (step < steps.length && limits[step]!.fromMs <= soonest && search(step + 1, left)) return true;
    const state = steps[step - 1];
    return left.some(
      (each) =>
        each.fromMs <= soonest &&
        fits(each, state) &&
        search(
          step,
          left.filter((other) => other !== each),
        ),
    );
  };
  return search(0, operations);
}

function fits(each: Fact, state: Step | undefined): boolean {
  switch (each.type) {
    case 'read':
      return state?.revision === each.revision;
    case 'refused':
      return state?.revision !== each.revision;
    case 'absent':
      return (state?.state ?? 'absent') === 'absent';
    default:
      return state?.state === 'present';
  }
}

const time = fc.integer({ min: 0, max: 12 });
const span = fc.tuple(time, time).map(([a, b]) => (a <= b ? [a, b] : [b, a]) as [number, number]);
const stepsArbitrary = fc
  .array(fc.boolean(), { maxLength: 4 })
  .map((kinds) => kinds.map((there, index): Step => (there || index === 0 ? version(index + 1) : gone(index + 1))));
const scenes = stepsArbitrary.chain((steps) => {
  const versions = steps.filter(({ state }) => state === 'present').map(({ revision }) => revision);
  const all = steps.map(({ revision }) => revision);
  const sorts: fc.Arbitrary<Fact>[] = [
    fc.tuple(fc.constantFrom<Sort>('absent', 'present'), span).map(([type, [from, to]]) => fact(type, from, to)),
  ];
  if (versions.length > 0) {
    const type = fc.constantFrom('read' as const, 'refused' as const);
    sorts.push(fc.tuple(type, fc.constantFrom(...versions), span).map(([a, b, [from, to]]) => about(a, b, from, to)));
    const known = fc.constantFrom('made' as const, 'seen' as const);
    sorts.push(fc.tuple(known, fc.constantFrom(...all), span).map(([a, b, [from, to]]) => about(a, b, from, to)));
  }
  return fc.tuple(fc.constant(steps), fc.array(fc.oneof(...sorts), { maxLength: 6 }));
});

test('the bounds find what the search of Wing and Gong finds, no more and no less', () => {
  let broken = 0;
  fc.assert(
    fc.property(scenes, ([steps, facts]) => {
      const explained = explainedBySearch(steps, facts);
      if (!explained) broken += 1;
      expect(unexplained(steps, facts) === undefined).toBe(explained);
    }),
    { numRuns: 3_000, seed: 7 },
  );
  expect(broken).toBeGreaterThan(300);
});
