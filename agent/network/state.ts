import { type Ipv4Range, parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { Network } from '../../proto/messages.ts';
import type {
  NetworkCertificate,
  NetworkGuard,
  NetworkIngress,
  NetworkKind,
  NetworkMember,
  NetworkNode,
  NetworkRanges,
  NetworkService,
  NetworkSlice,
  NetworkTask,
} from '../../proto/network.ts';

/** The cell's ranges, read. */
export interface Ranges {
  readonly mode: string;
  readonly pods: Ipv4Range;
  readonly services: Ipv4Range;
}

interface Objects {
  readonly node: Map<string, NetworkNode>;
  readonly service: Map<string, NetworkService>;
  readonly slice: Map<string, NetworkSlice>;
  readonly task: Map<string, NetworkTask>;
  readonly policy: Map<string, NetworkGuard>;
  readonly member: Map<string, NetworkMember>;
  readonly ingress: Map<string, NetworkIngress>;
  readonly certificate: Map<string, NetworkCertificate>;
}

/** Which objects differ from before; `all`: it may be any. */
export interface NetworkChange {
  readonly all: boolean;
  readonly nodes: boolean;
  /** Services of which something has changed, their endpoints included: `namespace/name`. */
  readonly services: ReadonlySet<string>;
  readonly tasks: ReadonlySet<string>;
  readonly policies: ReadonlySet<string>;
  readonly members: ReadonlySet<string>;
  /** An ingress, or a certificate. */
  readonly ingresses: boolean;
}

/** As it is kept on disk. */
export interface KeptNetwork {
  readonly settingsJson: string;
  readonly objects: readonly { readonly kind: string; readonly key: string; readonly json: string }[];
}

const none = (): Objects => ({
  ...{ node: new Map(), service: new Map(), slice: new Map(), task: new Map() },
  ...{ policy: new Map(), member: new Map(), ingress: new Map(), certificate: new Map() },
});

/**
 * What this machine knows of the cell's network: the master's word, which holds until the next. Owns the objects, the slices of each
 * service, and the part of a series that has arrived so far.
 */
export class NetworkState {
  #settingsJson = '';
  #ranges: Ranges | undefined;
  #objects = none();
  #texts = new Map<string, { kind: string; key: string; json: string }>();
  #slicesOf = new Map<string, Set<string>>();
  #series: { settingsJson: string; upserts: Network['upserts'] } | undefined;

  get ranges(): Ranges | undefined {
    return this.#ranges;
  }

  get nodes(): ReadonlyMap<string, NetworkNode> {
    return this.#objects.node;
  }

  get services(): ReadonlyMap<string, NetworkService> {
    return this.#objects.service;
  }

  get tasks(): ReadonlyMap<string, NetworkTask> {
    return this.#objects.task;
  }

  get policies(): ReadonlyMap<string, NetworkGuard> {
    return this.#objects.policy;
  }

  get ingresses(): ReadonlyMap<string, NetworkIngress> {
    return this.#objects.ingress;
  }

  /** By `namespace/name` of their secrets. */
  get certificates(): ReadonlyMap<string, NetworkCertificate> {
    return this.#objects.certificate;
  }

  get members(): ReadonlyMap<string, NetworkMember> {
    return this.#objects.member;
  }

  /** Slices of `namespace/name`. */
  slicesOf(service: string): NetworkSlice[] {
    const keys = this.#slicesOf.get(service) ?? [];
    return [...keys].flatMap((key) => this.#objects.slice.get(key) ?? []);
  }

  /** Takes one message; undefined while a series is incomplete. Throws where one holds no JSON. */
  take(message: Network): NetworkChange | undefined {
    if (message.complete) this.#series = { settingsJson: message.settingsJson, upserts: [] };
    if (!this.#series) return this.#change(message);
    this.#series.upserts.push(...message.upserts);
    if (message.more) return undefined;
    const { settingsJson, upserts } = this.#series;
    this.#series = undefined;
    this.restore({ settingsJson, objects: upserts });
    return { ...nothing(), all: true, nodes: true, ingresses: true };
  }

  restore({ settingsJson, objects }: KeptNetwork): void {
    this.#settingsJson = settingsJson;
    this.#ranges = rangesOf(settingsJson);
    this.#objects = none();
    this.#texts = new Map();
    this.#slicesOf = new Map();
    for (const { kind, key, json } of objects) this.#put(kind, key, json);
  }

  keep(): KeptNetwork {
    return { settingsJson: this.#settingsJson, objects: [...this.#texts.values()] };
  }

  #change({ upserts, removals }: Network): NetworkChange {
    const { services, tasks, policies, members } = nothing();
    const touched: Partial<Record<string, Set<string>>> = {
      service: services,
      task: tasks,
      policy: policies,
      member: members,
    };
    let [nodes, ingresses] = [false, false];
    const touch = (kind: string, key: string) => {
      if (kind === 'node') nodes = true;
      if (kind === 'ingress' || kind === 'certificate') ingresses = true;
      touched[kind]?.add(key);
      const slice = kind === 'slice' && this.#objects.slice.get(key);
      if (slice) services.add(serviceOf(slice));
    };
    for (const { kind, key, json } of upserts) {
      touch(kind, key);
      this.#put(kind, key, json);
      touch(kind, key);
    }
    for (const { kind, key } of removals) {
      touch(kind, key);
      this.#remove(kind, key);
    }
    return { all: false, nodes, services, tasks, policies, members, ingresses };
  }

  #put(kind: string, key: string, json: string): void {
    // A newer master may tell of more.
    if (!isKind(kind)) return;
    this.#remove(kind, key);
    const object = JSON.parse(json);
    this.#texts.set(`${kind} ${key}`, { kind, key, json });
    (this.#objects[kind] as Map<string, unknown>).set(key, object);
    if (kind !== 'slice') return;
    const service = serviceOf(object);
    const keys = this.#slicesOf.get(service);
    if (keys) keys.add(key);
    else this.#slicesOf.set(service, new Set([key]));
  }

  #remove(kind: string, key: string): void {
    if (!isKind(kind)) return;
    const slice = kind === 'slice' && this.#objects.slice.get(key);
    if (slice) {
      const keys = this.#slicesOf.get(serviceOf(slice));
      keys?.delete(key);
      if (keys?.size === 0) this.#slicesOf.delete(serviceOf(slice));
    }
    this.#objects[kind].delete(key);
    this.#texts.delete(`${kind} ${key}`);
  }
}

const nothing = () => ({
  ...{ services: new Set<string>(), tasks: new Set<string>() },
  ...{ policies: new Set<string>(), members: new Set<string>() },
});

const KINDS: ReadonlySet<string> = new Set(Object.keys(none()));
const isKind = (kind: string): kind is NetworkKind => KINDS.has(kind);

const serviceOf = ({ namespace, service }: NetworkSlice): string => `${namespace}/${service}`;

function rangesOf(settingsJson: string): Ranges | undefined {
  if (!settingsJson) return undefined;
  const { mode, podCidr, serviceCidr } = JSON.parse(settingsJson) as NetworkRanges;
  const [pods, services] = [parseIpv4Range(podCidr), parseIpv4Range(serviceCidr)];
  return pods && services && { mode, pods, services };
}
