import { formatIpv4, type Ipv4Range, inRange, parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { NetworkNode } from '../../proto/network.ts';
import { type NetworkPlace, tunnelMac } from './place.ts';

/** Marks our routes among those of others (rtnetlink(7), rtm_protocol: values from 5 on are free to use). */
export const ROUTE_PROTOCOL = 83;
const VXLAN_PORT = 8472;
/** What wrapping takes: outer IP, UDP, VXLAN and the inner Ethernet header. */
const VXLAN_OVERHEAD = 50;

/** What the links of this machine should be. */
export interface WantedLinks {
  readonly mode: string;
  readonly place: NetworkPlace;
  readonly pods: Ipv4Range;
  readonly own: NetworkNode;
  /** All other nodes. */
  readonly peers: readonly NetworkNode[];
  readonly uplink: Uplink;
}

/** The link that has the address under which other machines reach this one. */
export interface Uplink {
  readonly name: string;
  readonly mtu: number;
}

export interface FoundTunnel {
  readonly vni: number;
  readonly local: string;
  readonly port: number;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** `10.128.0.0/32`. */
  readonly addresses: readonly string[];
}

/** What they are. */
export interface FoundLinks {
  readonly tunnel: FoundTunnel | undefined;
  /** Ours: {@link ROUTE_PROTOCOL}. */
  readonly routes: readonly { readonly to: string; readonly via?: string; readonly device: string }[];
  readonly neighbours: readonly { readonly address: string; readonly mac: string }[];
  readonly forwards: readonly { readonly mac: string; readonly to: string }[];
  /** Links of pods, on the bridge, to which nothing goes that came from them: a service could not send a pod to itself. */
  readonly deafPorts: readonly string[];
}

/** Lines for `ip -batch` and `bridge -batch`, in order; the first before the second. */
export interface LinkSteps {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}

/** Of the pods' own links, too: what they send has to fit when it is wrapped. */
export const podMtu = (mode: string, uplink: Uplink): number =>
  mode === 'vxlan' ? uplink.mtu - VXLAN_OVERHEAD : uplink.mtu;

/**
 * What to do about the ways to other machines' pods; nothing where all is as it should be. VXLAN without learning: each node's range
 * begins with the address of its tunnel, from which the hardware address follows, so that nobody has to be asked for anything.
 */
export function planLinks(wanted: WantedLinks, found: FoundLinks): LinkSteps {
  const { ip, bridge } = wanted.mode === 'vxlan' ? planTunnel(wanted, found) : planRoutes(wanted, found);
  return { ip, bridge: [...found.deafPorts.map((port) => `link set dev ${port} hairpin on`), ...bridge] };
}

/** Takes away all that is ours. */
export function planRemoval(place: NetworkPlace, pods: Ipv4Range, found: FoundLinks): LinkSteps {
  const routes = ours(found, pods).map(({ to, device }) => `route del ${to} dev ${device} proto ${ROUTE_PROTOCOL}`);
  return { ip: [...routes, ...(found.tunnel ? [`link del ${place.tunnel}`] : [])], bridge: [] };
}

const baseOf = ({ podCidr }: NetworkNode): number => parseIpv4Range(podCidr)?.base ?? 0;

function planTunnel(wanted: WantedLinks, found: FoundLinks): LinkSteps {
  const { place, own, peers, pods } = wanted;
  const { steps, fresh } = planDevice(wanted, found.tunnel);
  // What hung on a link that is made anew is gone with it.
  const left = fresh ? { ...found, routes: [], neighbours: [], forwards: [] } : found;
  const dev = place.tunnel;
  const ends = peers
    .filter(({ name }) => name !== own.name)
    .map((peer) => ({ base: formatIpv4(baseOf(peer)), mac: tunnelMac(baseOf(peer)), ...peer }));
  const known = new Map(left.neighbours.map(({ address, mac }) => [address, mac]));
  const forwards = new Map(left.forwards.map(({ mac, to }) => [mac, to]));
  const wantedBases = new Set(ends.map(({ base }) => base));
  const wantedMacs = new Set(ends.map(({ mac }) => mac));
  return {
    ip: [
      ...steps,
      ...left.neighbours
        .filter(({ address }) => !wantedBases.has(address))
        .map(({ address }) => `neigh del ${address} dev ${dev}`),
      ...ends
        .filter(({ base, mac }) => known.get(base) !== mac)
        .map(({ base, mac }) => `neigh replace ${base} lladdr ${mac} dev ${dev} nud permanent`),
      ...routeSteps(
        ends.map(({ podCidr, base }) => ({ to: podCidr, via: base, device: dev, how: ' onlink' })),
        ours(left, pods),
      ),
    ],
    bridge: [
      ...left.forwards.filter(({ mac }) => !wantedMacs.has(mac)).map(({ mac }) => `fdb del ${mac} dev ${dev}`),
      ...ends
        .filter(({ mac, address }) => forwards.get(mac) !== address)
        .map(({ mac, address }) => `fdb replace ${mac} dev ${dev} dst ${address}`),
    ],
  };
}

function planDevice({ place, own, uplink }: WantedLinks, found: FoundTunnel | undefined) {
  const base = baseOf(own);
  const dev = place.tunnel;
  const mtu = podMtu('vxlan', uplink);
  const address = `${formatIpv4(base)}/32`;
  const isOurs =
    found?.vni === place.vni &&
    found.local === own.address &&
    found.port === VXLAN_PORT &&
    found.mac === tunnelMac(base) &&
    found.addresses.every((one) => one === address);
  const steps = isOurs
    ? [
        ...(found.mtu === mtu ? [] : [`link set ${dev} mtu ${mtu}`]),
        ...(found.addresses.length > 0 ? [] : [`address replace ${address} dev ${dev}`]),
        ...(found.up ? [] : [`link set ${dev} up`]),
      ]
    : [
        ...(found ? [`link del ${dev}`] : []),
        `link add ${dev} address ${tunnelMac(base)} mtu ${mtu} type vxlan id ${place.vni} local ${own.address} dstport ${VXLAN_PORT} nolearning`,
        `address replace ${address} dev ${dev}`,
        `link set ${dev} up`,
      ];
  return { steps, fresh: !isOurs || !found.up };
}

function planRoutes({ place, own, peers, pods, uplink }: WantedLinks, found: FoundLinks): LinkSteps {
  const routes = peers
    .filter(({ name }) => name !== own.name)
    .map(({ podCidr, address }) => ({ to: podCidr, via: address, device: uplink.name, how: '' }));
  return {
    ip: [...(found.tunnel ? [`link del ${place.tunnel}`] : []), ...routeSteps(routes, ours(found, pods))],
    bridge: [],
  };
}

interface Route {
  readonly to: string;
  readonly via: string;
  readonly device: string;
  readonly how: string;
}

function routeSteps(wanted: readonly Route[], found: FoundLinks['routes']): string[] {
  const there = new Map(found.map((route) => [route.to, route]));
  const destinations = new Set(wanted.map(({ to }) => to));
  return [
    ...found
      .filter(({ to }) => !destinations.has(to))
      .map(({ to, device }) => `route del ${to} dev ${device} proto ${ROUTE_PROTOCOL}`),
    ...wanted
      .filter(({ to, via, device }) => there.get(to)?.via !== via || there.get(to)?.device !== device)
      .map(({ to, via, device, how }) => `route replace ${to} via ${via} dev ${device}${how} proto ${ROUTE_PROTOCOL}`),
  ];
}

/** Other cells on the machine have routes of the same mark, to ranges of their own. */
const ours = ({ routes }: FoundLinks, pods: Ipv4Range): FoundLinks['routes'] =>
  routes.filter(({ to }) => {
    const range = parseIpv4Range(to.includes('/') ? to : `${to}/32`);
    return range !== undefined && inRange(pods, range.base);
  });
