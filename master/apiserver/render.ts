import { stringify } from 'yaml';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { type TableOptions, tableOf } from '../../api/meta/table.ts';
import { JSON_TYPE, type WholeAnswer, YAML_TYPE } from './answer.ts';
import type { ApiContext, ResourceCall } from './context.ts';
import { negotiate, type Representation } from './negotiation.ts';
import { listBytes, objectBytes, type ProtobufForm, partialForm, protobuf, wholeForm } from './protobuf-form.ts';
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
): Promise<WholeAnswer> {
  const representation = negotiate(call, 'many');
  const served = await servedForms(call.resource, objects);
  const form = protobufForm(call.resource, representation);
  if (form) return protobuf(200, listBytes(form, served, meta));
  return encode(call, representation, 200, listBody(context, call, representation, served, meta));
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

function listBody(
  context: ApiContext,
  call: ResourceCall,
  { form }: Representation,
  objects: readonly ApiObject[],
  meta: ListMeta,
): string {
  switch (form.as) {
    case 'object': {
      const items = objects.map((object) => context.cache.json(object));
      return joinList(`${call.resource.kind}List`, apiVersionOf(call.resource), meta, items);
    }
    case 'partial': {
      const items = objects.map((object) => JSON.stringify(partialOf(object, form.version)));
      return joinList('PartialObjectMetadataList', `meta.k8s.io/${form.version}`, meta, items);
    }
    case 'table':
      return tableBody(call, form.version, objects, context.clock.now(), meta);
  }
}

function joinList(kind: string, apiVersion: string, meta: ListMeta, items: readonly string[]): string {
  const head = JSON.stringify({ kind, apiVersion, metadata: meta }).slice(0, -1);
  return `${head},"items":[${items.join(',')}]}`;
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
