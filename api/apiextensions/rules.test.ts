import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../meta/object.ts';
import type { JsonSchema, ValidationRule } from './json-schema.ts';
import { compileRules, ruleFaults } from './rules.ts';
import { structureOf } from './structure.ts';

const SPEC: JsonSchema = {
  type: 'object',
  properties: {
    a: { type: 'integer' },
    b: { type: 'integer' },
    ratio: { type: 'number' },
    text: { type: 'string' },
    when: { type: 'string', format: 'date-time' },
    wait: { type: 'string', format: 'duration' },
    bytes: { type: 'string', format: 'byte' },
    list: { type: 'array', items: { type: 'integer' } },
    words: { type: 'array', items: { type: 'string' } },
    map: { type: 'object', additionalProperties: { type: 'string' } },
    'x-y.z': { type: 'string' },
    namespace: { type: 'string' },
    mixed: { 'x-kubernetes-int-or-string': true },
  },
};

const schemaWith = (...rules: ValidationRule[]): JsonSchema => ({
  type: 'object',
  properties: { spec: { ...SPEC, 'x-kubernetes-validations': rules } },
});

function judge(rule: ValidationRule | string, spec: object, before?: object): string[] {
  const rules = compileRules(structureOf(schemaWith(typeof rule === 'string' ? { rule } : rule)));
  const object = { spec } as ApiObject;
  const previous = before && ({ spec: before } as ApiObject);
  return rules.faults(object, previous).map(({ path, message }) => `${path}: ${message}`);
}

describe('rules hold or not', () => {
  const cases: [string, object, boolean][] = [
    ['self.a <= self.b', { a: 1, b: 2 }, true],
    ['self.a <= self.b', { a: 3, b: 2 }, false],
    ['self.ratio > 0.5', { ratio: 1 }, true],
    ['!has(self.text) || self.text.startsWith("x")', {}, true],
    ['self.text.matches("^[a-z]+$")', { text: 'abc' }, true],
    ['self.text.find("[0-9]+") == "42"', { text: 'a42b7' }, true],
    ['self.text.findAll("[0-9]+") == ["42", "7"]', { text: 'a42b7' }, true],
    ['self.text.findAll("[0-9]+", 1).size() == 1', { text: 'a42b7' }, true],
    ['self.text.charAt(1) == "b" && self.text.replace("b", "x") == "axc"', { text: 'abc' }, true],
    ['self.text.upperAscii() == "ABC" && self.text.split("b") == ["a", "c"]', { text: 'abc' }, true],
    ['self.list.isSorted()', { list: [1, 2, 2] }, true],
    ['self.list.isSorted()', { list: [2, 1] }, false],
    ['self.list.sum() == 6 && self.list.min() == 1 && self.list.max() == 3', { list: [3, 1, 2] }, true],
    [
      'self.list.indexOf(2) == 1 && self.list.lastIndexOf(2) == 2 && self.list.indexOf(9) == -1',
      { list: [1, 2, 2] },
      true,
    ],
    ['self.list.all(x, x > 0) && self.list.exists(x, x == 2)', { list: [1, 2] }, true],
    ['self.words.exists_one(w, w == "a")', { words: ['a', 'b'] }, true],
    ['self.words.map(w, w + "!").join(",") == "a!,b!"', { words: ['a', 'b'] }, true],
    ['self.map.all(k, self.map[k].size() > 0)', { map: { p: 'q' } }, true],
    ['"p" in self.map', { map: { p: 'q' } }, true],
    ['self.x__dash__y__dot__z == "v"', { 'x-y.z': 'v' }, true],
    ['self.__namespace__ == "v"', { namespace: 'v' }, true],
    ['self.when < timestamp("2030-01-01T00:00:00Z")', { when: '2026-01-01T00:00:00Z' }, true],
    ['self.wait >= duration("1h") && self.wait.getMinutes() == 90', { wait: '1h30m' }, true],
    ['self.bytes == b"hi" && size(self.bytes) == 2', { bytes: 'aGk=' }, true],
    ['type(self.mixed) == int ? self.mixed > 1 : self.mixed.endsWith("%")', { mixed: 2 }, true],
    ['type(self.mixed) == int ? self.mixed > 1 : self.mixed.endsWith("%")', { mixed: '20%' }, true],
    ['quantity("1Gi").isGreaterThan(quantity("1000M")) && isQuantity("1.5") && !isQuantity("x")', {}, true],
    ['quantity("1500m").add(quantity("500m")).compareTo(quantity("2")) == 0', {}, true],
    [
      'isURL(self.text) && url(self.text).getHostname() == "h.x" && url(self.text).getPort() == "8080"',
      { text: 'https://h.x:8080/p?q=1' },
      true,
    ],
    [
      'url(self.text).getScheme() == "https" && url(self.text).getEscapedPath() == "/p"',
      { text: 'https://h.x/p' },
      true,
    ],
    ['isIP("10.0.0.1") && ip("::1").family() == 6 && ip("127.0.0.1").isLoopback()', {}, true],
    ['cidr("10.0.0.0/8").containsIP("10.2.3.4") && !cidr("10.0.0.0/8").containsIP("11.0.0.1")', {}, true],
    ['cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && cidr("::/0").prefixLength() == 0', {}, true],
    [
      'sets.contains(self.list, [1]) && sets.intersects(self.list, [2, 9]) && sets.equivalent([1, 1], [1])',
      { list: [1, 2] },
      true,
    ],
    ['self.?text.orValue("none") == "none"', {}, true],
  ];
  test.each(cases)('%s of %j', (rule, spec, holds) => {
    expect(ruleFaults(structureOf(schemaWith({ rule })), '')).toEqual([]);
    expect(judge(rule, spec)).toHaveLength(holds ? 0 : 1);
  });
});

test('a rule that does not hold says so in its own words, where it is told to', () => {
  expect(judge('self.a > 5', { a: 1 })).toEqual(['spec: Invalid value: "object": failed rule: self.a > 5']);
  expect(judge({ rule: 'self.a > 5', message: 'a is too small' }, { a: 1 })).toEqual([
    'spec: Invalid value: "object": a is too small',
  ]);
  const said = { rule: 'self.a > 5', messageExpression: '"a is " + string(self.a)', message: 'unused' };
  expect(judge(said, { a: 1 })).toEqual(['spec: Invalid value: "object": a is 1']);
  const elsewhere = { rule: 'self.a > 5', message: 'no', reason: 'FieldValueForbidden', fieldPath: '.a' };
  expect(judge(elsewhere, { a: 1 })).toEqual(['spec.a: Forbidden: no']);
  expect(judge('self.text == "x"', {})[0]).toContain('No such key: text');
});

test('messages are put together with format', () => {
  const said = (messageExpression: string) => judge({ rule: 'false', messageExpression }, { a: 255, wait: '90s' })[0];
  const heard = (text: string) => `spec: Invalid value: "object": ${text}`;
  expect(said("'%s is %d, %x or %X, %o, %b'.format(['a', self.a, self.a, self.a, 8, true])")).toBe(
    heard('a is 255, ff or FF, 10, 1'),
  );
  expect(said("'%.2f of 100%%, %e'.format([2.0 / 3.0, 1234.5])")).toBe(heard('0.67 of 100%, 1.234500e+03'));
  expect(said("'%s'.format([[1, 'b', null, 1.5, {'z': 1, 'y': self.wait}]])")).toBe(
    heard('[1, b, null, 1.5, {y: 90s, z: 1}]'),
  );
  expect(said("'%s %s %s %x'.format([timestamp('2030-01-01T00:00:00Z'), b'hi', type(1), 'hi'])")).toBe(
    heard('2030-01-01T00:00:00Z hi int 6869'),
  );
  // What cannot be said leaves the usual message.
  const unsaid = ["'%d'.format(['a'])", "'%s %s'.format([1])", "'%q'.format([1])", "'%'.format([1])"];
  for (const text of unsaid) expect(said(text)).toBe(heard('failed rule: false'));
});

test('transition rules look at changes only', () => {
  const rule = { rule: 'self.a >= oldSelf.a', message: 'a may not fall' };
  expect(judge(rule, { a: 1 })).toEqual([]);
  expect(judge(rule, { a: 2 }, { a: 1 })).toEqual([]);
  expect(judge(rule, { a: 1 }, { a: 2 })).toHaveLength(1);
  const optional = { rule: 'oldSelf.hasValue() || self.a == 0', optionalOldSelf: true };
  expect(judge(optional, { a: 1 })).toHaveLength(1);
  expect(judge(optional, { a: 1 }, { a: 5 })).toEqual([]);
});

test('items of a map list keep their past whatever their order', () => {
  const items: JsonSchema = {
    type: 'object',
    properties: { name: { type: 'string' }, n: { type: 'integer' } },
    'x-kubernetes-validations': [{ rule: 'self.n == oldSelf.n', message: 'fixed' }],
  };
  const list: JsonSchema = {
    type: 'array',
    items,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  };
  const rules = compileRules(structureOf({ type: 'object', properties: { list } }));
  const of = (...entries: [string, number][]) => ({ list: entries.map(([name, n]) => ({ name, n })) }) as ApiObject;
  expect(rules.faults(of(['b', 2], ['a', 1], ['c', 9]), of(['a', 1], ['b', 2]))).toEqual([]);
  expect(rules.faults(of(['b', 3]), of(['a', 1], ['b', 2])).map(({ path }) => path)).toEqual(['list[0]']);
});

test('rules that are no good are refused with their definition', () => {
  const faultsOf = (rule: ValidationRule) =>
    ruleFaults(structureOf(schemaWith(rule)), 's').map(({ path, message }) => `${path}: ${message.split(':')[0]}`);
  const at = 's.properties[spec].x-kubernetes-validations[0]';
  expect(faultsOf({ rule: 'self.a +' })).toEqual([`${at}.rule: Invalid value`]);
  expect(faultsOf({ rule: 'nonsense(self)' })).toEqual([`${at}.rule: Invalid value`]);
  expect(faultsOf({ rule: '1 + 1' })).toEqual([`${at}.rule: Invalid value`]);
  expect(faultsOf({ rule: ' ' })).toEqual([`${at}.rule: Required value`]);
  expect(faultsOf({ rule: 'true', reason: 'Mood' })).toEqual([`${at}.reason: Unsupported value`]);
  expect(faultsOf({ rule: 'true', messageExpression: '1' })).toEqual([`${at}.messageExpression: Invalid value`]);
  expect(faultsOf({ rule: `true${' && true'.repeat(3000)}` })).toEqual([`${at}.rule: Invalid value`]);
});

test('a rule that would take too long is stopped before it begins', () => {
  const list = Array.from({ length: 2_000 }, (_, index) => index);
  const [fault] = judge('self.list.all(x, self.list.all(y, x + y >= 0))', { list });
  expect(fault).toContain('it would take too long');
});
