import { INGRESS_PORTS, KEPT_RANGE, TAKEN_RANGES } from '../../api/core/node-network.ts';
import { formatIpv4, type Ipv4Range, parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Network } from '../../proto/messages.ts';
import type { NetworkNode, NetworkService } from '../../proto/network.ts';
import { HaProxy } from '../ingress/haproxy.ts';
import { type IngressOptions, IngressServer, ingressDirectory } from '../ingress/ingress.ts';
import { NameBook } from '../name-server/name-book.ts';
import { NameServer } from '../name-server/name-server.ts';
import { DEFAULT_NAME_OPTIONS, type NameOptions } from '../names/name-options.ts';
import { type Pod, podKey, specOf } from '../pod-types.ts';
import type { NetworkSpec } from '../runtime.ts';
import { serviceVariables } from '../service-links.ts';
import type { RulesPlace } from './base-rules.ts';
import { acceptPods, allowForwarding } from './forwarding.ts';
import { HealthPorts } from './health-ports.ts';
import { readKept, writeKept } from './kept-network.ts';
import { KernelMonitor } from './kernel-monitor.ts';
import { KernelRules } from './kernel-rules.ts';
import { changeLinks, otherRanges, readLinks, uplinkOf } from './links.ts';
import { planLinks, podMtu } from './links-plan.ts';
import { type NetworkPlace, placeOf } from './place.ts';
import { NetworkState, type Ranges } from './state.ts';
import { Worker } from './worker.ts';

export interface CellNetworkParts {
  readonly nodeName: string;
  readonly dataDir: string;
  /** Default: pods ask this machine for names. */
  readonly names?: Partial<NameOptions>;
  /** Absent: it serves no ingresses. */
  readonly ingress?: IngressOptions;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/** Where this machine stands in the network. */
interface Standing {
  readonly ranges: Ranges;
  readonly own: NetworkNode;
  readonly ownPods: Ipv4Range;
}

const API_SERVICE = 'default/kubernetes';
const KEEP_AFTER_MS = 500;
/** What the kernel tells of one change comes in several lines. */
const LOOK_AFTER_MS = 50;

/**
 * This machine's part of the cell's network: what the master says of it, kept on disk, and made so in the kernel. It stays there when the
 * agent ends, since pods go on. Owns the state, the workers that keep links, rules and the disk as it says, and what this machine serves by it: names,
 * health ports, ingresses.
 */
export class CellNetwork {
  readonly state = new NetworkState();
  readonly #parts: CellNetworkParts;
  readonly #health: HealthPorts;
  readonly #links: Worker;
  readonly #rules: KernelRules;
  readonly #disk: Worker;
  readonly #naming: Worker;
  readonly #stopping = new AbortController();
  #monitor: KernelMonitor | undefined;
  #names: { readonly book: NameBook; readonly server: NameServer } | undefined;
  #ingress: IngressServer | undefined;
  #mode = '';
  #place: NetworkPlace | undefined;
  /** Resolves once this machine has a range. */
  #settled = Promise.withResolvers<Standing>();

  constructor(parts: CellNetworkParts) {
    this.#parts = parts;
    const { dataDir, log } = parts;
    this.#rules = new KernelRules({ ...parts, state: this.state, place: () => this.#rulesPlace() });
    this.#health = new HealthPorts({ ...parts, state: this.state });
    const worker = (work: () => Promise<void>, what: string, gatherMs = 0) =>
      new Worker({ ...parts, work, gatherMs, failed: (err) => log.warn({ err }, `could not ${what}; trying again`) });
    this.#links = worker(() => this.#syncLinks(), 'lay the ways to the pods of other machines', LOOK_AFTER_MS);
    this.#disk = worker(() => writeKept(dataDir, this.state.keep()), 'keep the state of the network', KEEP_AFTER_MS);
    this.#naming = worker(async () => this.#names?.server.start(), 'answer questions for names');
    this.#settled.promise.catch(() => {});
    this.#stopping.signal.addEventListener('abort', () => this.#settled.reject(this.#stopping.signal.reason));
  }

  /** Goes on with what was kept, until the master says otherwise. */
  async load(): Promise<void> {
    const kept = await readKept(this.#parts.dataDir);
    if (!kept) return;
    this.state.restore(kept);
    this.#mode = this.state.ranges?.mode ?? '';
    this.#settle();
  }

  /** The master has named the kind of network; empty: each engine has its own. */
  welcomed(mode: string): void {
    if (mode === this.#mode) return;
    if (this.#place)
      this.#parts.log.warn(
        { was: this.#mode, mode },
        "the cell's network is of another kind now: drain this node and restart its agent",
      );
    this.#mode = mode;
  }

  take(message: Network): void {
    const change = this.state.take(message);
    if (!change) return;
    this.#disk.ask();
    this.#names?.book.changed(change);
    this.#ingress?.changed(change);
    this.#settle();
    if (!this.#place) return;
    if (change.nodes) this.#links.ask();
    this.#rules.changed(change);
    if (change.all) this.#health.allChanged();
    else this.#health.changed(change.services);
  }

  /** What the engine's network for pods has to be; undefined: as the engine likes. Waits until this machine has a range. */
  async bridgeFor(cellId: string): Promise<NetworkSpec | undefined> {
    if (this.#mode === '') return undefined;
    const { own, ownPods } = await this.#settled.promise;
    await allowForwarding();
    const place = placeOf(cellId);
    const uplink = await uplinkOf(own.address);
    return {
      bridge: place.bridge,
      subnet: own.podCidr,
      gateway: gatewayOf(ownPods),
      mtu: podMtu(this.#mode, uplink),
    };
  }

  /** How pods find names: they ask this machine, unless they are told otherwise. */
  namesFor(options: NameOptions): NameOptions {
    const ownPods = this.#standing()?.ownPods;
    if (this.#mode === '' || !ownPods || options.clusterDns.length > 0) return options;
    return { ...options, clusterDns: [gatewayOf(ownPods)] };
  }

  /** Variables of the pod's containers that say where services are. */
  linksFor(pod: Pod): ReadonlyMap<string, string> {
    if (this.#mode === '') return new Map();
    const { namespace } = podKey(pod);
    // Without an address of a master that pods can reach, they are better off with the one that the agent uses.
    const isUseful = ({ namespace: space, name }: NetworkService) =>
      `${space}/${name}` !== API_SERVICE ||
      this.state.slicesOf(API_SERVICE).some(({ endpoints }) => endpoints.length > 0);
    const services = [...this.state.services.values()].filter(isUseful);
    return serviceVariables(services, namespace, specOf(pod).enableServiceLinks ?? true);
  }

  /** The pod's sandbox has its address, and its containers wait for what policies say about it. Rejects where that cannot be had. */
  async guard(pod: Pod, podIp: string | undefined): Promise<void> {
    if (this.#mode === '' || podIp === undefined || specOf(pod).hostNetwork) return;
    await this.#rules.guard(podIp, { namespace: podKey(pod).namespace, labels: pod.metadata?.labels });
  }

  /** Of the proxy for ingresses; empty where there is none. */
  async ingressMetrics(): Promise<string> {
    return (await this.#ingress?.metrics().catch(() => '')) ?? '';
  }

  /** The engine has the network: packets may come and go. */
  async open(cellId: string): Promise<void> {
    if (this.#mode === '') return;
    this.#place = placeOf(cellId);
    await acceptPods(this.#place);
    const { bridge } = this.#place;
    this.#monitor ??= this.#watchLinks(this.#place);
    this.#parts.log.debug({ bridge }, 'the network of pods is there');
    this.#links.ask();
    const place = this.#rulesPlace();
    if (place) this.#rules.open(place);
    this.#health.allChanged();
    this.#openNames(cellId);
    await this.#openIngress();
  }

  /** What is to be known of this machine before it gets a range: annotations of its Node. */
  async annotations(): Promise<Record<string, string>> {
    if (this.#mode === '') return {};
    const { ingress } = this.#parts;
    const { bridge, tunnel } = this.#place ?? { bridge: '', tunnel: '' };
    const kept = this.state.nodes.get(this.#parts.nodeName)?.podCidr;
    const taken = await otherRanges([bridge, tunnel]);
    const ports = ingress ? `${ingress.httpPort},${ingress.httpsPort}` : '';
    return { [TAKEN_RANGES]: taken.join(','), [INGRESS_PORTS]: ports, ...(kept && { [KEPT_RANGE]: kept }) };
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the agent is stopping'));
    this.#health.stop();
    this.#monitor?.stop();
    await Promise.all([this.#links.stop(), this.#rules.stop(), this.#disk.stop(), this.#naming.stop()]);
    await this.#names?.server.stop();
    await this.#ingress?.stop();
    if (this.#mode !== '') await writeKept(this.#parts.dataDir, this.state.keep()).catch(() => {});
  }

  #standing(): Standing | undefined {
    const { ranges, nodes } = this.state;
    const own = nodes.get(this.#parts.nodeName);
    const ownPods = own && parseIpv4Range(own.podCidr);
    return ranges && own && ownPods ? { ranges, own, ownPods } : undefined;
  }

  #watchLinks({ bridge, tunnel }: NetworkPlace): KernelMonitor {
    const isOurs = (line: string) =>
      line.includes(tunnel) ||
      line.includes(`master ${bridge} `) ||
      (this.#mode === 'host-gw' && line.includes('proto 83'));
    const command = ['ip', '-o', 'monitor', 'link', 'address', 'route', 'neigh'];
    return new KernelMonitor(command, isOurs, () => this.#links.ask());
  }

  async #openIngress(): Promise<void> {
    const { ingress: options, dataDir, clock } = this.#parts;
    if (!options) return new HaProxy(ingressDirectory(dataDir), clock).end();
    this.#ingress ??= new IngressServer({ ...this.#parts, options, state: this.state });
    this.#ingress.start();
  }

  /** At the bridge's address, which is there as long as the bridge is. */
  #openNames(cellId: string): void {
    const { ownPods } = this.#standing() ?? {};
    if (!ownPods) return;
    if (!this.#names) {
      const { clusterDomain: cluster } = { ...DEFAULT_NAME_OPTIONS, ...this.#parts.names };
      const book = new NameBook(this.state, { cluster, cell: cellId });
      this.#names = { book, server: new NameServer({ ...this.#parts, book, address: gatewayOf(ownPods) }) };
    }
    this.#naming.ask();
  }

  #settle(): void {
    const standing = this.#standing();
    if (standing) this.#settled.resolve(standing);
  }

  async #syncLinks(): Promise<void> {
    const standing = this.#standing();
    const place = this.#place;
    if (!standing || !place) return;
    const { ranges, own } = standing;
    this.#monitor?.start();
    const [uplink, found] = await Promise.all([uplinkOf(own.address), readLinks(place)]);
    const peers = [...this.state.nodes.values()];
    await changeLinks(planLinks({ mode: ranges.mode, place, pods: ranges.pods, own, peers, uplink }, found));
  }

  #rulesPlace(): RulesPlace | undefined {
    const [standing, place] = [this.#standing(), this.#place];
    if (!standing || !place) return undefined;
    const { ranges, ownPods } = standing;
    return { place, nodeName: this.#parts.nodeName, pods: ranges.pods, ownPods, services: ranges.services };
  }
}

/** Of the engine's bridge, through which pods reach everything else. */
const gatewayOf = (ownPods: Ipv4Range): string => formatIpv4(ownPods.base + 1);
