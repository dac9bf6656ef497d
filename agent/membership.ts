import { Agent as Connections } from 'node:https';
import type { Clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import { Enrolment } from './enrolment.ts';
import { grpcTransport } from './grpc/transport.ts';
import { callMaster, type MasterAnswer, type MasterCall } from './master-call.ts';
import type { Masters } from './masters.ts';
import type { Page } from './metrics/pages.ts';
import { Readers } from './metrics/readers.ts';
import { MetricsServer } from './metrics/server.ts';
import type { AgentTransport } from './transport.ts';

export interface MembershipParts {
  readonly dataDir: string;
  readonly masters: Pick<Masters, 'current'>;
  readonly joinToken: string;
  readonly nodeName: string;
  readonly metricsPort: number;
  /** Address of this machine, for the certificate; asked once it is needed. */
  readonly address: () => string;
  /** What the metrics server serves, by path. */
  readonly pages: Readonly<Record<string, Page>>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who asks for metrics does not wait long. */
const REVIEW_TIMEOUT_MS = 4_000;

/** The master answers at once or is in trouble. */
const CALL_TIMEOUT_MS = 10_000;
/** Requests beside the session. */
const CALLS_AT_ONCE = 4;

/** What an agent has as a member of its cell: a certificate, and what needs one to serve, to dial or to ask. Owns all of it. */
export class Membership implements Service {
  private readonly parts: MembershipParts;
  private enrolment: Enrolment | undefined;
  private metrics: MetricsServer | undefined;
  /** By the master's URL. */
  private readonly transports = new Map<string, AgentTransport>();
  private joined = false;
  private distrusted = false;
  private readonly connections = new Connections({ keepAlive: true, maxSockets: CALLS_AT_ONCE });

  constructor(parts: MembershipParts) {
    this.parts = parts;
  }

  /** Port of the metrics server, once it serves. */
  get metricsPort(): number | undefined {
    return this.metrics?.port;
  }

  /**
   * Reads the certificate from disk or joins the cell, and serves metrics. Rejects with `MasterUnreachable` (call it again),
   * `MasterRefused`, or a sentence on the metrics port. Once it has worked, calling it again does nothing.
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.joined) return;
    const { dataDir, masters, joinToken, nodeName, clock, log, pages, address } = this.parts;
    const masterUrl = () => masters.current;
    const who = { dataDir, masterUrl, joinToken, nodeName, addresses: [address()] };
    // The same at each try: it keeps the key that it asks a certificate for.
    this.enrolment ??= new Enrolment({ ...who, clock, log });
    const { enrolment } = this;
    await enrolment.start(signal);
    const review = (path: string, body: object) => {
      const { identity } = enrolment;
      return callMaster({
        masterUrl: masterUrl(),
        path,
        body,
        caPem: identity.caPem,
        identity,
        timeoutMs: REVIEW_TIMEOUT_MS,
      });
    };
    const readers = new Readers(nodeName, review, clock);
    const metrics = new MetricsServer({ port: this.parts.metricsPort, ...enrolment.identity, pages, readers });
    await metrics.start();
    this.metrics = metrics;
    this.joined = true;
  }

  /** A master takes the certificate no more: before the next dialling, the token is to get another. */
  distrust(): void {
    this.distrusted = true;
  }

  /** What dials the current master; joins the cell first if need be. */
  async dialler(signal?: AbortSignal): Promise<AgentTransport> {
    await this.start(signal);
    const { enrolment } = this;
    if (!enrolment) throw new Error('the agent has no certificate after it has joined');
    if (this.distrusted) await enrolment.rejoin(signal);
    this.distrusted = false;
    const { masters, clock } = this.parts;
    const masterUrl = masters.current;
    const known = this.transports.get(masterUrl);
    const transport = known ?? grpcTransport({ masterUrl, identity: () => enrolment.identity, clock });
    if (!known) this.transports.set(masterUrl, transport);
    return transport;
  }

  /** Asks the master's API as this node. Rejects when it cannot be reached, and before the agent has joined. */
  async call(path: string, body?: object, method: MasterCall['method'] = 'POST'): Promise<MasterAnswer> {
    if (!this.enrolment || !this.joined) throw new Error('the agent has not joined its cell yet');
    const { identity } = this.enrolment;
    const masterUrl = this.parts.masters.current;
    const how = { method, connections: this.connections, timeoutMs: CALL_TIMEOUT_MS };
    return callMaster({ masterUrl, path, body, caPem: identity.caPem, identity, ...how });
  }

  /** Lets the metrics server use a certificate that was renewed. */
  refresh(): void {
    if (this.enrolment && this.joined) this.metrics?.renew(this.enrolment.identity);
  }

  async stop(): Promise<void> {
    this.connections.destroy();
    await this.metrics?.stop();
    await this.enrolment?.stop();
  }
}
