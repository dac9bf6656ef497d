import { formatIpv4, formatIpv4Range, type Ipv4Range, sizeOfRange } from '../../api/networking/ipv4.ts';
import type { NetworkPlace } from './place.ts';

/** What the table of a cell is built for. */
export interface RulesPlace {
  readonly place: NetworkPlace;
  readonly nodeName: string;
  /** Of all pods, of this node's, and of services. */
  readonly pods: Ipv4Range;
  readonly ownPods: Ipv4Range;
  readonly services: Ipv4Range;
}

/** On packets whose answers must come back through this machine. One bit, so that marks of others stay. */
export const MASQUERADE_MARK = '0x00400000';
/** Maps from what a packet is sent to, to the chain that sends it on. */
export const SERVICE_IPS = 'service-ips';
export const NODE_PORTS = 'node-ports';
/** The same for ports that nobody serves: `goto refuse` or `goto discard`. */
export const UNSERVED_IPS = 'unserved-ips';
export const UNSERVED_PORTS = 'unserved-ports';
/** From pods of this machine of which policies speak, to the chain that lets pass what may come in to them, or go out of them. */
export const GUARDED_IN = 'guarded-in';
export const GUARDED_OUT = 'guarded-out';

const BY_ADDRESS = 'type ipv4_addr . inet_proto . inet_service : verdict;';
const BY_PORT = 'type inet_proto . inet_service : verdict;';
/** Answers, and a pod that reaches itself by a service: policies speak of neither. */
const LET_BE = `ct state established,related accept
    ip saddr . ip daddr @hairpins accept`;
const TO_ADDRESS = 'ip daddr . meta l4proto . th dport';
const TO_PORT = 'ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport';

/**
 * The table without services: what leaves pods and services is masqueraded, what nobody serves is refused, and the rest is looked up in
 * maps, in as many steps for a thousand services as for one. Replaces the whole table at once.
 */
export function baseRules({ place: { table, bridge }, pods, ownPods, services }: RulesPlace): string {
  const [podRange, ownRange, serviceRange] = [pods, ownPods, services].map(formatIpv4Range);
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  map ${SERVICE_IPS} { ${BY_ADDRESS} }
  map ${NODE_PORTS} { ${BY_PORT} }
  map ${UNSERVED_IPS} { ${BY_ADDRESS} }
  map ${UNSERVED_PORTS} { ${BY_PORT} }
  map ${GUARDED_IN} { type ipv4_addr : verdict; }
  map ${GUARDED_OUT} { type ipv4_addr : verdict; }
  # A pod that is sent to itself would take its own address for a stranger's.
  set hairpins { type ipv4_addr . ipv4_addr; elements = { ${hairpins(ownPods)} } }
  # Of messages that something is unreachable, the kernel sends a client few at a time.
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmp type port-unreachable
  }
  chain discard { drop; }
  chain services {
    ${TO_ADDRESS} vmap @${SERVICE_IPS}
    ${TO_PORT} vmap @${NODE_PORTS}
  }
  chain from-outside { type nat hook prerouting priority -100; jump services; }
  chain from-here { type nat hook output priority -100; jump services; }
  chain unserved {
    ${TO_ADDRESS} vmap @${UNSERVED_IPS}
    ip daddr ${serviceRange} goto refuse
  }
  # What the machine itself sends to pods, and they to it, does not come here.
  chain passing {
    type filter hook forward priority -5;
    ${LET_BE}
    jump unserved
    ip saddr vmap @${GUARDED_OUT}
  }
  chain guarding-in {
    type filter hook forward priority -4;
    ${LET_BE}
    ip daddr vmap @${GUARDED_IN}
  }
  chain leaving { type filter hook output priority -5; ct state new jump unserved; }
  chain arriving { type filter hook input priority -5; ct state new ${TO_PORT} vmap @${UNSERVED_PORTS}; }
  chain hidden {
    type nat hook postrouting priority 100;
    meta mark & ${MASQUERADE_MARK} != 0 meta mark set meta mark & 0xffbfffff masquerade
    ct status dnat ip saddr . ip daddr @hairpins masquerade
    ip saddr ${ownRange} ip daddr != { ${podRange}, ${serviceRange} } oifname != "${bridge}" masquerade
  }
}
`;
}

function hairpins(range: Ipv4Range): string {
  // Neither the network's own address nor the broadcast is a pod's.
  const addresses = Array.from({ length: sizeOfRange(range) - 2 }, (_, at) => formatIpv4(range.base + 1 + at));
  return addresses.map((address) => `${address} . ${address}`).join(', ');
}
