import type { ApiObject } from '../../api/meta/object.ts';
import { sorted } from '../sorted.ts';
import type { JsonObject } from './three-way.ts';

/** Where `kubectl apply` keeps what it applied last. Sharing it lets both tools manage one object. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object as it is sent: with itself, less this annotation, in the annotation. */
export function withLastApplied<T extends ApiObject>(object: T): T & AppliedObject {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata?.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  // In key order, as kubectl writes it: a file whose keys changed places has not changed.
  const text = `${JSON.stringify(sorted(bare))}\n`;
  return { ...bare, metadata: { ...bare.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } } };
}

export interface AppliedObject {
  metadata: { annotations: Record<string, string> };
}

/** What the live object remembers of the last apply; `undefined` when it was never applied. */
export function lastApplied(object: ApiObject): JsonObject | undefined {
  const text = object.metadata?.annotations?.[LAST_APPLIED];
  if (!text) return undefined;
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    // Somebody edited the annotation: as if it had never been applied.
    return undefined;
  }
}
