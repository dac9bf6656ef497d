import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { Counter, Gauge, type Registry } from '../../platform/metrics.ts';
import type { Change } from './cache.ts';
import type { CacheContents } from './cache-contents.ts';

/** `deployments.apps`, as kubectl names a resource. */
const labelOf = ({ group, plural }: ResourceDefinition): string => (group ? `${plural}.${group}` : plural);

/** Registers what the cache counts. Objects and revision are read when somebody asks for the metrics. */
export function cacheMetrics(
  registry: Registry,
  contents: () => CacheContents,
): { changed: (change: Change, resource: ResourceDefinition) => void } {
  const objects: Gauge<'resource'> = new Gauge({
    name: 'stowage_cache_objects',
    help: 'Objects in the watch cache.',
    labelNames: ['resource'],
    registers: [registry],
    collect: () => {
      for (const { resource, objects: held } of contents().collections)
        objects.set({ resource: labelOf(resource) }, held.size);
    },
  });
  const revision: Gauge = new Gauge({
    name: 'stowage_cache_revision',
    help: 'Revision of the store up to which the watch cache shows everything.',
    registers: [registry],
    collect: () => {
      revision.set(contents().revision);
    },
  });
  const seen = new Map<ResourceDefinition, Record<Change['type'], number>>();
  const events: Counter<'resource' | 'type'> = new Counter({
    name: 'stowage_cache_events_total',
    help: 'Changes of objects the watch cache has seen.',
    labelNames: ['resource', 'type'],
    registers: [registry],
    collect: () => {
      events.reset();
      for (const [resource, counts] of seen)
        for (const [type, count] of Object.entries(counts))
          if (count) events.inc({ resource: labelOf(resource), type }, count);
    },
  });
  return {
    changed({ type }, resource) {
      let counts = seen.get(resource);
      if (!counts) {
        counts = { added: 0, modified: 0, deleted: 0 };
        seen.set(resource, counts);
      }
      counts[type] += 1;
    },
  };
}
