import { createHash } from 'node:crypto';
import type { Pod } from '../../api/core/pod.ts';
import { metaOf } from '../../api/meta/object.ts';
import { type LabelQuery, type LabelSelector, labelQueryOf } from '../../api/meta/selector.ts';
import { parseIpv4, parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../api/networking/network-policy.ts';
import {
  type NetworkGuard,
  type NetworkMember,
  type NetworkPass,
  type NetworkProtocol,
  POD_GROUP,
  PORT_GROUP,
} from '../../proto/network.ts';

/** What agents are told of network policies (Kubernetes docs, "Network Policies"). Pure. */

/** Pods that a selector means; with a port, those of them that have one of that name. */
export interface GroupSpec {
  /** The namespace of the pods, or which namespaces they may be in. */
  readonly namespace?: string;
  readonly namespaces?: LabelSelector;
  readonly pods: LabelSelector;
  readonly port?: { readonly name: string; readonly protocol: NetworkProtocol };
}

export interface Guarding {
  readonly guard: NetworkGuard;
  /** The groups that it names. */
  readonly groups: ReadonlyMap<string, GroupSpec>;
}

export function guardingOf({ metadata, spec = {} }: NetworkPolicy): Guarding {
  const { namespace = '', name = '' } = metadata ?? {};
  const groups = new Map<string, GroupSpec>();
  const group = (wanted: GroupSpec): string => {
    const id = groupId(wanted);
    groups.set(id, wanted);
    return id;
  };
  const { policyTypes = ['Ingress'], ingress = [], egress = [] } = spec;
  const subject: GroupSpec = { namespace, pods: spec.podSelector ?? {} };
  const incoming = ({ from, ports }: (typeof ingress)[number]) =>
    passes({ peers: from, ports, namespace, group, named: (port) => ({ ...subject, port }) });
  const outgoing = ({ to, ports }: (typeof egress)[number]) =>
    passes({ peers: to, ports, namespace, group, named: (port, peer) => ({ ...(peer ?? EVERYBODY), port }) });
  const guard: NetworkGuard = {
    ...{ namespace, name, pods: group(subject), selector: subject.pods },
    ...(policyTypes.includes('Ingress') && { ingress: ingress.flatMap(incoming) }),
    ...(policyTypes.includes('Egress') && { egress: egress.flatMap(outgoing) }),
  };
  return { guard, groups };
}

const EVERYBODY: GroupSpec = { namespaces: {}, pods: {} };

type NamedPort = NonNullable<GroupSpec['port']>;

interface Rule {
  readonly peers: readonly NetworkPolicyPeer[] | undefined;
  readonly ports: readonly NetworkPolicyPort[] | undefined;
  readonly namespace: string;
  readonly group: (spec: GroupSpec) => string;
  /** Whose ports are meant where a port has a name; the peer, if it is one of pods. */
  readonly named: (port: NamedPort, peer: GroupSpec | undefined) => GroupSpec;
}

/** Without peers, everybody; without ports, all. */
function passes({ peers, ports, namespace, group, named }: Rule): NetworkPass[] {
  const numbers = (ports ?? []).filter(({ port }) => typeof port !== 'string');
  const names = (ports ?? []).filter(({ port }) => typeof port === 'string');
  const ends = peers?.length ? peers.flatMap((peer) => endOf(peer, namespace) ?? []) : [{}];
  return ends.flatMap(({ pods, ...range }: End): NetworkPass[] => {
    const end = { ...range, ...(pods && { group: group(pods) }) };
    if (!ports?.length) return [end];
    return [
      ...(numbers.length > 0 ? [{ ...end, ports: numbers.map(numbered) }] : []),
      ...names.map(({ port, protocol = 'TCP' }) => {
        const target = group(named({ name: String(port), protocol }, pods));
        return { ...end, target: { protocol, group: target } };
      }),
    ];
  });
}

interface End {
  readonly pods?: GroupSpec;
  readonly block?: string;
  readonly except?: readonly string[];
}

/** Undefined: no address that the cell knows is meant. */
function endOf(
  { ipBlock, namespaceSelector, podSelector = {} }: NetworkPolicyPeer,
  namespace: string,
): End | undefined {
  if (!ipBlock)
    return {
      pods: namespaceSelector ? { namespaces: namespaceSelector, pods: podSelector } : { namespace, pods: podSelector },
    };
  if (!isRange(ipBlock.cidr)) return undefined;
  const except = ipBlock.except?.filter(isRange);
  return { block: ipBlock.cidr, ...(except?.length && { except }) };
}

const isRange = (text: string): boolean => parseIpv4Range(text) !== undefined;

const numbered = ({ port, endPort, protocol = 'TCP' }: NetworkPolicyPort) =>
  port === undefined ? { protocol } : { protocol, first: Number(port), ...(endPort && { last: endPort }) };

/** The same for equal selectors, at every master. */
function groupId(spec: GroupSpec): string {
  const digest = createHash('sha256').update(canonical(spec)).digest('hex').slice(0, 20);
  return `${spec.port ? PORT_GROUP : POD_GROUP}${digest}`;
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, each) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

/** Decides who is in a group. */
export class Group {
  readonly spec: GroupSpec;
  readonly #id: string;
  readonly #pods: LabelQuery;
  readonly #namespaces: LabelQuery | undefined;

  constructor(id: string, spec: GroupSpec) {
    this.spec = spec;
    this.#id = id;
    this.#pods = labelQueryOf(spec.pods);
    this.#namespaces = spec.namespaces && labelQueryOf(spec.namespaces);
  }

  /** As a member; undefined: it is none. `labels`: of its namespace. */
  memberOf(pod: Pod, labels: Record<string, string> | undefined): NetworkMember | undefined {
    const { namespace, port } = this.spec;
    const address = addressOf(pod);
    if (address === undefined || !this.#pods.matches(metaOf(pod).labels)) return undefined;
    if (this.#namespaces ? !this.#namespaces.matches(labels) : metaOf(pod).namespace !== namespace) return undefined;
    if (!port) return { group: this.#id, address };
    const number = portOf(pod, port);
    return number === undefined ? undefined : { group: this.#id, address, port: number };
  }
}

/** Of pods on the cell's network that are not over. */
function addressOf({ spec, status }: Pod): string | undefined {
  const { podIP, phase } = status ?? {};
  if (podIP === undefined || spec?.hostNetwork || phase === 'Succeeded' || phase === 'Failed') return undefined;
  return parseIpv4(podIP) === undefined ? undefined : podIP;
}

function portOf({ spec }: Pod, { name, protocol }: NamedPort): number | undefined {
  const ports = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(
    (container) => container.ports ?? [],
  );
  return ports.find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}
