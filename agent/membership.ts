import type { Clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Registry } from '../platform/metrics.ts';
import { Enrolment } from './enrolment.ts';
import { grpcTransport } from './grpc/transport.ts';
import { callMaster } from './master-call.ts';
import { Readers } from './metrics/readers.ts';
import { MetricsServer } from './metrics/server.ts';
import type { AgentTransport } from './transport.ts';

export interface MembershipParts {
  readonly dataDir: string;
  readonly masterUrl: string;
  readonly joinToken: string;
  readonly nodeName: string;
  readonly metricsPort: number;
  /** Address of this machine, for the certificate; asked once it is needed. */
  readonly address: () => string;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who asks for metrics does not wait long. */
const REVIEW_TIMEOUT_MS = 4_000;

/** What an agent has as a member of its cell: a certificate, and what needs one to serve or to dial. Owns all three. */
export class Membership implements Service {
  private readonly parts: MembershipParts;
  private enrolment: Enrolment | undefined;
  private metrics: MetricsServer | undefined;
  private transport: AgentTransport | undefined;

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
    if (this.transport) return;
    const { dataDir, masterUrl, joinToken, nodeName, clock, log, registry, address } = this.parts;
    const who = { dataDir, masterUrl, joinToken, nodeName, addresses: [address()] };
    const enrolment = new Enrolment({ ...who, clock, log });
    await enrolment.start(signal);
    this.enrolment = enrolment;
    const review = (path: string, body: object) => {
      const { identity } = enrolment;
      return callMaster({ masterUrl, path, body, caPem: identity.caPem, identity, timeoutMs: REVIEW_TIMEOUT_MS });
    };
    const readers = new Readers(nodeName, review, clock);
    const metrics = new MetricsServer({ port: this.parts.metricsPort, ...enrolment.identity, registry, readers });
    await metrics.start();
    this.metrics = metrics;
    this.transport = grpcTransport({ masterUrl, identity: () => enrolment.identity, clock });
  }

  /** What dials the master; joins the cell first if need be. */
  async dialler(signal?: AbortSignal): Promise<AgentTransport> {
    await this.start(signal);
    if (!this.transport) throw new Error('the agent has no transport after it has joined');
    return this.transport;
  }

  /** Lets the metrics server use a certificate that was renewed. */
  refresh(): void {
    if (this.enrolment) this.metrics?.renew(this.enrolment.identity);
  }

  async stop(): Promise<void> {
    await this.metrics?.stop();
    await this.enrolment?.stop();
  }
}
