import type { MasterPlace } from '../../api/coordination/master-leases.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Identity } from '../../platform/pki.ts';
import type { NodeUsageReport } from '../../proto/messages.ts';
import type { MasterRoster } from '../peers/roster.ts';
import { StoreUnavailable } from '../store/store.ts';
import { RelayClient } from './relay-client.ts';
import type { SessionLedger } from './session-ledger.ts';
import type { AgentTunnel, TunnelRequest } from './streams.ts';

/** Every session asks at each heartbeat. */
const LIST_EVERY_MS = 1_000;

export interface OtherMastersParts {
  readonly ledger: SessionLedger;
  readonly roster: Pick<MasterRoster, 'masters' | 'find' | 'self'>;
  /** By which the others know this master. */
  readonly identity: Identity;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the agents' server of one master knows of those of the others, where a cell has several. Owns the connections to them. */
export class OtherMasters {
  readonly ledger: SessionLedger;
  readonly #roster: OtherMastersParts['roster'];
  readonly #relay: RelayClient;
  readonly #log: Logger;
  readonly #clock: Clock;
  #urls: readonly string[] = [];
  #listedMs = Number.NEGATIVE_INFINITY;

  constructor({ ledger, roster, identity, clock, log }: OtherMastersParts) {
    this.ledger = ledger;
    this.#roster = roster;
    this.#log = log;
    this.#clock = clock;
    this.#relay = new RelayClient(identity, clock);
  }

  /** Of all masters, this one too. */
  get urls(): readonly string[] {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#listedMs > LIST_EVERY_MS) {
      this.#urls = this.#roster.masters().map(({ url }) => url);
      this.#listedMs = nowMs;
    }
    return this.#urls;
  }

  /**
   * As `AgentStreams.open`; undefined where no other master holds the node's session. While the store cannot tell who does, all are
   * asked.
   */
  async open(nodeName: string, request: TunnelRequest, signal: AbortSignal): Promise<AgentTunnel | undefined> {
    let fault: unknown;
    for (const place of await this.#candidates(nodeName)) {
      try {
        return await this.#relay.open(place, nodeName, request, signal);
      } catch (error) {
        fault = error;
        if (signal.aborted) break;
        this.#log.debug({ node: nodeName, master: place.url, error: String(error) }, 'no stream through this master');
      }
    }
    if (fault !== undefined) throw fault;
    return undefined;
  }

  async #candidates(nodeName: string): Promise<MasterPlace[]> {
    try {
      const holder = await this.ledger.holder(nodeName);
      const place = holder === undefined ? undefined : this.#roster.find(holder);
      return place ? [place] : [];
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return this.#roster.masters().filter(({ id }) => id !== this.#roster.self);
    }
  }

  /** What nodes use of which other masters are told. Never rejects: what cannot be had is left out. */
  async usage(): Promise<NodeUsageReport[]> {
    const places = this.#roster.masters().filter(({ id }) => id !== this.#roster.self);
    const asked = await Promise.allSettled(places.map((place) => this.#relay.usage(place)));
    return asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  close(): void {
    this.#relay.close();
  }
}
