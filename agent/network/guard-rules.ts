import { type NetworkGuard, type NetworkPass, PORT_GROUP } from '../../proto/network.ts';
import { GUARDED_IN, GUARDED_OUT } from './base-rules.ts';
import type { Rules } from './rules.ts';

/** Rules for policies (Kubernetes docs, "Network Policies"). Pure. Names of the table that begin with a direction and a kind are ours. */

export type Direction = 'in' | 'out';

const NONE = { chains: new Map(), sets: new Map(), elements: new Map() } as const;

const policyChain = (direction: Direction, policy: string): string => `${direction}-policy/${policy}`;
const podChain = (direction: Direction, address: string): string => `${direction}-pod/${address}`;
const groupSet = (group: string): string => `group/${group}`;

/** Of one policy: chains that let pass what it allows, for each direction that it is about. */
export function policyRules({ namespace, name, ingress, egress }: NetworkGuard): Rules {
  const chains = new Map<string, readonly string[]>();
  const policy = `${namespace}/${name}`;
  if (ingress)
    chains.set(
      policyChain('in', policy),
      ingress.flatMap((pass) => passRules(pass, 'in')),
    );
  if (egress)
    chains.set(
      policyChain('out', policy),
      egress.flatMap((pass) => passRules(pass, 'out')),
    );
  return { ...NONE, chains };
}

function passRules({ group, block, except = [], ports, target }: NetworkPass, direction: Direction): string[] {
  const other = direction === 'in' ? 'ip saddr' : 'ip daddr';
  const ends = [
    ...(group ? [`${other} @${groupSet(group)}`] : []),
    ...(block ? [`${other} ${block}`] : []),
    ...(except.length > 0 ? [`${other} != { ${except.join(', ')} }`] : []),
  ];
  const to = target && `ip daddr . ${target.protocol.toLowerCase()} dport @${groupSet(target.group)}`;
  const destinations = to ? [to] : ports ? portMatches(ports) : [''];
  return destinations.map((destination) => [...ends, destination, 'accept'].filter(Boolean).join(' '));
}

/** One rule for each protocol. */
function portMatches(ports: NonNullable<NetworkPass['ports']>): string[] {
  return ['TCP', 'UDP', 'SCTP'].flatMap((protocol) => {
    const own = ports.filter((port) => port.protocol === protocol);
    if (own.length === 0) return [];
    const name = protocol.toLowerCase();
    if (own.some(({ first }) => first === undefined)) return [`meta l4proto ${name}`];
    const ranges = own.map(({ first = 0, last = first }): [number, number] => [first, last]);
    return [
      `${name} dport { ${merged(ranges)
        .map(([first, last]) => (first === last ? first : `${first}-${last}`))
        .join(', ')} }`,
    ];
  });
}

/** Intervals of one set must not overlap. */
function merged(ranges: readonly [number, number][]): [number, number][] {
  const all: [number, number][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const before = all.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else all.push([first, last]);
  }
  return all;
}

/** Of one pod of this machine: what no policy about it lets pass is dropped. */
export function podRules(address: string, policies: readonly NetworkGuard[]): Rules {
  const chains = new Map<string, readonly string[]>();
  const elements = new Map<string, string>();
  const guard = (direction: Direction, map: string, own: readonly NetworkGuard[]) => {
    if (own.length === 0) return;
    const chain = podChain(direction, address);
    const names = own.map(({ namespace, name }) => `${namespace}/${name}`).sort();
    chains.set(chain, [...names.map((name) => `jump ${policyChain(direction, name)}`), 'drop']);
    elements.set(`${map} ${address}`, `goto ${chain}`);
  };
  guard(
    'in',
    GUARDED_IN,
    policies.filter(({ ingress }) => ingress),
  );
  guard(
    'out',
    GUARDED_OUT,
    policies.filter(({ egress }) => egress),
  );
  return { ...NONE, chains, elements };
}

export function groupRules(group: string): Rules {
  const type = group.startsWith(PORT_GROUP) ? 'ipv4_addr . inet_service' : 'ipv4_addr';
  return { ...NONE, sets: new Map([[groupSet(group), `type ${type};`]]) };
}

/** `member`: an address, or `ADDRESS . PORT`. */
export const memberRules = (group: string, member: string): Rules => ({
  ...NONE,
  elements: new Map([[`${groupSet(group)} ${member}`, '']]),
});
