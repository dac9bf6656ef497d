import { nodes } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { Service } from '../../../api/core/service.ts';
import type { Endpoint, EndpointPort } from '../../../api/discovery/endpoint-slice.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { addressOf, type Family, hostnameIn, portsOf, referenceTo } from '../endpoints/backend.ts';
import { canonicalJson } from '../kit/canonical-json.ts';
import { isReady, isTerminating } from '../pods/pod-state.ts';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Backends that share a slice, or several, since they have the same ports. */
export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  /** By the uid of their pod. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

/** Stands for a list of ports, whatever their order. */
export const portsKey = (ports: readonly EndpointPort[] | undefined): string =>
  (ports ?? []).map(canonicalJson).sort().join();

/** The backends of a service in one family of addresses, by {@link portsKey}. */
export function portGroups(
  view: CacheReader,
  service: Service,
  selected: readonly Pod[],
  family: Family,
): Map<string, PortGroup> {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Map<string, Endpoint> }>();
  for (const pod of selected) {
    const address = addressOf(pod, family);
    const ports = address && portsOf(service, pod);
    if (!ports) continue;
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    group.endpoints.set(metaOf(pod).uid ?? '', endpointOf(view, service, pod, address));
  }
  return groups;
}

/** Kubernetes docs, "EndpointSlices", conditions: what is ending is not ready, unless readiness is of no interest. */
function endpointOf(view: CacheReader, service: Service, pod: Pod, address: string): Endpoint {
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const ready = (service.spec?.publishNotReadyAddresses ?? false) || (serving && !terminating);
  const nodeName = pod.spec?.nodeName;
  const node = nodeName ? view.get(nodes, undefined, nodeName) : undefined;
  const zone = node && metaOf(node).labels?.[ZONE_LABEL];
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(ready && hintsOf(service, nodeName, zone)),
    ...hostnameIn(service, pod),
    ...(nodeName && { nodeName }),
    targetRef: referenceTo(pod),
    ...(zone && { zone }),
  };
}

/** Who should use the endpoint, where the service wishes traffic to stay near (Kubernetes docs, "Service", traffic distribution). */
function hintsOf(service: Service, node: string | undefined, zone: string | undefined): Pick<Endpoint, 'hints'> {
  const wish = service.spec?.trafficDistribution;
  if (!wish) return {};
  const forNodes = wish === 'PreferSameNode' && node ? { forNodes: [{ name: node }] } : {};
  const forZones = zone ? { forZones: [{ name: zone }] } : {};
  const hints = { ...forNodes, ...forZones };
  return Object.keys(hints).length > 0 ? { hints } : {};
}
