import { type Service, services } from '../../../api/core/service.ts';
import { isHeadless } from '../../../api/core/service-defaults.ts';
import { isSameResource, type ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiObject } from '../../../api/meta/object.ts';

/** What a service has that no other may have: addresses of the cell (`10.144.0.10`), and ports of all machines (`30080`). Pure. */
export function holdingsOf({ spec = {}, status }: Service): string[] {
  const ips = spec.type === 'ExternalName' || isHeadless(spec) ? [] : (spec.clusterIPs ?? []);
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  const ports = (spec.ports ?? []).flatMap(({ nodePort }) => nodePort || []);
  return [...new Set([...ips, ...balanced, ...ports.map(String), String(spec.healthCheckNodePort || '')])].filter(
    Boolean,
  );
}

/** Keys that stand in the store for as long as an object has what they name; each is put only where it is absent. */
export interface Claims {
  /** Whether objects of this kind have any. */
  isAbout(resource: ResourceDefinition<never>): boolean;
  keysOf(resource: ResourceDefinition<never>, object: ApiObject): readonly string[];
}

const PREFIX = '/network/held/';

/** Two masters that give the same address at the same moment both put its key, and one of the commits fails. */
export const serviceClaims: Claims = {
  isAbout: (resource) => isSameResource(resource, services),
  keysOf: (resource, object) =>
    isSameResource(resource, services) ? holdingsOf(object as Service).map((held) => `${PREFIX}${held}`) : [],
};
