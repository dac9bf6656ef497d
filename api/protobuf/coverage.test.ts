import { expect, test } from 'vitest';
import { DeleteOptionsSchema } from '../meta/envelopes.ts';
import type { TSchema } from '../meta/schema.ts';
import { resources } from '../registry.ts';
import { bodyKinds, messages } from './table.ts';

/** Fields that do not travel in an object's own message: its type is in the envelope. */
const ENVELOPE = ['apiVersion', 'kind'];

/** Reported by nodes only, and no longer in the messages of later versions; no client sends it. */
const WITHOUT_NUMBER = ['NodeAllocatableResourceClaimStatus.resources'];

/** Kubernetes' own kinds have protobuf messages; of others, clients know no more than their JSON. */
const builtIn = resources.filter(({ group }) => !group.includes('.') || group.endsWith('.k8s.io'));

interface Shape {
  'x-definition'?: string;
  properties?: Record<string, TSchema>;
  items?: TSchema;
  additionalProperties?: TSchema;
}

/** Names of a message's fields as JSON has them: those of embedded structs are its own. */
function jsonFields(message: string): string[] {
  return [...(messages.get(message)?.values() ?? [])].flatMap((field) =>
    field.inline ? jsonFields(field.type) : [field.name],
  );
}

/** `Message.field` for every field of the schemas that no table has. */
function missing(schema: TSchema, root: boolean, seen: Set<string>): string[] {
  const shape = schema as Shape;
  const below = [shape.items, shape.additionalProperties].flatMap((part) => (part ? missing(part, false, seen) : []));
  const name = shape['x-definition']?.split('.').at(-1);
  if (!name || !shape.properties || seen.has(name)) return below;
  seen.add(name);
  const known = jsonFields(name);
  const own = Object.keys(shape.properties)
    .filter((field) => !known.includes(field) && !(root && ENVELOPE.includes(field)))
    .map((field) => `${name}.${field}`);
  return [...own, ...below, ...Object.values(shape.properties).flatMap((part) => missing(part, false, seen))];
}

test('every field of the kinds has a field number', () => {
  const seen = new Set<string>();
  const schemas = [...builtIn.map((resource) => resource.schema), DeleteOptionsSchema];
  expect(schemas.flatMap((schema) => missing(schema, true, seen))).toEqual(WITHOUT_NUMBER);
  expect(seen.size).toBeGreaterThan(50);
});

test('every kind of Kubernetes that we serve may come as protobuf', () => {
  const kinds = builtIn.map(({ group, version, kind }) => `${group ? `${group}/` : ''}${version}/${kind}`);
  expect(kinds.filter((kind) => !bodyKinds.has(kind))).toEqual([]);
});
