import { inRange, parseIpv4 } from '../../api/networking/ipv4.ts';
import type { NetworkEndpoint, NetworkService } from '../../proto/network.ts';
import type { NetworkChange, NetworkState } from '../network/state.ts';

/** What bears on names of the state of the network. */
type Known = Pick<NetworkState, 'ranges' | 'services' | 'tasks' | 'slicesOf'>;

/** The domains that this cell's names are in; lower case. */
export interface Domains {
  /** Kubernetes' names end so: `cluster.local`. */
  readonly cluster: string;
  /** Borg's do: the cell's own name. */
  readonly cell: string;
}

/**
 * The names of the cell, as far as they cannot be looked up in the state itself: those of addresses, of numbered pods, and of namespaces.
 * Owns these indexes; a change costs what it changes.
 */
export class NameBook {
  readonly domains: Domains;
  readonly #state: Known;
  /** How many services each namespace has. */
  readonly #namespaces = new Map<string, number>();
  readonly #namesOf = new Map<string, Set<string>>();
  /** What each service is in the index with. */
  readonly #entries = new Map<string, readonly (readonly [address: string, name: string])[]>();
  /** Addresses by `INDEX.JOB.NAMESPACE`, of each pod's key. */
  readonly #tasks = new Map<string, Map<string, string>>();
  readonly #taskNames = new Map<string, string>();

  constructor(state: Known, domains: Domains) {
    this.#state = state;
    this.domains = domains;
    this.rebuild();
  }

  changed({ all, services, tasks }: Pick<NetworkChange, 'all' | 'services' | 'tasks'>): void {
    if (all) this.rebuild();
    for (const key of services) this.#indexService(key);
    for (const key of tasks) this.#indexTask(key);
  }

  rebuild(): void {
    for (const index of [this.#namespaces, this.#namesOf, this.#entries, this.#tasks, this.#taskNames]) index.clear();
    for (const key of this.#state.services.keys()) this.#indexService(key);
    for (const key of this.#state.tasks.keys()) this.#indexTask(key);
  }

  service(namespace: string, name: string): NetworkService | undefined {
    return this.#state.services.get(`${namespace}/${name}`);
  }

  /** Endpoints whose names are there, with the port that the slice they are in has for each name and protocol. */
  endpoints({ namespace, name, publishNotReady }: NetworkService): PublishedEndpoint[] {
    return this.#state
      .slicesOf(`${namespace}/${name}`)
      .flatMap(({ ports, endpoints }) =>
        endpoints.filter(({ state }) => publishNotReady || state === undefined).map((end) => ({ ...end, ports })),
      );
  }

  hasNamespace(namespace: string): boolean {
    return this.#namespaces.has(namespace);
  }

  taskAddresses(index: string, job: string, namespace: string): string[] {
    return [...(this.#tasks.get(`${index}.${job}.${namespace}`)?.values() ?? [])];
  }

  namesOf(address: string): string[] {
    return [...(this.#namesOf.get(address) ?? [])];
  }

  /** Whether the address is of the cell's ranges. */
  isOurs(ip: string): boolean {
    const { ranges } = this.#state;
    const address = parseIpv4(ip);
    return (
      ranges !== undefined &&
      address !== undefined &&
      [ranges.pods, ranges.services].some((range) => inRange(range, address))
    );
  }

  fullName({ namespace, name }: NetworkService): string {
    return `${name}.${namespace}.svc.${this.domains.cluster}`;
  }

  #indexService(key: string): void {
    const service = this.#state.services.get(key);
    this.#count(key, service);
    for (const [address, name] of this.#entries.get(key) ?? []) {
      const names = this.#namesOf.get(address);
      names?.delete(name);
      if (names?.size === 0) this.#namesOf.delete(address);
    }
    const entries = service ? this.#addressesOf(service) : [];
    for (const [address, name] of entries) {
      const names = this.#namesOf.get(address);
      if (names) names.add(name);
      else this.#namesOf.set(address, new Set([name]));
    }
    if (service) this.#entries.set(key, entries);
    else this.#entries.delete(key);
  }

  #count(key: string, service: NetworkService | undefined): void {
    const was = this.#entries.has(key);
    if (was === (service !== undefined)) return;
    const namespace = key.slice(0, key.indexOf('/'));
    const count = (this.#namespaces.get(namespace) ?? 0) + (was ? -1 : 1);
    if (count > 0) this.#namespaces.set(namespace, count);
    else this.#namespaces.delete(namespace);
  }

  #addressesOf(service: NetworkService): (readonly [string, string])[] {
    const full = this.fullName(service);
    if (service.clusterIp) return [[service.clusterIp, full]];
    if (service.externalName) return [];
    return this.endpoints(service).map((end) => [end.address, `${endpointLabel(end)}.${full}`]);
  }

  #indexTask(key: string): void {
    const before = this.#taskNames.get(key);
    const task = this.#state.tasks.get(key);
    const name = task && `${task.index}.${task.job}.${task.namespace}`;
    if (before !== undefined) {
      const addresses = this.#tasks.get(before);
      addresses?.delete(key);
      if (addresses?.size === 0) this.#tasks.delete(before);
    }
    if (!task || !name) return void this.#taskNames.delete(key);
    this.#taskNames.set(key, name);
    const addresses = this.#tasks.get(name) ?? new Map<string, string>();
    this.#tasks.set(name, addresses.set(key, task.address));
  }
}

export interface PublishedEndpoint extends NetworkEndpoint {
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** Its own host name, or one that follows from its address. */
export const endpointLabel = ({ hostname, address }: NetworkEndpoint): string =>
  hostname?.toLowerCase() ?? address.replaceAll('.', '-');
