import { decode } from '../../api/meta/decode.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { badRequest, invalid } from '../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { isJson, parseBody } from './body.ts';
import { nameIn, type ResourceCall } from './context.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import type { FieldValidation } from './query-options.ts';

/** The value in the body of a call, whatever its encoding. */
export const bodyOf = (call: ResourceCall): unknown => parseBody(call.headers['content-type'], call.body);

/** The object in the body of a call. Keys that stand twice are faults like unknown fields, in JSON; errors as of `decodeObject`. */
export function readObject(
  call: ResourceCall,
  fieldValidation: FieldValidation,
): { object: ApiObject; warnings: string[] } {
  const value = bodyOf(call);
  const isLookedAt = fieldValidation !== 'Ignore' && isJson(call.headers['content-type']);
  const duplicates = isLookedAt ? duplicateKeys(call.body, value) : [];
  return decodeObject(call, value, fieldValidation, duplicates);
}

/**
 * Decodes an object of the call's kind. Unknown fields are refused, warned about or passed over as `fieldValidation` says; values
 * outside a closed set are refused with 422.
 */
export function decodeObject(
  call: ResourceCall,
  value: unknown,
  fieldValidation: FieldValidation,
  duplicates: readonly string[] = [],
): { object: ApiObject; warnings: string[] } {
  const { resource } = call;
  const { object, unknown, unsupported } = decode(resource, value);
  const warnings = judgeUnknown(resource, unknown, fieldValidation, duplicates);
  if (unsupported.length > 0) throw invalid(resource, object.metadata?.name ?? '', unsupported);
  if (forgetsManagers(value)) metaOf(object).managedFields = [{}];
  return { object, warnings };
}

/** An empty account of managers asks to forget them, and no account says nothing; to a decoder both are the same. */
function forgetsManagers(value: unknown): boolean {
  const { managedFields } = (value as { metadata?: { managedFields?: unknown } }).metadata ?? {};
  return Array.isArray(managedFields) && managedFields.length === 0;
}

/** What to say about unknown fields, and about those that stand twice. Throws 400 where they are not tolerated (Kubernetes docs, "API concepts", field validation). */
export function judgeUnknown(
  resource: Pick<ResourceDefinition, 'kind' | 'version'>,
  unknown: readonly string[],
  fieldValidation: FieldValidation,
  duplicates: readonly string[] = [],
): string[] {
  if (unknown.length + duplicates.length === 0 || fieldValidation === 'Ignore') return [];
  const sentences = [
    ...unknown.map((path) => `unknown field "${path}"`),
    ...duplicates.map((path) => `duplicate field "${path}"`),
  ];
  if (fieldValidation === 'Warn') return sentences;
  const { kind, version } = resource;
  throw badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${sentences.join(', ')}`,
  );
}

/** Puts the path's namespace into the object, or throws 400 when the object names another. */
export function settleNamespace(call: ResourceCall, object: ApiObject): void {
  const meta = metaOf(object);
  const { namespace } = call.target;
  if (namespace === undefined) {
    delete meta.namespace;
  } else if (meta.namespace && meta.namespace !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request: ' +
        `the object says "${meta.namespace}", the path says "${namespace}"`,
    );
  } else {
    meta.namespace = namespace;
  }
}

/** Puts the path's name into the object, or throws 400 when the object names another. */
export function settleName(call: ResourceCall, object: ApiObject): void {
  const meta = metaOf(object);
  const name = nameIn(call);
  if (meta.name && meta.name !== name) {
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  }
  meta.name = name;
}
