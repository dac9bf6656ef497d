import { isJsonObject, type JsonObject } from '../meta/json.ts';
import { ObjectMetaSchema } from '../meta/object.ts';
import type { TSchema } from '../meta/schema.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * The schema of a custom resource as the rest of the house reads schemas (api/meta/schema.ts): for OpenAPI, `kubectl explain`, and the
 * keys of server-side apply. Its parts have no names of their own, which `x-structural` says.
 */
export function openApiSchema(group: string, version: string, kind: string, schema: JsonSchema): TSchema {
  const root = publishedSchema(schema);
  const properties = isJsonObject(root.properties) ? root.properties : {};
  return {
    type: 'object',
    'x-definition': `${group.split('.').reverse().join('.')}.${version}.${kind}`,
    description: schema.description ?? '',
    properties: {
      apiVersion: { type: 'string', description: 'Version of the schema of this object.', 'x-structural': true },
      kind: { type: 'string', description: 'Kind of this object.', 'x-structural': true },
      metadata: ObjectMetaSchema,
      ...Object.fromEntries(Object.entries(properties).filter(([name]) => !OWN.has(name))),
    },
    ...(schema.required && { required: schema.required.filter((name) => name !== 'metadata') }),
    ...(schema['x-kubernetes-preserve-unknown-fields'] && { 'x-kubernetes-preserve-unknown-fields': true }),
  } as unknown as TSchema;
}

const OWN = new Set(['apiVersion', 'kind', 'metadata']);

function publishedSchema(schema: JsonSchema): JsonObject {
  const { properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    'x-structural': true,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, publishedSchema(each)])),
    }),
    ...(items && { items: publishedSchema(items) }),
    ...(isJsonObject(additionalProperties) && {
      additionalProperties: publishedSchema(additionalProperties as JsonSchema),
    }),
  };
}
