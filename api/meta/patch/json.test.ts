import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyJsonPatch } from './json.ts';

describe('operations (RFC 6902, appendix A)', () => {
  test.each([
    ['add a member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
    ['add an item', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['append', { a: [1] }, [{ op: 'add', path: '/a/-', value: [2] }], { a: [1, [2]] }],
    ['remove a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['remove an item', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
    ['replace', { a: 1 }, [{ op: 'replace', path: '/a', value: null }], { a: null }],
    ['replace the whole', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
    ['move', { a: { x: 1 }, b: {} }, [{ op: 'move', from: '/a/x', path: '/b/y' }], { a: {}, b: { y: 1 } }],
    ['move an item', { a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
    ['copy', { a: { x: 1 } }, [{ op: 'copy', from: '/a', path: '/b' }], { a: { x: 1 }, b: { x: 1 } }],
    ['test', { a: [1, { b: 2 }] }, [{ op: 'test', path: '/a', value: [1, { b: 2 }] }], { a: [1, { b: 2 }] }],
    [
      'escapes',
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'replace', path: '/m~0n', value: 3 },
      ],
      { 'm~n': 3 },
    ],
    ['unknown members are ignored', {}, [{ op: 'add', path: '/a', value: 1, xyz: 1 }], { a: 1 }],
  ])('%s', (_, document, patch, expected) => {
    const before = structuredClone(document);
    expect(applyJsonPatch(document, patch)).toEqual(expected);
    expect(document).toEqual(before);
  });
});

const codeOf = (document: unknown, patch: unknown) => {
  try {
    applyJsonPatch(document, patch);
  } catch (error) {
    return error as { code: number; message: string };
  }
  throw new Error('applied without a fault');
};

test.each<[unknown, string]>([
  [{}, 'not a list'],
  [[1], 'not an object'],
  [[{ op: 'frob', path: '/a' }], 'an unknown operation'],
  [[{ op: 'add', path: '/a' }], 'no value'],
  [[{ op: 'remove' }], 'no path'],
  [[{ op: 'remove', path: 'a' }], 'a path without a slash'],
  [[{ op: 'remove', path: '/a~2' }], 'a bad escape'],
  [[{ op: 'move', path: '/a' }], 'no from'],
])('malformed: %j (%s) is 400', (patch: unknown, _why: string) => expect(codeOf({}, patch).code).toBe(400));

test.each([
  [[{ op: 'test', path: '/a', value: 2 }]],
  [[{ op: 'test', path: '/nope', value: 1 }]],
  [[{ op: 'remove', path: '/nope' }]],
  [[{ op: 'replace', path: '/nope', value: 1 }]],
  [[{ op: 'add', path: '/no/pe', value: 1 }]],
  [[{ op: 'add', path: '/list/9', value: 1 }]],
  [[{ op: 'add', path: '/list/01', value: 1 }]],
  [[{ op: 'add', path: '/a/b', value: 1 }]],
  [[{ op: 'move', from: '/list', path: '/list/0' }]],
  [[{ op: 'remove', path: '/toString' }]],
])('inapplicable: %j is 422', (patch) => {
  expect(codeOf({ a: 1, list: [1] }, patch)).toMatchObject({ code: 422, reason: 'Invalid' });
});

test('the message names the failed test', () => {
  expect(codeOf({ spec: { replicas: 2 } }, [{ op: 'test', path: '/spec/replicas', value: 3 }]).message).toBe(
    'the server rejected our request due to an error in our request: testing value "/spec/replicas" failed: expected 3, found 2',
  );
});

describe('bounds', () => {
  test('copies cannot blow up the document', () => {
    const doubling = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '', path: `/c${index}` }));
    expect(codeOf({ text: 'x'.repeat(1000) }, doubling).code).toBeGreaterThanOrEqual(400);
    const wide = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '/list', path: `/list/${index}` }));
    expect(codeOf({ list: ['x'.repeat(1000)] }, wide).code).toBe(413);
  });

  test('too many operations, too deep values', () => {
    expect(
      codeOf(
        {},
        Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} })),
      ).code,
    ).toBe(413);
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(codeOf({}, [{ op: 'add', path: '/a', value: deep }]).code).toBe(400);
    expect(codeOf({ a: 1 }, [{ op: 'test', path: '/a', value: deep }]).code).toBe(422);
    expect(codeOf({}, [deep]).code).toBe(400);
    expect(codeOf({}, [{ op: deep }]).code).toBe(400);
  });

  test('__proto__ stays data', () => {
    const patched = applyJsonPatch({}, [
      { op: 'add', path: '/__proto__', value: {} },
      { op: 'add', path: '/__proto__/polluted', value: true },
    ]);
    expect(JSON.stringify(patched)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

test('any patch either applies or is an ApiError, and never changes its arguments', () => {
  const pointer = fc
    .array(fc.constantFrom('a', 'b', '0', '1', '-', '__proto__'), { maxLength: 3 })
    .map((tokens) => tokens.map((token) => `/${token}`).join(''));
  const operation = fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
    path: pointer,
    from: pointer,
    value: fc.jsonValue({ maxDepth: 2 }),
  });
  const node = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('value')),
    ),
  })).value;
  fc.assert(
    fc.property(node, fc.array(operation, { maxLength: 6 }), (document, patch) => {
      const before = JSON.stringify([document, patch]);
      try {
        applyJsonPatch(document, patch);
      } catch (error) {
        expect(error).toMatchObject({ name: 'ApiError' });
      }
      expect(JSON.stringify([document, patch])).toBe(before);
    }),
  );
});
