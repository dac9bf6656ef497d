import type { EndpointAddress, EndpointSubset } from '../../../api/core/endpoints.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { Service } from '../../../api/core/service.ts';
import { canonicalJson } from '../kit/canonical-json.ts';
import { isReady, isTerminating } from '../pods/pod-state.ts';
import { addressOf, type BackendPort, familiesOf, hostnameIn, portsOf, referenceTo } from './backend.ts';

/** As in Kubernetes; beyond that clients have to read EndpointSlices. */
export const MAX_ADDRESSES = 1000;

interface Group {
  readonly ports: BackendPort[];
  readonly ready: EndpointAddress[];
  readonly notReady: EndpointAddress[];
}

/**
 * The addresses of the service's pods, those with the same ports together, in an order that depends on nothing but them. Of the first
 * {@link MAX_ADDRESSES}, ready ones go before the others.
 */
export function subsetsOf(
  service: Service,
  selected: readonly Pod[],
): { subsets: EndpointSubset[]; truncated: boolean } {
  const groups = groupByPorts(service, selected);
  const count = groups.reduce((sum, { ready, notReady }) => sum + ready.length + notReady.length, 0);
  let room = MAX_ADDRESSES;
  const take = (addresses: EndpointAddress[]): EndpointAddress[] => {
    const taken = addresses.slice(0, room);
    room -= taken.length;
    return taken;
  };
  const ready = groups.map((group) => take(group.ready));
  const notReady = groups.map((group) => take(group.notReady));
  const subsets = groups.map(({ ports }, index) => subset(ready[index] ?? [], notReady[index] ?? [], ports));
  const filled = subsets.filter(({ addresses, notReadyAddresses }) => addresses || notReadyAddresses);
  return { subsets: filled, truncated: count > MAX_ADDRESSES };
}

const subset = (
  addresses: EndpointAddress[],
  notReadyAddresses: EndpointAddress[],
  ports: BackendPort[],
): EndpointSubset => ({
  ...(addresses.length > 0 && { addresses }),
  ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
  ...(ports.length > 0 && { ports: ports.map(asPort) }),
});

/** The name of a service's only port may be empty; here that is said by leaving it out. */
const asPort = ({ name, ...rest }: BackendPort) => ({ ...(name && { name }), ...rest });

function groupByPorts(service: Service, selected: readonly Pod[]): Group[] {
  const groups = new Map<string, Group>();
  const alsoNotReady = service.spec?.publishNotReadyAddresses ?? false;
  for (const pod of selected) {
    const address = addressIn(service, pod);
    const ports = address && portsOf(service, pod);
    if (!ports || (isTerminating(pod) && !alsoNotReady)) continue;
    const key = canonicalJson(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    (alsoNotReady || isReady(pod) ? group.ready : group.notReady).push(address);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  for (const { ready, notReady } of sorted) for (const list of [ready, notReady]) list.sort(byAddress);
  return sorted;
}

function addressIn(service: Service, pod: Pod): EndpointAddress | undefined {
  const ip = addressOf(pod, familiesOf(service)[0] ?? 'IPv4');
  const nodeName = pod.spec?.nodeName;
  return ip
    ? { ip, ...hostnameIn(service, pod), ...(nodeName && { nodeName }), targetRef: referenceTo(pod) }
    : undefined;
}

const orderKey = ({ ip, targetRef }: EndpointAddress): string => `${ip} ${targetRef?.uid ?? ''}`;
const byAddress = (a: EndpointAddress, b: EndpointAddress): number => (orderKey(a) < orderKey(b) ? -1 : 1);
