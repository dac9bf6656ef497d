import { KEPT_RANGE, TAKEN_RANGES } from '../../api/core/node-network.ts';
import { formatIpv4, type Ipv4Range, parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Network } from '../../proto/messages.ts';
import type { NetworkNode } from '../../proto/network.ts';
import type { NetworkSpec } from '../runtime.ts';
import { acceptPods, allowForwarding } from './forwarding.ts';
import { readKept, writeKept } from './kept-network.ts';
import { LinkMonitor } from './link-monitor.ts';
import { changeLinks, otherRanges, readLinks, uplinkOf } from './links.ts';
import { planLinks, podMtu } from './links-plan.ts';
import { type NetworkPlace, placeOf } from './place.ts';
import { run } from './program.ts';
import { ServiceTable } from './service-table.ts';
import { NetworkState, type Ranges } from './state.ts';
import { Worker } from './worker.ts';

export interface CellNetworkParts {
  readonly nodeName: string;
  readonly dataDir: string;
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

const KEEP_AFTER_MS = 500;
/** What the kernel tells of one change comes in several lines. */
const LOOK_AFTER_MS = 50;

/**
 * This machine's part of the cell's network: what the master says of it, kept on disk, and made so in the kernel. It stays there when the
 * agent ends, since pods go on. Owns the state, the rules as they were last put into the kernel, and the workers that bring both, and the
 * disk, up to date.
 */
export class CellNetwork {
  readonly state = new NetworkState();
  readonly #parts: CellNetworkParts;
  readonly #table = new ServiceTable(this.state);
  readonly #links: Worker;
  readonly #rules: Worker;
  readonly #disk: Worker;
  readonly #stopping = new AbortController();
  #monitor: LinkMonitor | undefined;
  #mode = '';
  #place: NetworkPlace | undefined;
  /** Resolves once this machine has a range. */
  #settled = Promise.withResolvers<Standing>();

  constructor(parts: CellNetworkParts) {
    this.#parts = parts;
    const { dataDir, log } = parts;
    const worker = (work: () => Promise<void>, what: string, gatherMs = 0) =>
      new Worker({ ...parts, work, gatherMs, failed: (err) => log.warn({ err }, `could not ${what}; trying again`) });
    this.#links = worker(() => this.#syncLinks(), 'lay the ways to the pods of other machines', LOOK_AFTER_MS);
    this.#rules = worker(() => this.#syncRules(), "bring the kernel's rules for services up to date");
    this.#disk = worker(() => writeKept(dataDir, this.state.keep()), 'keep the state of the network', KEEP_AFTER_MS);
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
    this.#table.changed(change.services);
    this.#settle();
    if (!this.#place) return;
    if (change.nodes) this.#links.ask();
    if (change.all) this.#table.allChanged();
    if (change.all || change.services.size > 0) this.#rules.ask();
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
      gateway: formatIpv4(ownPods.base + 1),
      mtu: podMtu(this.#mode, uplink),
    };
  }

  /** The engine has the network: packets may come and go. */
  async open(cellId: string): Promise<void> {
    if (this.#mode === '') return;
    this.#place = placeOf(cellId);
    await acceptPods(this.#place);
    const { bridge, tunnel } = this.#place;
    this.#monitor ??= new LinkMonitor(
      (line) =>
        line.includes(tunnel) ||
        line.includes(`master ${bridge} `) ||
        (this.#mode === 'host-gw' && line.includes('proto 83')),
      () => this.#links.ask(),
    );
    this.#parts.log.debug({ bridge }, 'the network of pods is there');
    this.#table.reset();
    this.#links.ask();
    this.#rules.ask();
  }

  /** What is to be known of this machine before it gets a range: annotations of its Node. */
  async annotations(): Promise<Record<string, string>> {
    if (this.#mode === '') return {};
    const { bridge, tunnel } = this.#place ?? { bridge: '', tunnel: '' };
    const kept = this.state.nodes.get(this.#parts.nodeName)?.podCidr;
    const taken = await otherRanges([bridge, tunnel]);
    return { [TAKEN_RANGES]: taken.join(','), ...(kept && { [KEPT_RANGE]: kept }) };
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the agent is stopping'));
    this.#monitor?.stop();
    await Promise.all([this.#links.stop(), this.#rules.stop(), this.#disk.stop()]);
    if (this.#mode !== '') await writeKept(this.#parts.dataDir, this.state.keep()).catch(() => {});
  }

  #standing(): Standing | undefined {
    const { ranges, nodes } = this.state;
    const own = nodes.get(this.#parts.nodeName);
    const ownPods = own && parseIpv4Range(own.podCidr);
    return ranges && own && ownPods ? { ranges, own, ownPods } : undefined;
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

  async #syncRules(): Promise<void> {
    const standing = this.#standing();
    const place = this.#place;
    if (!standing || !place) return;
    const { ranges, ownPods } = standing;
    const { nodeName } = this.#parts;
    const next = this.#table.next({ place, nodeName, pods: ranges.pods, ownPods, services: ranges.services });
    if (!next) return;
    try {
      await run('nft', ['-f', '-'], next.text);
      next.done();
    } catch (error) {
      // What is there is not what was thought: begin anew.
      this.#table.reset();
      throw error;
    }
  }
}
