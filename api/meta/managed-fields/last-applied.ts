import { isJsonObject, type JsonObject } from '../json.ts';
import type { ObjectMeta } from '../object.ts';
import type { TSchema } from '../schema.ts';
import { compare } from './compare.ts';
import { configurationFaults } from './configuration.ts';
import { difference, type FieldSet, NO_FIELDS, union } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';

/**
 * `kubectl apply` used to keep what it applied in an annotation. When it goes over to applying on the server's side, what it set before
 * is no conflict with itself, and the annotation follows, so that it can go back (Kubernetes docs, "Server-Side Apply", upgrading).
 */

/** The one manager that is kubectl unless told otherwise. */
export const KUBECTL = 'kubectl';
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

interface Annotated extends JsonObject {
  metadata?: ObjectMeta;
}

/** Fields of the last applied configuration that the object still has as they were applied. */
export function allowedByLastApplied(schema: TSchema, live: Annotated, apiVersion: string): FieldSet {
  const applied = parse(live.metadata?.annotations?.[LAST_APPLIED]);
  if (applied?.apiVersion !== apiVersion || configurationFaults(schema, applied).length > 0) return NO_FIELDS;
  const { added, modified, removed } = compare(schema, applied, live);
  return difference(fieldsOf(schema, applied, 'named'), union(union(added, modified), removed));
}

function parse(text: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = text && JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The object with the annotation, where it has one, made to say what was applied now. */
export function followLastApplied(object: Annotated, configuration: JsonObject): JsonObject {
  const annotations = object.metadata?.annotations;
  if (!annotations?.[LAST_APPLIED]) return object;
  const text = `${JSON.stringify(withoutAnnotation(configuration))}\n`;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } } };
}

function withoutAnnotation(configuration: JsonObject): JsonObject {
  const { metadata } = configuration;
  if (!isJsonObject(metadata) || !isJsonObject(metadata.annotations)) return configuration;
  const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations;
  return { ...configuration, metadata: { ...metadata, annotations } };
}
