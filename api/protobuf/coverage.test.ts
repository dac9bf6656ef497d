import { expect, test } from 'vitest';
import { TokenRequestSchema } from '../authentication/token-request.ts';
import { ScaleSchema } from '../autoscaling/scale.ts';
import { apiVersionOf } from '../meta/definition.ts';
import { DeleteOptionsSchema, StatusSchema } from '../meta/envelopes.ts';
import type { TSchema } from '../meta/schema.ts';
import { EvictionSchema } from '../policy/eviction.ts';
import { resources } from '../registry.ts';
import { type Field, Message, messageOfKind, messages } from './table.ts';

/** Kubernetes' own kinds have protobuf messages; of others, clients know no more than their JSON. */
const builtIn = resources.filter(({ group }) => !group.includes('.') || group.endsWith('.k8s.io'));

/** What may be the body of a request or an answer. */
const BODIES: readonly (readonly [apiVersion: string, kind: string, schema: TSchema])[] = [
  ...builtIn.map((resource) => [apiVersionOf(resource), resource.kind, resource.schema] as const),
  ['v1', 'DeleteOptions', DeleteOptionsSchema],
  ['v1', 'Status', StatusSchema],
  ['policy/v1', 'Eviction', EvictionSchema],
  ['autoscaling/v1', 'Scale', ScaleSchema],
  ['authentication.k8s.io/v1', 'TokenRequest', TokenRequestSchema],
];

/** Fields that do not travel in an object's own message: its type is in the envelope. */
const ENVELOPE = ['apiVersion', 'kind'];

/** Reported by nodes only, and no longer in the messages of later versions; no client sends it. */
const WITHOUT_NUMBER = ['NodeAllocatableResourceClaimStatus.resources'];

interface Shape {
  'x-definition'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  type?: string;
  format?: string;
  properties?: Record<string, Shape>;
  items?: Shape;
  additionalProperties?: Shape;
}

/** A message's fields as JSON has them: those of embedded structs are its own. */
const jsonFields = ({ fields }: Message): Field[] =>
  fields.flatMap((field) => (field.inline ? jsonFields(field.type as Message) : [field]));

const FORMATS: Readonly<Record<string, string>> = {
  byte: 'bytes',
  'date-time': 'time',
  'micro-time': 'micro-time',
  quantity: 'quantity',
  'int-or-string': 'int-or-string',
  double: 'double',
};
const TYPES: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool', integer: 'int' };

/** The field as a line of a table would have it, were it made from the schema. */
function expected(shape: Shape, field: Field): string {
  if (shape['x-kubernetes-preserve-unknown-fields']) return field.type instanceof Message ? field.type.name : 'json';
  if (shape.type === 'array' && field.type === 'strings') return 'strings';
  if (shape.type === 'array') return `[]${expected(shape.items ?? {}, field)}`;
  if (shape.additionalProperties) return `{}${expected(shape.additionalProperties, field)}`;
  if (field.type === 'duration') return 'duration';
  return FORMATS[shape.format ?? ''] ?? TYPES[shape.type ?? ''] ?? shape['x-definition']?.split('.').at(-1) ?? '?';
}

const found = ({ container, type }: Field): string =>
  `${container === 'list' ? '[]' : container === 'map' ? '{}' : ''}${type instanceof Message ? type.name : type}`;

/** Where the schema and the message differ; follows both at once. */
function differences(shape: Shape, message: Message, seen: Set<Message>): string[] {
  if (seen.has(message)) return [];
  seen.add(message);
  const fields = new Map(jsonFields(message).map((field) => [field.name, field]));
  return Object.entries(shape.properties ?? {}).flatMap(([name, property]) => {
    const field = fields.get(name);
    if (!field) return ENVELOPE.includes(name) ? [] : [`${message.name}.${name}`];
    const wanted = expected(property, field);
    if (wanted !== found(field)) return [`${message.name}.${name} is ${found(field)}, not ${wanted}`];
    const inner = property.items ?? property.additionalProperties ?? property;
    return field.type instanceof Message ? differences(inner, field.type, seen) : [];
  });
}

test('every field of every body has a number, and the type that its schema says', () => {
  const seen = new Set<Message>();
  const faults = BODIES.flatMap(([apiVersion, kind, schema]) => {
    const message = messageOfKind(apiVersion, kind);
    return message ? differences(schema as Shape, message, seen) : [`${apiVersion} ${kind} has no message`];
  });
  expect([...new Set(faults)]).toEqual(WITHOUT_NUMBER);
  expect(seen.size).toBeGreaterThan(300);
});

test('every kind that is stored has a message for its lists', () => {
  const lists = builtIn.map((resource) => messageOfKind(apiVersionOf(resource), `${resource.kind}List`));
  expect(lists.filter((message) => !message)).toEqual([]);
});

test('no number and no name is used twice in a message, and every line can be read', () => {
  const twice = (values: readonly unknown[]) => values.length !== new Set(values).size;
  const faults = [...messages].filter(
    ([, message]) => twice(message.fields.map(({ number }) => number)) || twice(jsonFields(message).map((f) => f.name)),
  );
  expect(faults.map(([key]) => key)).toEqual([]);
});
