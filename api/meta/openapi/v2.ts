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
} from './operations.ts';

/** OpenAPI v2 (Swagger 2.0) of the whole API, as `/openapi/v2` publishes it. */

const PATCH_DEFINITION = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
const pointer = (name: string) => ({ $ref: `#/definitions/${name}` });

const dialect: Dialect = {
  ref: pointer,
  refField: (name, annotations) => ({ ...annotations, ...pointer(name) }),
  quantity: { type: 'string' },
  structuralKeywords: STRUCTURAL_KEYWORDS,
  intOrString: { type: 'string', format: 'int-or-string' },
};

function parametersOf(operation: Operation): JsonObject[] {
  const body = operation.method === 'patch' ? PATCH_DEFINITION : bodyName(operation);
  return [
    ...(body ? [{ name: 'body', in: 'body', required: operation.method !== 'delete', schema: pointer(body) }] : []),
    ...operation.query.map(({ name, type, description }) => ({
      name,
      in: 'query',
      type,
      description,
      uniqueItems: true,
    })),
  ];
}

function operationJson(operation: Operation): JsonObject {
  const name = resultName(operation);
  const schema = name ? pointer(name) : { type: 'string' };
  return {
    description: operation.description,
    operationId: operation.id,
    consumes: operation.method === 'patch' ? [...patchTypesOf(operation)] : operation.body ? [...BODY_TYPES] : ['*/*'],
    produces: [name ? 'application/json' : 'text/plain'],
    schemes: ['https'],
    parameters: parametersOf(operation),
    responses: {
      200: { description: 'OK', schema },
      ...(operation.method === 'post' || operation.method === 'put' ? { 201: { description: 'Created', schema } } : {}),
      ...(operation.action === 'delete' ? { 202: { description: 'Accepted', schema } } : {}),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  };
}

/** The whole API as one Swagger 2.0 document. `serverVersion` stands in `info.version`. */
export function openApiV2(resources: readonly AnyResource[], serverVersion: string): JsonObject {
  const definitions = new Definitions(dialect);
  for (const { schema, kinds } of bodiesOf(resources)) definitions.add(schema, kinds);
  definitions.byName.set(PATCH_DEFINITION, { type: 'object', description: 'The changes to make to an object.' });
  const paths: Record<string, JsonObject> = {};
  for (const operation of resources.flatMap((resource) => operationsOf(resource))) {
    paths[operation.path] ??= {
      parameters: operation.pathParameters.map((name) => ({
        name,
        in: 'path',
        required: true,
        type: 'string',
        uniqueItems: true,
      })),
    };
    Object.assign(paths[operation.path] ?? {}, { [operation.method]: operationJson(operation) });
  }
  return {
    swagger: '2.0',
    info: { title: 'Stowage', version: serverVersion },
    paths,
    definitions: definitions.toJson(),
  };
}
