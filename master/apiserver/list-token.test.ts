import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeToken, encodeToken, LATEST } from './list-token.ts';
import { choosePage } from './verbs/list.ts';

describe('continue tokens', () => {
  test('come back as they were made', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 1 }), fc.constant(LATEST)), fc.string(), (revision, rest) => {
        const token = { revision, after: `/registry/core/pods/${rest}` };
        const text = encodeToken(token);
        expect(encodeURIComponent(text)).toBe(text);
        expect(decodeToken(text, '/registry/core/pods/')).toEqual(token);
      }),
    );
  });

  test('of another list are refused', () => {
    const text = encodeToken({ revision: 5, after: '/registry/core/secrets/a/b' });
    expect(() => decodeToken(text, '/registry/core/pods/')).toThrow(/list of something else/);
  });

  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test.each([
    'nonsense',
    '',
    encode(null),
    encode({ v: 'stowage/v1', rv: 0, after: '/a' }),
    encode({ v: 'stowage/v1', rv: 1.5, after: '/a' }),
    encode({ v: 'other', rv: 1, after: '/a' }),
    encode({ v: 'stowage/v1', rv: 1 }),
  ])('%s is not one', (text) => {
    expect(() => decodeToken(text, '/')).toThrow(/continue key is not valid/);
  });
});

describe('where a page comes from', () => {
  const token = { revision: 7, after: '/a' };
  test.each([
    [{}, undefined, { from: 'now', notOlderThan: undefined }],
    [{ revision: 0, limit: 5 }, undefined, { from: 'now', notOlderThan: 0 }],
    [{ revision: 9 }, undefined, { from: 'now', notOlderThan: 9 }],
    [{ revision: 9, limit: 5 }, undefined, { from: 'then', revision: 9, after: undefined }],
    [{ revision: 9, limit: 5, match: 'NotOlderThan' as const }, undefined, { from: 'now', notOlderThan: 9 }],
    [{ revision: 9, match: 'Exact' as const }, undefined, { from: 'then', revision: 9, after: undefined }],
    [{ limit: 5 }, token, { from: 'then', revision: 7, after: '/a' }],
    [{ limit: 5 }, { ...token, revision: LATEST }, { from: 'then', revision: undefined, after: '/a' }],
  ])('%j %j', (query, given, expected) => {
    expect(choosePage(query, given)).toEqual(expected);
  });
});
