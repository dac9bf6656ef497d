import fc from 'fast-check';
import { decode } from '../decode.ts';
import type { JsonObject } from '../json.ts';
import { crates } from '../sample.suite.ts';
import { type Application, applyConfiguration } from './apply.ts';
import { type FieldSet, setOf } from './field-set.ts';
import { writeManagers } from './managers.ts';
import { ownershipOfNew } from './ownership.ts';

/** Random sets, and random parts of objects of the made-up kind, for the laws of ownership. */

const element = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('f:a', 'f:b', 'f:c', 'f:.', 'f:__proto__') },
  fc.constantFrom('k:{"name":"x"}', 'k:{"containerPort":80,"protocol":"TCP"}', 'v:"a"', 'v:1', 'i:0'),
);

export const fieldSets: fc.Arbitrary<FieldSet> = fc
  .array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 })
  .map(setOf);

const names = fc.constantFrom('x', 'y', 'z');
const words = fc.constantFrom('1', '2', '3');
const dictionary = fc.dictionary(names, words, { maxKeys: 3, noNullPrototype: true });
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const port = fc.record(
  { containerPort: fc.constantFrom(80, 443), protocol: fc.constantFrom('TCP', 'UDP'), name: words },
  { requiredKeys: ['containerPort', 'protocol'] },
);
const ports = fc.uniqueArray(port, { maxLength: 3, selector: (one) => `${one.containerPort}/${one.protocol}` });
const part = fc.record(
  {
    name: names,
    image: words,
    args: fc.array(words, { maxLength: 2 }),
    ports,
    limits: fc.dictionary(names, fc.constantFrom('1', '2'), { maxKeys: 2, noNullPrototype: true }),
  },
  { requiredKeys: ['name'] },
);
const spec = fc.record(
  {
    replicas: fc.integer({ min: 0, max: 3 }),
    mode: fc.constantFrom('Open', 'Closed'),
    limit: fc.constantFrom(1, '25%'),
    parts: fc.uniqueArray(part, { maxLength: 3, selector: ({ name }) => name }),
    tags: fc.uniqueArray(words, { maxLength: 3 }),
    strategy: fc.record({ type: words, rolling: dictionary }, { requiredKeys: [] }),
    extra: fc.dictionary(names, fc.oneof(words, dictionary, fc.array(words)), { maxKeys: 2, noNullPrototype: true }),
  },
  { requiredKeys: [] },
);

/** Parts of a crate, as somebody would write them down to apply. */
export const configurations: fc.Arbitrary<JsonObject> = fc
  .record({ labels: some(dictionary), spec: some(spec) })
  .map(
    ({ labels, spec: wanted }) =>
      JSON.parse(
        JSON.stringify({ apiVersion: 'v1', kind: 'Crate', metadata: { name: 'one', labels }, spec: wanted }),
      ) as JsonObject,
  );

export const NOW = '2026-01-01T00:00:00Z';
export const LATER = '2026-01-01T01:00:00Z';

const decodeCrate = (value: unknown) => decode(crates, value).object as JsonObject;

export const application = (
  manager: string,
  configuration: JsonObject,
  more: Partial<Application> = {},
): Application => ({
  ...{ schema: crates.schema, configuration, manager, apiVersion: 'v1', force: false, now: NOW, decode: decodeCrate },
  ...more,
});

/** A crate that is not there yet. */
export const unborn = (): JsonObject => ({ apiVersion: 'v1', kind: 'Crate', metadata: { name: 'one' } });

export const applied = (
  live: JsonObject,
  manager: string,
  configuration: JsonObject,
  more: Partial<Application> = {},
) => applyConfiguration(live, application(manager, configuration, more));

/** A crate that somebody made without applying. */
export function made(configuration: JsonObject, maker: string): JsonObject {
  const object = decodeCrate(configuration);
  const owners = ownershipOfNew(crates.schema, object, { manager: maker, operation: 'Update', apiVersion: 'v1' }, NOW);
  return { ...object, metadata: { ...(object.metadata as JsonObject), managedFields: writeManagers(owners) } };
}
