import type { JsonObject } from '../json.ts';
import { Definitions, type Dialect, STRUCTURAL_KEYWORDS } from './definitions.ts';
import {
  type AnyResource,
  BODY_TYPES,
  bodiesOf,
  bodyName,
  type Operation,
  operationsOf,
  patchTypesOf,
  resultName,
  rootOf,
} from './operations.ts';

/** OpenAPI v3 as the API server publishes it: an index, and one document per group and version (`/openapi/v3`). */

const pointer = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const dialect: Dialect = {
  ref: pointer,
  // In OpenAPI 3.0 whatever stands beside $ref is ignored.
  refField: (name, annotations) => ({ ...annotations, allOf: [pointer(name)] }),
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  structuralKeywords: [...STRUCTURAL_KEYWORDS, 'nullable', 'allOf', 'anyOf', 'oneOf', 'not'],
  intOrString: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
};

const PATH_DESCRIPTIONS = { namespace: 'Namespace of the object.', name: 'Name of the object.' } as const;
const PATCH_BODY = {
  type: 'object',
  description: 'The changes to make, in the format that the media type names.',
};

const content = (types: readonly string[], schema: JsonObject) =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

function requestBody(operation: Operation): JsonObject | undefined {
  if (operation.method === 'patch') return { required: true, content: content(patchTypesOf(operation), PATCH_BODY) };
  const name = bodyName(operation);
  return name ? { required: operation.method !== 'delete', content: content(BODY_TYPES, pointer(name)) } : undefined;
}

function responses(operation: Operation): JsonObject {
  const name = resultName(operation);
  const body = name ? content(['application/json'], pointer(name)) : content(['text/plain'], { type: 'string' });
  const answer = (description: string) => ({ description, content: body });
  return {
    200: answer('OK'),
    ...(operation.method === 'post' || operation.method === 'put' ? { 201: answer('Created') } : {}),
    ...(operation.action === 'delete' ? { 202: answer('Accepted') } : {}),
    401: { description: 'Unauthorized' },
  };
}

const operationJson = (operation: Operation, tag: string): JsonObject => ({
  tags: [tag],
  description: operation.description,
  operationId: operation.id,
  parameters: operation.query.map(({ name, type, description }) => ({
    name,
    in: 'query',
    description,
    schema: { type, uniqueItems: true },
  })),
  requestBody: requestBody(operation),
  responses: responses(operation),
  'x-kubernetes-action': operation.action,
  'x-kubernetes-group-version-kind': operation.gvk,
});

function pathsOf(resources: readonly AnyResource[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const resource of resources) {
    const tag = `${(resource.group || 'core').split('.')[0]}_${resource.version}`;
    for (const operation of operationsOf(resource)) {
      paths[operation.path] ??= {
        parameters: operation.pathParameters.map((name) => ({
          name,
          in: 'path',
          required: true,
          description: PATH_DESCRIPTIONS[name],
          schema: { type: 'string', uniqueItems: true },
        })),
      };
      Object.assign(paths[operation.path] ?? {}, { [operation.method]: operationJson(operation, tag) });
    }
  }
  return paths;
}

/** The document of one group and version, or undefined when none of the resources is in it. */
export function openApiV3(resources: readonly AnyResource[], group: string, version: string): JsonObject | undefined {
  const ours = resources.filter((resource) => resource.group === group && resource.version === version);
  if (ours.length === 0) return undefined;
  const definitions = new Definitions(dialect);
  for (const { schema, kinds } of bodiesOf(ours)) definitions.add(schema, kinds);
  return {
    openapi: '3.0.0',
    info: { title: 'Stowage', version: 'unversioned' },
    paths: pathsOf(ours),
    components: { schemas: definitions.toJson() },
  };
}

/** 64 bits of FNV-1a (two halves with different seeds): names a version of a document, guards nothing. */
function fingerprint(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01234567;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x01000197);
  }
  return [high, low]
    .map((half) => (half >>> 0).toString(16).padStart(8, '0'))
    .join('')
    .toUpperCase();
}

/** `/openapi/v3`: where each document is, with a hash that changes when the document does. */
export function openApiV3Index(resources: readonly AnyResource[]): {
  paths: Record<string, { serverRelativeURL: string }>;
} {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const { group, version } of resources) {
    const key = rootOf({ group, version }).slice(1);
    if (paths[key]) continue;
    const hash = fingerprint(JSON.stringify(openApiV3(resources, group, version)));
    paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` };
  }
  return { paths };
}
