import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatLabelQuery,
  formatLabelSelector,
  matchesLabelSelector,
  parseFieldSelector,
  parseLabelSelector,
} from './selector.ts';

describe('label selector objects', () => {
  test('absent selects nothing, empty everything', () => {
    expect(matchesLabelSelector(undefined, { a: '1' })).toBe(false);
    expect(matchesLabelSelector({}, undefined)).toBe(true);
  });

  test('every condition must hold', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    };
    expect(matchesLabelSelector(selector, { app: 'web', tier: 'b' })).toBe(true);
    expect(matchesLabelSelector(selector, { app: 'web', tier: 'c' })).toBe(false);
    expect(matchesLabelSelector(selector, { app: 'web', tier: 'b', old: '' })).toBe(false);
    expect(formatLabelSelector(selector)).toBe('app=web,!old,tier in (a,b)');
  });

  test('NotIn holds where the label is absent; an unknown operator selects nothing', () => {
    expect(matchesLabelSelector({ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, {})).toBe(true);
    expect(matchesLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like', values: ['1'] }] }, {})).toBe(false);
  });
});

describe('label selector text', () => {
  test.each([
    ['a=1', { a: '1' }, true],
    ['a == 1', { a: '1' }, true],
    ['a!=1', {}, true],
    ['a!=1', { a: '1' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['a in (1, 2),b notin (3)', { a: '2', b: '4' }, true],
    ['a notin (1,2)', {}, true],
    ['a in (,x)', { a: '' }, true],
    ['a=', { a: '' }, true],
    ['n>5', { n: '6' }, true],
    ['n>5', { n: 'six' }, false],
    ['n<5', { n: '6' }, false],
    ['', {}, true],
    ['constructor', {}, false],
    ['example.com/part=x', { 'example.com/part': 'x' }, true],
  ])('%s on %j is %s', (text, labels, expected) => expect(parseLabelSelector(text).matches(labels)).toBe(expected));

  test.each(['a in 1', '=b', 'a=b=c', 'a,,b', 'a in (b', 'a b', 'n>x', '-a', 'a=%', 'a/b/c'])('refuses %j', (text) =>
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 400 })),
  );

  test('formatting and parsing give the same query', () => {
    const key = fc.stringMatching(/^[a-z]([a-z0-9.]{0,8}[a-z0-9])?$/);
    const requirement = fc.oneof(
      fc.record({
        key,
        operator: fc.constantFrom('in', 'notin') as fc.Arbitrary<'in'>,
        values: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }),
      }),
      fc.record({
        key,
        operator: fc.constantFrom('exists', 'absent') as fc.Arbitrary<'exists'>,
        values: fc.constant([]),
      }),
    );
    fc.assert(
      fc.property(fc.array(requirement, { minLength: 1, maxLength: 5 }), (requirements) => {
        const text = formatLabelQuery({ requirements, matches: () => true });
        expect(formatLabelQuery(parseLabelSelector(text))).toBe(text);
      }),
    );
  });
});

describe('field selector text', () => {
  test('equalities and inequalities', () => {
    expect(parseFieldSelector('metadata.name=a,spec.nodeName!=,status.phase==Running')).toEqual([
      { field: 'metadata.name', value: 'a', negated: false },
      { field: 'spec.nodeName', value: '', negated: true },
      { field: 'status.phase', value: 'Running', negated: false },
    ]);
    expect(parseFieldSelector('')).toEqual([]);
  });

  test('escapes', () => {
    expect(parseFieldSelector('a=x\\,y\\=z\\\\')).toEqual([{ field: 'a', value: 'x,y=z\\', negated: false }]);
  });

  test.each(['a', '=b', 'a=b=c', 'a=b\\', 'a=\\n'])('refuses %j', (text) =>
    expect(() => parseFieldSelector(text)).toThrow(expect.objectContaining({ code: 400 })),
  );
});
