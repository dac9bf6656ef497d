import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyJson } from '../meta/json.ts';
import { parseJsonPath, valuesAt } from './json-path.ts';
import { type JsonSchema, readJsonSchema } from './json-schema.ts';
import { compareVersions, customKind } from './resource.ts';
import { compileRules, ruleFaults } from './rules.ts';
import { structuralFaults } from './structural.ts';
import { pruned, setDefaultsIn, structureOf } from './structure.ts';
import { valueFaults } from './value-validation.ts';

/** A structural schema with values that are valid by it. */
interface Sample {
  readonly schema: JsonSchema;
  readonly value: fc.Arbitrary<unknown>;
}

const name = fc.constantFrom('a', 'b', 'c', 'd');
const scalar = fc.constantFrom<Sample>(
  { schema: { type: 'string', maxLength: 5 }, value: fc.string({ maxLength: 5, unit: 'binary-ascii' }) },
  { schema: { type: 'string', enum: ['x', 'y'], default: 'x' }, value: fc.constantFrom('x', 'y') },
  { schema: { type: 'integer', minimum: -3, maximum: 3, default: 2 }, value: fc.integer({ min: -3, max: 3 }) },
  { schema: { type: 'number' }, value: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { schema: { type: 'boolean', nullable: true }, value: fc.option(fc.boolean()) },
  { schema: { 'x-kubernetes-int-or-string': true }, value: fc.oneof(fc.integer(), fc.string()) },
  {
    schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    value: fc.dictionary(name, fc.jsonValue()),
  },
);
const sample: fc.Arbitrary<Sample> = fc.letrec<{ value: Sample }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.dictionary(name, tie('value'), { maxKeys: 4 }).map(objectOf),
    tie('value').map(({ schema, value }) => ({
      schema: { type: 'array', items: schema },
      value: fc.array(value, { maxLength: 3 }),
    })),
    tie('value').map(({ schema, value }) => ({
      schema: { type: 'object', additionalProperties: schema },
      value: fc.dictionary(name, value, { maxKeys: 3 }),
    })),
  ),
})).value;

function objectOf(parts: Record<string, Sample>): Sample {
  const entries = Object.entries(parts);
  return {
    schema: { type: 'object', properties: Object.fromEntries(entries.map(([key, { schema }]) => [key, schema])) },
    value: fc.record(Object.fromEntries(entries.map(([key, { value }]) => [key, value])), { requiredKeys: [] }),
  };
}

const sampleWithValue = sample.chain(({ schema, value }) => value.map((each) => ({ schema, value: each })));
const sampleWithAnything = fc
  .tuple(sample, fc.jsonValue({ maxDepth: 4 }))
  .map(([{ schema }, value]) => ({ schema, value }));
const prune = (value: unknown, schema: JsonSchema) => pruned(value, structureOf(schema), '', []);

describe('of random schemas', () => {
  test('what is valid stays as it is, with defaults beside it', () => {
    fc.assert(
      fc.property(sampleWithValue, ({ schema, value }) => {
        const structure = structureOf(schema);
        const unknown: string[] = [];
        expect(pruned(value, structure, '', unknown)).toEqual(value);
        expect(unknown).toEqual([]);
        expect(valueFaults(value, structure, 'x')).toEqual([]);
        const filled = copyJson(value, 'value');
        setDefaultsIn(filled, structure);
        expect(valueFaults(filled, structure, 'x')).toEqual([]);
      }),
    );
  });

  test('pruning and defaulting are idempotent, whatever the value', () => {
    fc.assert(
      fc.property(sampleWithAnything, ({ schema, value }) => {
        const structure = structureOf(schema);
        const once = prune(value, schema);
        expect(prune(once, schema)).toEqual(once);
        setDefaultsIn(once, structure);
        const again = copyJson(once, 'value');
        setDefaultsIn(again, structure);
        expect(again).toEqual(once);
        // Neither brings unknown fields back, nor does validation ever throw.
        expect(prune(once, schema)).toEqual(once);
        valueFaults(once, structure, '');
      }),
    );
  });
});

test('no garbage makes reading, judging or compiling a schema fail in another way than with a refusal', () => {
  const keyword = fc.constantFrom(
    'type',
    'properties',
    'items',
    'additionalProperties',
    'allOf',
    'anyOf',
    'not',
    'pattern',
    'enum',
    'default',
    'required',
    'nullable',
    'format',
    'maximum',
    'x-kubernetes-list-type',
    'x-kubernetes-list-map-keys',
    'x-kubernetes-validations',
    'x-kubernetes-preserve-unknown-fields',
    'odd',
  );
  const garbage = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>('object', 'array', 'string', '(', '^a+$', 1, -1, true, null, [], ['a']),
      fc.dictionary(keyword, tie('node'), { maxKeys: 5 }),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.array(fc.record({ rule: fc.constantFrom('self', 'self.a == 1', ')', 'oldSelf') }), { maxLength: 2 }),
    ),
  })).node;
  fc.assert(
    fc.property(garbage, fc.jsonValue(), (text, value) => {
      let schema: JsonSchema;
      try {
        schema = readJsonSchema(text, 'schema', []);
      } catch (error) {
        expect(error).toMatchObject({ status: { code: 400 } });
        return;
      }
      structuralFaults(schema, 'schema');
      const structure = structureOf(schema);
      ruleFaults(structure, 'schema');
      const fit = pruned(value, structure, '', []);
      setDefaultsIn(fit, structure);
      valueFaults(fit, structure, '');
      compileRules(structure).faults({ spec: fit } as object, undefined);
    }),
    { numRuns: 500 },
  );
});

test.each<[string, JsonSchema, unknown, string[]]>([
  ['minLength', { type: 'string', minLength: 2 }, 'a', ['v in body should be at least 2 chars long']],
  ['maxLength', { type: 'string', maxLength: 1 }, 'ab', ['Too long: may not be more than 1 bytes']],
  ['enum', { type: 'string', enum: ['a', 'b'] }, 'c', ['Unsupported value: "c": supported values: "a", "b"']],
  [
    'exclusiveMinimum',
    { type: 'number', minimum: 1, exclusiveMinimum: true },
    1,
    ['v in body should be greater than 1'],
  ],
  ['multipleOf', { type: 'number', multipleOf: 0.1 }, 0.25, ['v in body should be a multiple of 0.1']],
  [
    'maxItems',
    { type: 'array', maxItems: 1, items: { type: 'integer' } },
    [1, 2],
    ['Too many: 2: must have at most 1 items'],
  ],
  ['minProperties', { type: 'object', minProperties: 1 }, {}, ['v in body should have at least 1 properties']],
  [
    'set',
    { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ['a', 'a'],
    ['Duplicate value: "a"'],
  ],
  ['null', { type: 'string' }, null, ['v in body must be of type string: "null"']],
  ['format', { type: 'string', format: 'ipv4' }, '1.2.3', ['v in body must be of type ipv4: "1.2.3"']],
  [
    'oneOf',
    { type: 'object', properties: { a: {}, b: {} }, oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    {},
    ['v in body must validate one and only one schema (oneOf). Found none valid'],
  ],
  ['not', { type: 'string', not: { enum: ['x'] } }, 'x', ['v in body must not validate the schema (not)']],
  [
    'embedded',
    { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    { kind: 'Pod' },
    ['Required value: must not be empty'],
  ],
])('%s is judged as Kubernetes words it', (_what, schema, value, expected) => {
  const messages = valueFaults(value, structureOf(schema), 'v').map(({ message }) =>
    message.replace(/^Invalid value: .*?: (?=v in body)/, ''),
  );
  expect(messages).toEqual(expected);
});

test('paths lead to values', () => {
  const object = {
    spec: { list: [{ n: 'a' }, { n: 'b' }] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
    metadata: { labels: { 'a.b/c': 'x' } },
  };
  const at = (path: string) => valuesAt(object, parseJsonPath(path) ?? []);
  expect(at('.spec.list[0].n')).toEqual(['a']);
  expect(at('.spec.list[*].n')).toEqual(['a', 'b']);
  expect(at('.status.conditions[?(@.type=="Ready")].status')).toEqual(['True']);
  expect(at(`.metadata.labels['a.b/c']`)).toEqual(['x']);
  expect(at('.metadata.labels.a\\.b/c')).toEqual(['x']);
  expect(at('.nothing.here')).toEqual([]);
  expect(parseJsonPath('spec.x')).toBeUndefined();
  expect(parseJsonPath('.a[')).toBeUndefined();
});

test('versions stand in the order of Kubernetes', () => {
  const versions = ['foo10', 'v1', 'v12alpha1', 'v11alpha2', 'foo1', 'v10', 'v3beta1', 'v11beta2', 'v2', 'v10beta3'];
  expect(versions.sort(compareVersions)).toEqual([
    'v10',
    'v2',
    'v1',
    'v11beta2',
    'v10beta3',
    'v3beta1',
    'v12alpha1',
    'v11alpha2',
    'foo1',
    'foo10',
  ]);
});

test('faults that an update leaves alone are borne with', () => {
  const schema = {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { n: { type: 'integer', maximum: 3 }, m: { type: 'integer' } } },
    },
  };
  const { kept } = customKind({
    spec: {
      group: 'e.com',
      names: { plural: 'ns', kind: 'N' },
      scope: 'Cluster',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
  const of = (spec: object) => ({ metadata: { name: 'x' }, spec });
  expect(kept.validate(of({ n: 9, m: 1 }))).toHaveLength(1);
  expect(kept.validate(of({ n: 9, m: 2 }), of({ n: 9, m: 1 }))).toEqual([]);
  expect(kept.validate(of({ n: 10, m: 1 }), of({ n: 9, m: 1 }))).toHaveLength(1);
});
