import { describe, expect, test } from 'vitest';
import { crateOf, crates, docks } from './sample.suite.ts';
import {
  byteLength,
  duplicate,
  forbiddenField,
  invalidValue,
  nameFault,
  notSupported,
  required,
  tooLong,
  validateLabelSelector,
  validateLabels,
  validateMetadata,
} from './validation.ts';

test('wording', () => {
  expect(required('a').message).toBe('Required value');
  expect(required('a', 'say why').message).toBe('Required value: say why');
  expect(invalidValue('a', 'x', 'no good').message).toBe('Invalid value: "x": no good');
  expect(invalidValue('a', -1, 'no good').message).toBe('Invalid value: -1: no good');
  expect(notSupported('a', 'x', ['b', 'c']).message).toBe('Unsupported value: "x": supported values: "b", "c"');
  expect(duplicate('a', 'x').message).toBe('Duplicate value: "x"');
  expect(forbiddenField('a', 'not now').message).toBe('Forbidden: not now');
  expect(tooLong('a', 63).message).toBe('Too long: may not be more than 63 bytes');
  expect(invalidValue('a', 'x'.repeat(1e6), 'long').message.length).toBeLessThan(1100);
});

describe('names', () => {
  test.each([
    ['subdomain', 'a.b-c.d', true],
    ['subdomain', 'A', false],
    ['subdomain', 'a..b', false],
    ['subdomain', `${'a'.repeat(63)}.${'a'.repeat(190)}`, false],
    ['label', 'a-b', true],
    ['label', 'a.b', false],
    ['label', '-a', false],
    ['label', 'a'.repeat(64), false],
    ['path-segment', 'system:node', true],
    ['path-segment', '..', false],
    ['path-segment', 'a/b', false],
    ['path-segment', 'a%b', false],
  ] as const)('%s %s: %s', (rule, name, good) => expect(nameFault(rule, name) === undefined).toBe(good));

  test('a hostile name is refused quickly', () => {
    expect(nameFault('subdomain', `${'a.'.repeat(120)}!`)).toBeDefined();
  });
});

test('labels', () => {
  expect(validateLabels({ 'example.com/a': 'b', c: '' }, 'metadata.labels')).toEqual([]);
  expect(validateLabels({ '-a': 'b' }, 'metadata.labels')[0]?.message).toMatch(
    /^Invalid value: "-a": name part must consist of/,
  );
  expect(validateLabels({ a: 'b c' }, 'metadata.labels')[0]?.message).toMatch(
    /^Invalid value: "b c": a valid label must/,
  );
  expect(validateLabels({ 'Up/a': 'b', '/a': 'b', 'a/b/c': 'd', '': 'e' }, 'x')).toHaveLength(4);
});

test('label selectors', () => {
  const faults = validateLabelSelector(
    {
      matchExpressions: [
        { key: 'a', operator: 'In' },
        { key: 'a', operator: 'Exists', values: ['x'] },
        { key: 'a', operator: 'Like' },
        { key: '', operator: 'Exists' },
      ],
    },
    'spec.selector',
  );
  expect(faults.map(({ path, type }) => [path, type])).toEqual([
    ['spec.selector.matchExpressions[0].values', 'FieldValueRequired'],
    ['spec.selector.matchExpressions[1].values', 'FieldValueForbidden'],
    ['spec.selector.matchExpressions[2].operator', 'FieldValueInvalid'],
    ['spec.selector.matchExpressions[3].key', 'FieldValueInvalid'],
  ]);
});

describe('metadata', () => {
  const pathsOf = (change: Record<string, unknown>, resource = crates) => {
    const crate = crateOf('good');
    crate.metadata = { ...crate.metadata, ...change };
    return validateMetadata(resource, crate).map((error) => error.path);
  };

  test('a good object has no faults', () => expect(pathsOf({ labels: { a: 'b' }, generateName: 'good-' })).toEqual([]));

  test('names and namespaces', () => {
    expect(pathsOf({ name: '' })).toEqual(['metadata.name']);
    expect(pathsOf({ name: 'Bad_Name', namespace: 'a.b' })).toEqual(['metadata.name', 'metadata.namespace']);
    expect(pathsOf({ namespace: undefined })).toEqual(['metadata.namespace']);
    expect(pathsOf({}, docks)).toEqual(['metadata.namespace']);
    expect(pathsOf({ generateName: '-x' })).toEqual(['metadata.generateName']);
  });

  test('owners, finalizers, annotations', () => {
    const owner = { apiVersion: 'v1', kind: 'Crate', name: 'a', uid: '1', controller: true };
    expect(pathsOf({ ownerReferences: [owner, { ...owner, uid: '' }] })).toEqual([
      'metadata.ownerReferences[1].uid',
      'metadata.ownerReferences',
    ]);
    expect(pathsOf({ finalizers: ['orphan', 'foregroundDeletion'] })).toEqual(['metadata.finalizers']);
    expect(pathsOf({ finalizers: ['a b'] })).toEqual(['metadata.finalizers']);
    expect(pathsOf({ annotations: { Fine: 'x'.repeat(300_000) } })).toEqual(['metadata.annotations']);
    expect(pathsOf({ annotations: { 'b d': '' } })).toEqual(['metadata.annotations']);
  });
});

test('bytes of UTF-8 text', () => {
  for (const text of ['abc', 'ä', '€', '😀', '\ud800']) expect(byteLength(text)).toBe(Buffer.byteLength(text));
});
