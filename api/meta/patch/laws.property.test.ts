import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PodSchema } from '../../core/pod.ts';
import { equalJson, isJsonObject, type JsonObject } from '../json.ts';
import { CrateSchema } from '../sample.suite.ts';
import { applyJsonPatch } from './json.ts';
import { applyMergePatch } from './merge.ts';
import { applyStrategicPatch } from './strategic.ts';

/** What every patch must do whatever the documents: the difference of two, applied to the first, gives the second. */

const keys = fc.constantFrom('a', 'b', 'c/d', 'e~f', '__proto__', '');
const documents = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(0, 1, 'x', true),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(keys, tie('value'), { maxKeys: 3, noNullPrototype: true }),
})).object;

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** A JSON patch from one value to another: objects key by key, lists item by item and the rest taken or added at the end. */
function jsonDifference(from: unknown, to: unknown, path: string): object[] {
  if (equalJson(from, to)) return [];
  if (Array.isArray(from) && Array.isArray(to)) {
    const common = Math.min(from.length, to.length);
    return [
      ...to.slice(0, common).flatMap((item, index) => jsonDifference(from[index], item, `${path}/${index}`)),
      ...from.slice(common).map(() => ({ op: 'remove', path: `${path}/${common}` })),
      ...to.slice(common).map((value) => ({ op: 'add', path: `${path}/-`, value })),
    ];
  }
  if (!isJsonObject(from) || !isJsonObject(to)) return [{ op: 'replace', path, value: to }];
  return [
    ...Object.keys(from)
      .filter((key) => !Object.hasOwn(to, key))
      .map((key) => ({ op: 'remove', path: `${path}/${escaped(key)}` })),
    ...Object.keys(to).flatMap((key) =>
      Object.hasOwn(from, key)
        ? jsonDifference(from[key], to[key], `${path}/${escaped(key)}`)
        : [{ op: 'add', path: `${path}/${escaped(key)}`, value: to[key] }],
    ),
  ];
}

describe('JSON patch', () => {
  test('the difference leads there', () => {
    fc.assert(
      fc.property(documents, documents, (from, to) => {
        expect(equalJson(applyJsonPatch(from, jsonDifference(from, to, '')), to)).toBe(true);
      }),
    );
  });

  test('a test of the whole document holds, and of another fails', () => {
    fc.assert(
      fc.property(documents, documents, (document, other) => {
        const attempt = (value: unknown) => () => applyJsonPatch(document, [{ op: 'test', path: '', value }]);
        expect(attempt(document)).not.toThrow();
        if (!equalJson(document, other)) expect(attempt(other)).toThrow(/testing value/);
      }),
    );
  });
});

describe('merge patch', () => {
  test('twice is once, and what it does not name stays', () => {
    fc.assert(
      fc.property(documents, documents, (document, patch) => {
        const once = applyMergePatch(document, patch) as JsonObject;
        expect(applyMergePatch(once, patch)).toEqual(once);
        for (const key of Object.keys(document)) {
          if (!Object.hasOwn(patch, key)) expect(equalJson(once[key], document[key])).toBe(true);
        }
      }),
    );
  });
});

interface Part {
  name: string;
  image?: string;
}

/** What kubectl makes of the difference of two lists with a merge key: changed and new items, deletions, and the order. */
function listPatch(from: readonly Part[], to: readonly Part[]): JsonObject {
  const before = new Map(from.map((part) => [part.name, part]));
  const wanted = new Set(to.map(({ name }) => name));
  const gone = from.filter(({ name }) => !wanted.has(name)).map(({ name }) => ({ $patch: 'delete', name }));
  const changed = to
    .filter((part) => !equalJson(before.get(part.name), part))
    .map(({ name, image }) => ({ name, image: image ?? null }));
  return { '$setElementOrder/parts': to.map(({ name }) => ({ name })), parts: [...changed, ...gone] };
}

describe('strategic merge patch', () => {
  const part: fc.Arbitrary<Part> = fc.record(
    { name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), image: fc.constantFrom('1', '2') },
    { requiredKeys: ['name'] },
  );
  const lists = fc.uniqueArray(part, { maxLength: 5, selector: ({ name }) => name });

  test('the difference of two lists leads there, in order', () => {
    fc.assert(
      fc.property(lists, lists, (from, to) => {
        const patched = applyStrategicPatch(CrateSchema, { spec: { parts: from } }, { spec: listPatch(from, to) });
        expect(patched).toEqual({ spec: { parts: to } });
      }),
    );
  });

  test('the difference of two sets leads there, in order', () => {
    const sets = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
    fc.assert(
      fc.property(sets, sets, (from, to) => {
        const spec = {
          '$setElementOrder/tags': to,
          '$deleteFromPrimitiveList/tags': from.filter((tag) => !to.includes(tag)),
          tags: to.filter((tag) => !from.includes(tag)),
        };
        expect(applyStrategicPatch(CrateSchema, { spec: { tags: from } }, { spec })).toEqual({ spec: { tags: to } });
      }),
    );
  });
});

describe('every directive, on a pod', () => {
  const spec = {
    containers: [
      { name: 'a', image: 'a:1', args: ['x'], ports: [{ containerPort: 80, name: 'web' }] },
      { name: 'b', image: 'b:1' },
    ],
    volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }],
    nodeSelector: { disk: 'ssd', zone: 'a' },
    tolerations: [{ key: 'x' }],
    imagePullSecrets: [{ name: 's' }],
  };
  const patched = (patch: object) =>
    (applyStrategicPatch(PodSchema, { metadata: { finalizers: ['f', 'g'] }, spec }, patch) as { spec: object }).spec;

  test.each<[string, object, object]>([
    [
      'merge by name',
      { containers: [{ name: 'b', image: 'b:2' }] },
      { containers: [spec.containers[0], { name: 'b', image: 'b:2' }] },
    ],
    [
      '$patch: delete of an item',
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: [spec.containers[1]] },
    ],
    [
      '$patch: replace of a list',
      { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      { containers: [{ name: 'c' }] },
    ],
    [
      '$patch: merge of an item',
      {
        containers: [
          { name: 'c', $patch: 'merge' },
          { name: 'a', $patch: 'delete' },
        ],
      },
      { containers: [spec.containers[1], { name: 'c' }] },
    ],
    ['$patch: replace of a map', { nodeSelector: { $patch: 'replace', zone: 'b' } }, { nodeSelector: { zone: 'b' } }],
    ['$patch: delete of a map', { nodeSelector: { $patch: 'delete' } }, { nodeSelector: {} }],
    ['null of a key', { nodeSelector: { disk: null } }, { nodeSelector: { zone: 'a' } }],
    [
      '$retainKeys of a union',
      { volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'v', hostPath: { path: '/x' } }] },
      { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    ],
    ['a list that merges by nothing', { tolerations: [{ key: 'y' }] }, { tolerations: [{ key: 'y' }] }],
    [
      'a nested list',
      { containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] }] },
      {
        containers: [
          { ...spec.containers[0], ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] },
          spec.containers[1],
        ],
      },
    ],
    [
      '$setElementOrder alone',
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
      { containers: [spec.containers[1], spec.containers[0]] },
    ],
    ['null of a list', { imagePullSecrets: null }, { imagePullSecrets: undefined }],
  ])('%s', (_, patch, expected) => {
    expect(patched({ spec: patch })).toEqual({ ...spec, ...expected });
  });

  test('$deleteFromPrimitiveList and a set of scalars', () => {
    const metadata = { '$deleteFromPrimitiveList/finalizers': ['f'], finalizers: ['h'] };
    const result = applyStrategicPatch(PodSchema, { metadata: { finalizers: ['f', 'g'] } }, { metadata });
    expect(result).toEqual({ metadata: { finalizers: ['g', 'h'] } });
  });
});
