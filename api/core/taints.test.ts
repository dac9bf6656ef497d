import { expect, test } from 'vitest';
import { type Taint, type Toleration, tolerates, untoleratedTaint } from './taints.ts';

const taint: Taint = { key: 'disk', value: 'slow', effect: 'NoSchedule' };

test.each<[string, Toleration, boolean]>([
  ['key, value and effect', { key: 'disk', value: 'slow', effect: 'NoSchedule' }, true],
  ['every effect', { key: 'disk', operator: 'Equal', value: 'slow' }, true],
  ['another value', { key: 'disk', value: 'fast' }, false],
  ['any value', { key: 'disk', operator: 'Exists' }, true],
  ['another key', { key: 'cpu', operator: 'Exists' }, false],
  ['another effect', { key: 'disk', operator: 'Exists', effect: 'NoExecute' }, false],
  ['everything', { operator: 'Exists' }, true],
  ['an operator nobody knows', { key: 'disk', operator: 'Like', value: 'slow' }, false],
])('%s', (_, toleration, expected) => {
  expect(tolerates([toleration], taint)).toBe(expected);
});

test.each<[string, string, string, boolean]>([
  ['Gt', '5', '4', true],
  ['Gt', '4', '4', false],
  ['Lt', '3', '4', true],
  ['Lt', 'x', '4', false],
])('%s: taint %s, toleration %s', (operator, value, bound, expected) => {
  expect(tolerates([{ key: 'k', operator, value: bound }], { key: 'k', value, effect: 'NoSchedule' })).toBe(expected);
});

test('the first taint in the way, of the effects that matter', () => {
  const evict: Taint = { key: 'gone', effect: 'NoExecute' };
  expect(untoleratedTaint(undefined, [taint, evict], ['NoExecute'])).toBe(evict);
  expect(untoleratedTaint([{ key: 'gone', operator: 'Exists' }], [taint, evict], ['NoExecute'])).toBeUndefined();
  expect(untoleratedTaint(undefined, undefined, ['NoSchedule'])).toBeUndefined();
});
