import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { isHeadless } from '../../api/core/service-defaults.ts';
import { type Endpoint, type EndpointSlice, SERVICE_NAME_LABEL } from '../../api/discovery/endpoint-slice.ts';
import { metaOf } from '../../api/meta/object.ts';
import { parseIpv4 } from '../../api/networking/ipv4.ts';
import type { NetworkEndpoint, NetworkNode, NetworkService, NetworkSlice, NetworkTask } from '../../proto/network.ts';

/** What agents are told of each object that bears on the network; undefined: nothing. Pure. */

const isIpv4 = (address: string | undefined): address is string =>
  address !== undefined && parseIpv4(address) !== undefined;
/** Absent rather than empty: what goes to every agent is short. */
const some = <T>(items: readonly T[] | undefined): readonly T[] | undefined => (items?.length ? items : undefined);

export function toldOfNode(node: Node): NetworkNode | undefined {
  const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  const podCidr = node.spec?.podCIDR;
  return isIpv4(address) && podCidr ? { name: metaOf(node).name ?? '', address, podCidr } : undefined;
}

export function toldOfService(service: Service): NetworkService {
  const { namespace = '', name = '' } = metaOf(service);
  const spec = service.spec ?? {};
  const isBalanced = spec.type === 'LoadBalancer';
  const balancerIps = (service.status?.loadBalancer?.ingress ?? [])
    .filter(({ ipMode }) => ipMode !== 'Proxy')
    .flatMap(({ ip }) => (isIpv4(ip) ? [ip] : []));
  return {
    namespace,
    name,
    clusterIp: isHeadless(spec) || !isIpv4(spec.clusterIP) ? undefined : spec.clusterIP,
    externalName: spec.type === 'ExternalName' ? spec.externalName : undefined,
    ports: (spec.ports ?? []).map(({ name: of = '', protocol = 'TCP', port, nodePort }) => ({
      ...{ name: of, protocol, port },
      nodePort: nodePort || undefined,
    })),
    externalIps: some(spec.externalIPs?.filter(isIpv4)),
    balancerIps: isBalanced ? some(balancerIps) : undefined,
    sourceRanges: isBalanced ? some(spec.loadBalancerSourceRanges) : undefined,
    affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds,
    internalLocal: spec.internalTrafficPolicy === 'Local' || undefined,
    externalLocal: spec.externalTrafficPolicy === 'Local' || undefined,
    publishNotReady: spec.publishNotReadyAddresses || undefined,
    healthPort: spec.healthCheckNodePort || undefined,
  };
}

export function toldOfSlice(slice: EndpointSlice): NetworkSlice | undefined {
  const { namespace = '', labels = {} } = metaOf(slice);
  const service = labels[SERVICE_NAME_LABEL];
  if (!service || slice.addressType !== 'IPv4') return undefined;
  return {
    namespace,
    service,
    ports: (slice.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port }) => {
      return port === undefined ? [] : [{ name, protocol, port }];
    }),
    endpoints: slice.endpoints.flatMap(toldOfEndpoint),
  };
}

function toldOfEndpoint({ addresses, nodeName, hostname, conditions = {} }: Endpoint): NetworkEndpoint[] {
  const [address] = addresses;
  if (!isIpv4(address)) return [];
  const isReady = conditions.ready ?? true;
  const isEnding = conditions.terminating === true && (conditions.serving ?? false);
  const state = isReady ? undefined : isEnding ? ('ending' as const) : ('unready' as const);
  return [{ address, node: nodeName, hostname, state }];
}

/** Labels that number the pods of a Job and of a StatefulSet (Kubernetes docs, "Well-Known Labels"). */
const INDEX_LABELS = ['batch.kubernetes.io/job-completion-index', 'apps.kubernetes.io/pod-index'];

/** Whether the pod has a number among its like. Cheap: asked of every change of a pod. */
export function toldOfTask({ metadata, status }: Pod): NetworkTask | undefined {
  const index = INDEX_LABELS.map((label) => metadata?.labels?.[label]).find((value) => value !== undefined);
  const job = index === undefined ? undefined : metadata?.ownerReferences?.find(({ controller }) => controller)?.name;
  const address = status?.podIP;
  if (job === undefined || !isIpv4(address) || status?.phase !== 'Running') return undefined;
  return { namespace: metadata?.namespace ?? '', job, index: Number(index), address };
}
