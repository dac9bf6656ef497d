import { stringify } from 'yaml';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { rowOf, type TableOptions, tableOf } from '../../api/meta/table.ts';
import { JSON_TYPE, type Piece, type PiecesAnswer, type WholeAnswer, YAML_TYPE } from './answer.ts';
import type { ApiContext, ResourceCall } from './context.ts';
import { type JsonList, jsonPieces, yamlPieces } from './list-pieces.ts';
import { negotiate, type Representation } from './negotiation.ts';
import {
  listBytes,
  objectBytes,
  PROTOBUF_TYPE,
  type ProtobufForm,
  partialForm,
  protobuf,
  wholeForm,
} from './protobuf-form.ts';
import { servedForms } from './versions.ts';

/** Objects and lists in the form a client asked for. An object's own JSON is made once per revision and only joined here. */

/** What a list says about itself. */
export interface ListMeta {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** `object` is in the form that is kept; what is shown is in the form of the call's version. */
export async function renderObject(
  context: ApiContext,
  call: ResourceCall,
  object: ApiObject,
  code = 200,
): Promise<WholeAnswer> {
  const representation = negotiate(call, 'one');
  const [served = object] = await servedForms(call.resource, [object]);
  const form = protobufForm(call.resource, representation);
  if (form) return protobuf(code, objectBytes(form, served));
  return encode(call, representation, code, objectBody(context, call, representation, served));
}

/** As `renderObject`, of many. */
export async function renderList(
  context: ApiContext,
  call: ResourceCall,
  objects: readonly ApiObject[],
  meta: ListMeta,
): Promise<PiecesAnswer> {
  const representation = negotiate(call, 'many');
  const { stored } = call.resource;
  const convert = stored ? stored.convert : undefined;
  const served = convert ? await convert(objects, 'served') : inVersion(stored, objects);
  const form = protobufForm(call.resource, representation);
  if (form) return pieces(PROTOBUF_TYPE, listBytes(form, served, meta));
  const list = listOf(context, call, representation, served, meta);
  if (representation.encoding === 'yaml') return pieces(YAML_TYPE, yamlPieces(list));
  return pieces(JSON_TYPE, jsonPieces(list, call.query.get('pretty') === 'true'));
}

const pieces = (contentType: string, made: Iterable<Piece>): PiecesAnswer => ({
  type: 'pieces',
  code: 200,
  contentType,
  pieces: made,
});

function* inVersion(stored: ResourceDefinition['stored'], objects: Iterable<ApiObject>): Generator<ApiObject> {
  for (const object of objects) yield stored ? stored.fromStored(object) : object;
}

/** Undefined where the answer is not in protobuf. */
export function protobufForm(
  resource: ResourceDefinition,
  { encoding, form }: Representation,
): ProtobufForm | undefined {
  if (encoding !== 'protobuf' || form.as === 'table') return undefined;
  if (form.as === 'partial') return partialForm(form.version);
  return wholeForm({ apiVersion: apiVersionOf(resource), kind: resource.kind });
}

function objectBody(context: ApiContext, call: ResourceCall, { form }: Representation, object: ApiObject): string {
  switch (form.as) {
    case 'object':
      return context.cache.json(object);
    case 'partial':
      return JSON.stringify(partialOf(object, form.version));
    case 'table': {
      const resourceVersion = object.metadata?.resourceVersion;
      return tableBody(call, form.version, [object], context.clock.now(), { resourceVersion });
    }
  }
}

/** A list, or a Table of it. */
function listOf(
  context: ApiContext,
  call: ResourceCall,
  { form }: Representation,
  objects: Iterable<ApiObject>,
  meta: ListMeta,
): JsonList {
  const { resource } = call;
  switch (form.as) {
    case 'object': {
      const shell = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata: meta, items: [] };
      return { shell, texts: textsOf(objects, (object) => context.cache.json(object)) };
    }
    case 'partial': {
      const apiVersion = `meta.k8s.io/${form.version}`;
      const shell = { kind: 'PartialObjectMetadataList', apiVersion, metadata: meta, items: [] };
      return { shell, texts: textsOf(objects, (object) => JSON.stringify(partialOf(object, form.version))) };
    }
    case 'table': {
      const nowMs = context.clock.now();
      const options = { includeObject: includeObject(call.query) };
      const shell = tableFor(resource, form.version, [], nowMs, { ...meta, ...options });
      return { shell, texts: textsOf(objects, (object) => JSON.stringify(rowOf(resource, object, nowMs, options))) };
    }
  }
}

function* textsOf(objects: Iterable<ApiObject>, text: (object: ApiObject) => string): Generator<string> {
  for (const object of objects) yield text(object);
}

export const partialOf = (object: ApiObject, version: string) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
});

/** What `includeObject` asks for; a Table's rows carry metadata unless told otherwise. */
export function includeObject(query: URLSearchParams): TableOptions['includeObject'] {
  const value = query.get('includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}

function tableBody(
  call: ResourceCall,
  version: string,
  objects: readonly ApiObject[],
  nowMs: number,
  meta: ListMeta,
): string {
  return JSON.stringify(
    tableFor(call.resource, version, objects, nowMs, { ...meta, includeObject: includeObject(call.query) }),
  );
}

export function tableFor(
  resource: ResourceDefinition,
  version: string,
  objects: readonly ApiObject[],
  nowMs: number,
  options: TableOptions,
) {
  return { ...tableOf(resource, objects, nowMs, options), apiVersion: `meta.k8s.io/${version}` };
}

function encode(call: ResourceCall, { encoding }: Representation, code: number, body: string): WholeAnswer {
  if (encoding === 'yaml') {
    return {
      type: 'whole',
      code,
      contentType: YAML_TYPE,
      body: stringify(JSON.parse(body), { aliasDuplicateObjects: false }),
    };
  }
  const pretty = call.query.get('pretty') === 'true';
  const shown = pretty ? `${JSON.stringify(JSON.parse(body), null, 2)}\n` : body;
  return { type: 'whole', code, contentType: JSON_TYPE, body: shown };
}
