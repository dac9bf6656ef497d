import type { Pod } from '../../../api/core/pod.ts';
import type { Service, ServicePort } from '../../../api/core/service.ts';
import { isHeadless } from '../../../api/core/service-defaults.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Change } from '../../store/cache.ts';
import { isFinished, isReady, isTerminating } from '../pods/pod-state.ts';

/** What a pod is to a service that selects it (Kubernetes docs, "Service" and "EndpointSlices"). */

export type Family = 'IPv4' | 'IPv6';

/** A port as the pod has it. */
export interface BackendPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol?: string;
}

/** The address of the pod that the family asks for; none of a pod that has ended, or has no such address (yet). */
export function addressOf(pod: Pod, family: Family): string | undefined {
  if (isFinished(pod)) return undefined;
  const { podIP, podIPs = [] } = pod.status ?? {};
  return [...podIPs.map(({ ip }) => ip), podIP].find((ip) => ip && ip.includes(':') === (family === 'IPv6'));
}

export const familiesOf = ({ spec }: Service): readonly Family[] => {
  const [first, ...others] = spec?.ipFamilies ?? [];
  return first ? [first, ...others] : ['IPv4'];
};

/**
 * The ports of the service on this pod. A port that is named and that no container of the pod declares is left out; `undefined` where
 * that leaves none, so that the pod cannot be reached. A headless service may have no ports to begin with.
 */
export function portsOf({ spec }: Service, pod: Pod): BackendPort[] | undefined {
  const wanted = spec?.ports ?? [];
  if (wanted.length === 0) return spec && isHeadless(spec) ? [] : undefined;
  const found = wanted.flatMap((port) => {
    const number = portNumber(port, pod);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return [{ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
  return found.length > 0 ? found : undefined;
}

function portNumber({ port, targetPort = port, protocol = 'TCP' }: ServicePort, { spec }: Pod): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const declared = [...(spec?.containers ?? []), ...sidecars].flatMap(({ ports = [] }) => ports);
  const meant = declared.find((each) => each.name === targetPort && (each.protocol ?? 'TCP') === protocol);
  return meant?.containerPort;
}

/** Set where the pod has a name of its own within the domain of the service. */
export function hostnameIn(service: Service, { spec }: Pod): { hostname?: string } {
  const named = spec?.hostname && spec.subdomain === metaOf(service).name;
  return named ? { hostname: spec.hostname } : {};
}

export const referenceTo = (pod: Pod) => {
  const { namespace, name, uid } = metaOf(pod);
  return { kind: 'Pod', namespace, name, uid };
};

/** Whether a change of a pod other than of its labels shows behind a service. */
export function showsOtherwise({ object, previous }: Change<Pod>): boolean {
  return (
    !previous ||
    metaOf(object).uid !== metaOf(previous).uid ||
    object.status?.podIP !== previous.status?.podIP ||
    object.status?.podIPs?.length !== previous.status?.podIPs?.length ||
    object.spec?.nodeName !== previous.spec?.nodeName ||
    isReady(object) !== isReady(previous) ||
    isFinished(object) !== isFinished(previous) ||
    isTerminating(object) !== isTerminating(previous)
  );
}
