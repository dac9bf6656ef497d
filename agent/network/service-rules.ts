import { formatIpv4Range } from '../../api/networking/ipv4.ts';
import type { NetworkEndpoint, NetworkService, NetworkServicePort, NetworkSlice } from '../../proto/network.ts';
import {
  MASQUERADE_MARK,
  NODE_PORTS,
  type RulesPlace,
  SERVICE_IPS,
  UNSERVED_IPS,
  UNSERVED_PORTS,
} from './base-rules.ts';
import type { Rules } from './rules.ts';

/** Where traffic of one port of a service may go. */
interface Target {
  readonly address: string;
  readonly port: number;
}

interface Draft {
  readonly chains: Map<string, readonly string[]>;
  readonly sets: Map<string, string>;
  readonly elements: Map<string, string>;
  readonly udpEnds: Set<string>;
}

const MASQUERADE = `meta mark set meta mark | ${MASQUERADE_MARK}`;

/**
 * The rules of one service (Kubernetes docs, "Virtual IPs and Service Proxies"): for each of its ports, chains that draw an endpoint, and
 * the addresses and ports that lead to them. Pure, and of nothing but this service, so that a change costs what it changes.
 */
export function serviceRules(service: NetworkService, slices: readonly NetworkSlice[], place: RulesPlace): Rules {
  const draft: Draft = { chains: new Map(), sets: new Map(), elements: new Map(), udpEnds: new Set() };
  for (const port of service.ports) addPort(draft, service, port, endpointsOf(port, slices), place);
  return draft;
}

type Reached = NetworkEndpoint & Target;

function endpointsOf({ name, protocol }: NetworkServicePort, slices: readonly NetworkSlice[]): Reached[] {
  const found = new Map<string, Reached>();
  for (const { ports, endpoints } of slices) {
    for (const { port } of ports.filter((each) => each.name === name && each.protocol === protocol)) {
      for (const endpoint of endpoints) found.set(`${endpoint.address}:${port}`, { ...endpoint, port });
    }
  }
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port));
}

/** Those that are ready; where there are none, those that are ending and still serve ("Traffic from terminating endpoints"). */
function usable(endpoints: readonly Reached[]): readonly Target[] {
  const ready = endpoints.filter(({ state }) => state === undefined);
  return ready.length > 0 ? ready : endpoints.filter(({ state }) => state === 'ending');
}

function addPort(
  draft: Draft,
  service: NetworkService,
  port: NetworkServicePort,
  endpoints: readonly Reached[],
  place: RulesPlace,
): void {
  const l4 = port.protocol.toLowerCase();
  const base = `${service.namespace}/${service.name}/${l4}/${port.port}`;
  const everywhere = usable(endpoints);
  if (port.protocol === 'UDP') for (const end of everywhere) draft.udpEnds.add(`${end.address}:${end.port}`);
  const here = usable(endpoints.filter(({ node }) => node === place.nodeName));
  const pods = formatIpv4Range(place.pods);
  const pick = (kind: string, targets: readonly Target[]) => picking(draft, service, `${base}/${kind}`, l4, targets);
  const lead = (map: [served: string, unserved: string], key: string, chain: string | undefined) => {
    const dead = everywhere.length === 0 ? 'goto refuse' : 'goto discard';
    draft.elements.set(`${chain ? map[0] : map[1]} ${key}`, chain ? `goto ${chain}` : dead);
  };
  const add = (kind: string, rules: readonly string[]): string => {
    draft.chains.set(`${kind}/${base}`, rules);
    return `${kind}/${base}`;
  };
  if (service.clusterIp) {
    const targets = service.internalLocal ? here : everywhere;
    // Who is no pod may have an address that the endpoint's machine would answer another way.
    const chain =
      targets.length > 0 ? add('in', [`ip saddr != ${pods} ${MASQUERADE}`, ...pick('in', targets)]) : undefined;
    lead([SERVICE_IPS, UNSERVED_IPS], `${service.clusterIp} . ${l4} . ${port.port}`, chain);
  }
  const outer = [...(service.externalIps ?? []), ...(service.balancerIps ?? [])];
  if (outer.length === 0 && !port.nodePort) return;
  const outside = everywhere.length === 0 ? undefined : addOutside(add, pick, service, { everywhere, here, pods });
  for (const ip of service.externalIps ?? []) {
    lead([SERVICE_IPS, UNSERVED_IPS], `${ip} . ${l4} . ${port.port}`, outside);
  }
  const ranges = service.sourceRanges?.join(', ');
  const guarded = outside && ranges ? add('lb', [`ip saddr != { ${ranges} } drop`, `goto ${outside}`]) : outside;
  for (const ip of service.balancerIps ?? []) {
    lead([SERVICE_IPS, UNSERVED_IPS], `${ip} . ${l4} . ${port.port}`, guarded);
  }
  if (port.nodePort) lead([NODE_PORTS, UNSERVED_PORTS], `${l4} . ${port.nodePort}`, outside);
}

type Add = (kind: string, rules: readonly string[]) => string;
type Pick = (kind: string, targets: readonly Target[]) => string[];
interface Ends {
  readonly everywhere: readonly Target[];
  readonly here: readonly Target[];
  readonly pods: string;
}

/**
 * With policy Local, traffic from outside stays on this machine and keeps its source ("Traffic policies"); that from pods and from the
 * machine itself counts as inside.
 */
function addOutside(add: Add, pick: Pick, service: NetworkService, { everywhere, here, pods }: Ends): string {
  if (!service.externalLocal) return add('out', [MASQUERADE, ...pick('out', everywhere)]);
  const inside = add('all', pick('all', everywhere));
  return add('out', [
    `ip saddr ${pods} goto ${inside}`,
    `fib saddr type local ${MASQUERADE} goto ${inside}`,
    ...(here.length > 0 ? pick('out', here) : ['drop']),
  ]);
}

/** Rules that send a new connection to one of the targets, each as likely; with affinity, to the one that its client had last. */
function picking(
  draft: Draft,
  { affinitySeconds }: NetworkService,
  name: string,
  l4: string,
  targets: readonly Target[],
): string[] {
  if (affinitySeconds !== undefined) return sticking(draft, affinitySeconds, name, l4, targets);
  const places = targets.map(({ address, port }) => `${address} . ${port}`);
  if (places.length === 1) return [`meta l4proto ${l4} dnat to ${targets[0]?.address}:${targets[0]?.port}`];
  const numbered = places.map((place, index) => `${index} : ${place}`).join(', ');
  return [`meta l4proto ${l4} dnat ip to numgen random mod ${places.length} map { ${numbered} }`];
}

/** Each target has a set of those who are with it, and a chain that puts them there. */
function sticking(draft: Draft, seconds: number, name: string, l4: string, targets: readonly Target[]): string[] {
  const chains = targets.map(({ address, port }) => {
    const [set, chain] = [`with/${name}/${address}/${port}`, `to/${name}/${address}/${port}`];
    draft.sets.set(set, `type ipv4_addr; flags dynamic, timeout; timeout ${seconds}s; size 65535;`);
    draft.chains.set(chain, [`update @${set} { ip saddr }`, `meta l4proto ${l4} dnat to ${address}:${port}`]);
    return { set, chain };
  });
  const draw = chains.map(({ chain }, index) => `${index} : goto ${chain}`).join(', ');
  return [
    ...chains.map(({ set, chain }) => `ip saddr @${set} goto ${chain}`),
    `numgen random mod ${chains.length} vmap { ${draw} }`,
  ];
}
