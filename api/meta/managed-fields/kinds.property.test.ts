import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryOf } from '../../arbitrary.suite.ts';
import { resources } from '../../registry.ts';
import { decode } from '../decode.ts';
import { apiVersionOf } from '../definition.ts';
import type { JsonObject } from '../json.ts';
import { applyConfiguration } from './apply.ts';
import { compare } from './compare.ts';
import { configurationFaults } from './configuration.ts';
import { difference, equalSets, isEmptySet, parseFieldSet } from './field-set.ts';
import { fieldsOf, hasWholeFields, withStructs } from './fields-of.ts';
import { extractFields } from './prune.ts';
import { shapeOf } from './shape.ts';

/** The laws hold of every kind there is, whatever a client sends. */

const kept = resources.filter(({ stored, decode: own }) => stored === undefined && !own);
const asName = ({ group, version, kind }: (typeof kept)[number]) => `${group}/${version} ${kind}`;

test.each(kept.map((resource) => [asName(resource), resource] as const))('%s', (_, resource) => {
  expect(shapeOf(resource.schema).kind).toBe('struct');
  const { schema } = resource;
  const decodeWhole = (value: unknown) => decode(resource, value).object as JsonObject;
  const names = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const unborn = { ...names, metadata: { name: 'one' } };
  fc.assert(
    fc.property(arbitraryOf(schema), (value) => {
      // A value with its own idea of its kind, or with text that is no time, is no object of the kind.
      const configuration = { ...decodeWhole({ ...(value as object), ...names }), metadata: { name: 'one' } };
      if (configurationFaults(schema, configuration).length > 0) return;
      const fields = fieldsOf(schema, configuration, 'named');
      expect(parseFieldSet(JSON.parse(JSON.stringify(fields)))).toEqual(fields);
      const whole = fieldsOf(schema, configuration, 'whole');
      expect(hasWholeFields(schema, configuration, whole)).toBe(true);
      expect(hasWholeFields(schema, { ...configuration, kind: undefined }, whole)).toBe(false);
      expect(hasWholeFields(schema, unborn, whole)).toBe(equalSets(whole, fieldsOf(schema, unborn, 'whole')));
      const extracted = fieldsOf(schema, extractFields(schema, configuration, fields), 'named');
      expect(isEmptySet(difference(fields, withStructs(schema, extracted)))).toBe(true);
      const common = { schema, manager: 'm', apiVersion: names.apiVersion, force: false, decode: decodeWhole };
      const once = applyConfiguration(unborn, { ...common, configuration, now: '2026-01-01T00:00:00Z' });
      const twice = applyConfiguration(once, { ...common, configuration, now: '2026-01-01T00:00:01Z' });
      expect(twice).toEqual(once);
      expect(Object.values(compare(schema, once, twice)).every(isEmptySet)).toBe(true);
      const gone = applyConfiguration(once, { ...common, configuration: unborn, now: '2026-01-01T00:00:02Z' });
      expect(gone.metadata).toEqual({ name: 'one' });
    }),
    { numRuns: 20 },
  );
});
