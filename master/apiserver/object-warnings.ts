import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';

/**
 * What to tell whoever wrote an object, as it was stored. An update that leaves what is desired as it was (labels, say) says
 * nothing anew: whoever set it was told. `previous` is the object before an update.
 */
export function objectWarnings(resource: ResourceDefinition, stored: ApiObject, previous?: ApiObject): string[] {
  const generation = stored.metadata?.generation;
  if (previous && generation !== undefined && previous.metadata?.generation === generation) return [];
  return resource.warnings?.(stored) ?? [];
}
