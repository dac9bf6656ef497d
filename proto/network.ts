/** The objects of `Network` messages, as JSON: of the cell's objects what every agent has to know, and no more. */

export type NetworkKind = 'node' | 'service' | 'slice' | 'task' | 'policy' | 'member' | 'ingress' | 'certificate';

/** `settings_json`. Ranges are text: `10.128.0.0/12`. */
export interface NetworkRanges {
  readonly mode: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/** Only nodes that have both. */
export interface NetworkNode {
  readonly name: string;
  /** Under which other machines reach it. */
  readonly address: string;
  readonly podCidr: string;
}

export type NetworkProtocol = 'TCP' | 'UDP' | 'SCTP';

export interface NetworkServicePort {
  /** Empty where a service has one port without a name. */
  readonly name: string;
  readonly protocol: NetworkProtocol;
  readonly port: number;
  readonly nodePort?: number;
}

/** What is absent is not so, or there is none. */
export interface NetworkService {
  readonly namespace: string;
  readonly name: string;
  /** None: it is headless, or stands for `externalName`. */
  readonly clusterIp?: string;
  readonly externalName?: string;
  readonly ports: readonly NetworkServicePort[];
  readonly externalIps?: readonly string[];
  readonly balancerIps?: readonly string[];
  /** Who may use the balancer's addresses. */
  readonly sourceRanges?: readonly string[];
  /** How long a client stays with its endpoint. */
  readonly affinitySeconds?: number;
  /** Traffic from inside, or from outside, goes to endpoints of the same machine alone. */
  readonly internalLocal?: true;
  readonly externalLocal?: true;
  /** Names of endpoints are there before those are ready. */
  readonly publishNotReady?: true;
  /** Port that tells whether this machine has endpoints. */
  readonly healthPort?: number;
}

export interface NetworkEndpoint {
  readonly address: string;
  readonly node?: string;
  readonly hostname?: string;
  /** Absent: it is ready. */
  readonly state?: 'ending' | 'unready';
}

/** A part of a service's endpoints; all have the same ports. */
export interface NetworkSlice {
  readonly namespace: string;
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly protocol: NetworkProtocol; readonly port: number }[];
  readonly endpoints: readonly NetworkEndpoint[];
}

/** A pod that has a number among its like. */
export interface NetworkTask {
  readonly namespace: string;
  /** What it is one of. */
  readonly job: string;
  readonly index: number;
  readonly address: string;
}

/** Who may connect to some pods, and to whom those may. */
export interface NetworkGuard {
  readonly namespace: string;
  readonly name: string;
  /** Group of the pods it is about, */
  readonly pods: string;
  /** and which those are in its namespace: a pod that starts is guarded before the master knows its address. */
  readonly selector?: NetworkSelector;
  /** What may come in; absent: it is not about that. */
  readonly ingress?: readonly NetworkPass[];
  /** What may go out. */
  readonly egress?: readonly NetworkPass[];
}

/** A LabelSelector. */
export interface NetworkSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** New connections that may pass: those of which all holds that is said. */
export interface NetworkPass {
  /** The other end is a pod of this group, */
  readonly group?: string;
  /** or it has an address in this range and in none of those. */
  readonly block?: string;
  readonly except?: readonly string[];
  /** To any of these; without numbers, to all ports of the protocol. */
  readonly ports?: readonly { readonly protocol: NetworkProtocol; readonly first?: number; readonly last?: number }[];
  /** To addresses and ports that are in this group: ports that have a name. */
  readonly target?: { readonly protocol: NetworkProtocol; readonly group: string };
}

/** A pod that is in a group. */
export interface NetworkMember {
  readonly group: string;
  readonly address: string;
  /** The port of the name that the group is about. */
  readonly port?: number;
}

/** Groups of pods by their addresses, and of addresses with a port, begin so. */
export const POD_GROUP = 'pods-';
export const PORT_GROUP = 'ports-';

/** Ways into the cell by HTTP. Told to nodes that serve them, alone. */
export interface NetworkIngress {
  readonly namespace: string;
  readonly name: string;
  /** Of two that say the same, the older one counts. */
  readonly madeMs: number;
  readonly fallback?: NetworkBackend;
  readonly rules: readonly NetworkIngressRule[];
  readonly tls: readonly { readonly hosts: readonly string[]; readonly certificate: string }[];
}

export interface NetworkIngressRule {
  /** Absent: every host. `*.example.com`: every name with one label more. */
  readonly host?: string;
  readonly paths: readonly { readonly exact?: true; readonly path: string; readonly backend: NetworkBackend }[];
}

/** Of the ingress' namespace; the port by its number or its name. */
export interface NetworkBackend {
  readonly service: string;
  readonly port: number | string;
}

/** In PEM; the first certificate is the server's. */
export interface NetworkCertificate {
  readonly certificates: string;
  readonly key: string;
}
