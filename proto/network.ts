/** The objects of `Network` messages, as JSON: of the cell's objects what every agent has to know, and no more. */

export type NetworkKind = 'node' | 'service' | 'slice' | 'task' | 'policy';

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
