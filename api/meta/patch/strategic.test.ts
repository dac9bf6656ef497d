import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CrateSchema } from '../sample.suite.ts';
import { applyStrategicPatch } from './strategic.ts';

/** Applies to `spec` alone, and checks that neither argument changes. */
function patchSpec(spec: unknown, patch: unknown): unknown {
  const before = JSON.stringify([spec, patch]);
  const result = applyStrategicPatch(CrateSchema, { spec }, { spec: patch }) as { spec: unknown };
  expect(JSON.stringify([spec, patch])).toBe(before);
  return result.spec;
}
const parts = (...names: string[]) => names.map((name) => ({ name, image: `${name}:1` }));
const namesOf = (spec: unknown) => (spec as { parts: { name: string }[] }).parts.map((part) => part.name);

describe('maps and scalars', () => {
  test('merge, delete by null, add', () => {
    expect(patchSpec({ replicas: 1, paused: true }, { replicas: 2, paused: null, mode: 'Open' })).toEqual({
      replicas: 2,
      mode: 'Open',
    });
    const document = { metadata: { labels: { a: '1', b: '2' } } };
    expect(applyStrategicPatch(CrateSchema, document, { metadata: { labels: { a: null, c: '3' } } })).toEqual({
      metadata: { labels: { b: '2', c: '3' } },
    });
  });

  test('$patch replace and delete on a map', () => {
    expect(
      patchSpec({ strategy: { type: 'A', rolling: { x: '1' } } }, { strategy: { $patch: 'replace', type: 'B' } }),
    ).toEqual({ strategy: { type: 'B' } });
    expect(patchSpec({ strategy: { type: 'A' } }, { strategy: { $patch: 'delete' } })).toEqual({ strategy: {} });
  });

  test('$retainKeys drops what it does not list', () => {
    const spec = { strategy: { type: 'Rolling', rolling: { max: '1' } } };
    expect(patchSpec(spec, { strategy: { $retainKeys: ['type'], type: 'Recreate' } })).toEqual({
      strategy: { type: 'Recreate' },
    });
    expect(() => patchSpec(spec, { strategy: { $retainKeys: ['type'], rolling: {} } })).toThrow(
      /\$retainKeys must list every field/,
    );
  });

  test('unknown fields merge and are left for decoding to report', () => {
    expect(patchSpec({}, { nonsense: { a: 1, b: null } })).toEqual({ nonsense: { a: 1 } });
  });
});

describe('lists of objects', () => {
  test('merge by key; order follows the patch, new items at the end', () => {
    const patched = patchSpec({ parts: parts('a', 'b') }, { parts: [{ name: 'b', image: 'b:2' }, { name: 'c' }] });
    expect(patched).toEqual({ parts: [{ name: 'a', image: 'a:1' }, { name: 'b', image: 'b:2' }, { name: 'c' }] });
  });

  test('nested lists merge by their own key; atomic lists are replaced', () => {
    const spec = { parts: [{ name: 'a', args: ['x', 'y'], ports: [{ containerPort: 80 }] }] };
    expect(
      patchSpec(spec, {
        parts: [
          {
            name: 'a',
            args: ['z'],
            ports: [
              { containerPort: 81, name: 'n' },
              { containerPort: 80, name: 'web' },
            ],
          },
        ],
      }),
    ).toEqual({
      parts: [
        {
          name: 'a',
          args: ['z'],
          ports: [
            { containerPort: 81, name: 'n' },
            { containerPort: 80, name: 'web' },
          ],
        },
      ],
    });
  });

  test('$patch delete, replace and merge items', () => {
    expect(patchSpec({ parts: parts('a', 'b') }, { parts: [{ $patch: 'delete', name: 'a' }] })).toEqual({
      parts: parts('b'),
    });
    expect(patchSpec({ parts: parts('a', 'b') }, { parts: [{ $patch: 'replace' }, { name: 'c' }] })).toEqual({
      parts: [{ name: 'c' }],
    });
    expect(patchSpec({ parts: parts('a') }, { parts: [{ $patch: 'merge', name: 'a', image: 'x' }] })).toEqual({
      parts: [{ name: 'a', image: 'x' }],
    });
    expect(
      patchSpec(
        {},
        {
          parts: [
            { $patch: 'delete', name: 'a' },
            { name: 'b', image: null },
          ],
        },
      ),
    ).toEqual({ parts: [{ name: 'b' }] });
  });

  test('$setElementOrder orders the named; the others keep their place', () => {
    const spec = { parts: parts('a', 'sidecar', 'b') };
    const patch = { $setElementOrder: 1, '$setElementOrder/parts': [{ name: 'b' }, { name: 'a' }] };
    const { $setElementOrder: _, ...clean } = patch;
    expect(namesOf(patchSpec(spec, clean))).toEqual(['sidecar', 'b', 'a']);
    expect(
      namesOf(
        patchSpec(spec, {
          '$setElementOrder/parts': [{ name: 'new' }, { name: 'a' }, { name: 'b' }],
          parts: [{ name: 'new' }],
        }),
      ),
    ).toEqual(expect.arrayContaining(['new', 'a', 'sidecar', 'b']));
  });

  test('$setElementOrder that contradicts the patch is 400', () => {
    expect(() =>
      patchSpec(
        { parts: [] },
        { '$setElementOrder/parts': [{ name: 'a' }, { name: 'b' }], parts: [{ name: 'b' }, { name: 'a' }] },
      ),
    ).toThrow(/doesn't match \$setElementOrder\/parts/);
  });
});

describe('lists of scalars', () => {
  test('set lists unite; $deleteFromPrimitiveList removes', () => {
    expect(patchSpec({ tags: ['a', 'b'] }, { tags: ['c', 'b'] })).toEqual({ tags: ['a', 'c', 'b'] });
    expect(
      patchSpec(
        { tags: ['a', 'b'] },
        { '$deleteFromPrimitiveList/tags': ['a'], '$setElementOrder/tags': ['c', 'b'], tags: ['c'] },
      ),
    ).toEqual({ tags: ['c', 'b'] });
    expect(
      applyStrategicPatch(
        CrateSchema,
        { metadata: { finalizers: ['x'] } },
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } },
      ),
    ).toEqual({
      metadata: { finalizers: [] },
    });
  });
});

test.each([
  [[]],
  ['x'],
  [{ spec: { strategy: { $patch: 'frob' } } }],
  [{ spec: { parts: [{ image: 'x' }] } }],
  [{ spec: { parts: ['x'] } }],
  [{ spec: { tags: [{}] } }],
  [{ spec: { '$setElementOrder/parts': 'x' } }],
  [{ spec: { '$deleteFromPrimitiveList/tags': {} } }],
  [JSON.parse(`${'{"spec":'.repeat(20_000)}1${'}'.repeat(20_000)}`)],
])('malformed patch %# is 400', (patch) => {
  const document = { spec: { parts: parts('a'), tags: ['a'], strategy: { type: 'A' } } };
  expect(() => applyStrategicPatch(CrateSchema, document, patch)).toThrow(expect.objectContaining({ code: 400 }));
});

test('hostile keys stay data', () => {
  const patched = applyStrategicPatch(
    CrateSchema,
    {},
    JSON.parse('{"metadata":{"labels":{"__proto__":"x"}},"__proto__":{"p":1}}'),
  );
  expect(JSON.stringify(patched)).toBe('{"metadata":{"labels":{"__proto__":"x"}},"__proto__":{"p":1}}');
});

describe('properties', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const part = fc.record({ name, image: fc.option(fc.string(), { nil: undefined }) }, { requiredKeys: ['name'] });
  const partList = fc.uniqueArray(part, { selector: (item) => item.name, maxLength: 4 });
  const spec = fc.record({ parts: partList, tags: fc.uniqueArray(name), replicas: fc.nat() });

  test('applying a patch twice is applying it once', () => {
    fc.assert(
      fc.property(spec, spec, (document, patch) => {
        const once = patchSpec(document, patch);
        expect(patchSpec(once, patch)).toEqual(once);
      }),
    );
  });

  test('a merged list holds each key once, all keys of both sides, patched ones in the order of the patch', () => {
    fc.assert(
      fc.property(partList, partList, (before, patch) => {
        const names = namesOf(patchSpec({ parts: before }, { parts: patch }));
        expect([...names].sort()).toEqual([...new Set([...before, ...patch].map((item) => item.name))].sort());
        const patched: string[] = patch.map((item) => item.name);
        expect(names.filter((item) => patched.includes(item))).toEqual(patched);
        const others = before.map((item) => item.name).filter((item) => !patched.includes(item));
        expect(names.filter((item) => !patched.includes(item))).toEqual(others);
      }),
    );
  });
});
