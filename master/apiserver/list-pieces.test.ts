import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PiecesAnswer, WholeAnswer } from './answer.ts';
import { jsonPieces, yamlPieces } from './list-pieces.ts';
import { begun } from './pieces.ts';

const items = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 });
const shell = { kind: 'List', metadata: { continue: 'a[]b', resourceVersion: '1' }, items: [] };
const listOf = (values: readonly unknown[]) => ({ shell, texts: values.map((value) => JSON.stringify(value)) });
const whole = (values: readonly unknown[]) => JSON.parse(JSON.stringify({ ...shell, items: values }));

describe('a list made in pieces', () => {
  test('is the JSON that it would be at once, plain or pretty', () => {
    fc.assert(
      fc.property(items, (values) => {
        expect([...jsonPieces(listOf(values), false)].join('')).toBe(JSON.stringify(whole(values)));
        expect([...jsonPieces(listOf(values), true)].join('')).toBe(`${JSON.stringify(whole(values), null, 2)}\n`);
      }),
    );
  });

  test('is YAML that says the same', () => {
    fc.assert(
      fc.property(items, (values) => {
        expect(parse([...yamlPieces(listOf(values))].join(''))).toEqual(whole(values));
      }),
      { examples: [[[]], [['- a: [', 'x\ny\n']], [[{ a: [[1], { '#': null }] }, 'x: y']]] },
    );
  });
});

describe('the beginning of an answer', () => {
  const answerOf = (pieces: Iterable<string>): PiecesAnswer => ({
    ...{ type: 'pieces', code: 200, contentType: 'text/plain', headers: { a: 'b' }, pieces },
  });

  test('is all of it where it is short', () => {
    const expected: WholeAnswer = {
      type: 'whole',
      code: 200,
      contentType: 'text/plain',
      headers: { a: 'b' },
      body: 'xyz',
    };
    expect(begun(answerOf(['x', '', 'yz']))).toEqual(expected);
    expect(begun(answerOf([]))).toEqual({ ...expected, body: '' });
  });

  test('goes on where it stopped, whether its length or the work was too much', () => {
    const [long, many] = [Array.from({ length: 9 }, (_, i) => `${i}`.repeat(20_000)), Array(1_000).fill('.')];
    for (const pieces of [long, many]) {
      let made = 0;
      const counted = function* () {
        for (const piece of pieces) {
          made++;
          yield piece;
        }
      };
      const answer = begun(answerOf(counted())) as PiecesAnswer;
      expect(answer.type).toBe('pieces');
      expect(made).toBeLessThan(pieces.length);
      expect([...answer.pieces].join('')).toBe(pieces.join(''));
    }
  });

  test('fails where it cannot be made', () => {
    const broken = function* () {
      yield 'half';
      throw new Error('no such column');
    };
    expect(() => begun(answerOf(broken()))).toThrow('no such column');
  });
});
