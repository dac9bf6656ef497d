import { mkdir } from 'node:fs/promises';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { collectDefaultMetrics, Gauge, Registry } from '../platform/metrics.ts';
import type { Rng } from '../platform/rng.ts';
import type { FromMaster, Welcome } from '../proto/messages.ts';
import { Checkpoint } from './checkpoint.ts';
import { Connection } from './connection.ts';
import { dockerRuntime } from './docker/docker-runtime.ts';
import { LocalPart } from './local-part.ts';
import type { Agent } from './main.ts';
import { Membership } from './membership.ts';
import { ContainerReader } from './metrics/container-reader.ts';
import { registerContainerMetrics } from './metrics/containers.ts';
import { machineUsage } from './metrics/machine-usage.ts';
import { UsageSampler } from './metrics/usage-sampler.ts';
import type { Reserved } from './node-report.ts';
import { NodeReporter } from './node-reporter.ts';
import { Reports } from './reports.ts';
import type { ContainerRuntime } from './runtime.ts';
import { serveTunnel } from './streams/tunnels.ts';
import { type AgentTransport, MasterRefused, MasterUnreachable, type Session } from './transport.ts';
import { diskVolumes } from './volumes.ts';

export interface AgentOptions {
  /** Kept: cell id, certificate, pods and their volumes. */
  readonly dataDir: string;
  /** `https://HOST:PORT`. */
  readonly masterUrl: string;
  readonly joinToken: string;
  readonly nodeName: string;
  /** `unix:///path` or `tcp://host:port`; undefined: DOCKER_HOST, else the default socket. */
  readonly dockerHost?: string;
  /** 0: any free port. */
  readonly metricsPort: number;
  /** Known already; otherwise from disk or from the master's welcome. */
  readonly cellId?: string;
  /** Kept back from pods. Default: nothing, as everything else on a machine of a small cell is small. */
  readonly reserved?: Reserved;
  /** Most pods on this node. Default 110, as Kubernetes. */
  readonly maxPods?: number;
  /** Further labels of the node. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Instead of Docker, for simulations and tests. */
  readonly runtime?: ContainerRuntime;
  /** Instead of enrolment and gRPC, for simulations and tests. */
  readonly transport?: AgentTransport;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

const DEFAULT_MAX_PODS = 110;

/**
 * Wires the agent up. Owns, in the order in which they are started: the runtime, the local part (from the moment the cell's id
 * is known), the membership with its metrics server, and the connection to the master.
 */
export class CellAgent implements Agent {
  readonly whenReady: Promise<void>;
  private readonly options: AgentOptions;
  private readonly runtime: ContainerRuntime;
  private readonly checkpoint: Checkpoint;
  private readonly reports: Reports;
  private readonly node: NodeReporter;
  private readonly membership: Membership;
  private readonly connection: Connection;
  private readonly registry = new Registry();
  private readonly ready = Promise.withResolvers<void>();
  private local: LocalPart | undefined;
  private usage: UsageSampler | undefined;
  private session: Session | undefined;
  private engineUp = false;

  constructor(options: AgentOptions) {
    const { clock, rng, log, metricsPort, reserved, maxPods, labels } = options;
    const { registry } = this;
    this.options = options;
    this.runtime = options.runtime ?? dockerRuntime({ host: options.dockerHost, clock });
    this.checkpoint = new Checkpoint(options.dataDir, log);
    this.reports = new Reports(clock);
    this.node = new NodeReporter({
      ...options,
      reserved: reserved ?? { cpuMilli: 0, memoryBytes: 0 },
      maxPods: maxPods ?? DEFAULT_MAX_PODS,
      labels: labels ?? {},
      metricsPort: () => this.membership.metricsPort ?? metricsPort,
    });
    this.membership = new Membership({ ...options, address: () => this.node.address, registry });
    this.connection = new Connection({
      transport: async (signal) => options.transport ?? this.membership.dialler(signal),
      hello: () => this.node.hello(),
      welcomed: (welcome, session) => this.welcomed(welcome, session),
      message: (message, session) => this.message(message, session),
      lost: () => this.lost(),
      heartbeat: (session) => this.heartbeat(session),
      refused: (reason) => this.ready.reject(reason),
      clock,
      rng,
      log,
    });
    this.whenReady = this.ready.promise;
    // Not everybody waits for it.
    this.whenReady.catch(() => {});
  }

  get metricsUrl(): string | undefined {
    const port = this.membership.metricsPort;
    return port === undefined ? undefined : `https://${this.node.address}:${port}/metrics`;
  }

  async start(): Promise<void> {
    const { dataDir, cellId, transport } = this.options;
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    this.registerMetrics();
    await this.node.refresh(await this.runtime.info().catch(() => undefined));
    const known = cellId ?? (await this.checkpoint.cellId());
    if (known) await this.startLocal(known);
    if (!transport) {
      await this.membership.start().catch((error) => {
        if (!(error instanceof MasterUnreachable)) throw error;
      });
    }
    await this.connection.start();
  }

  async stop(): Promise<void> {
    await this.connection.stop();
    this.usage?.stop();
    await this.local?.stop();
    this.reports.stop();
    await this.membership.stop();
    this.runtime.close();
  }

  /** Takes up what is on this machine of the cell, and goes on with it whether the master is there or not. */
  private async startLocal(cellId: string): Promise<void> {
    const { options, runtime, checkpoint, reports, node } = this;
    const { clock, rng, log, nodeName } = options;
    const engineChanged = (down: Error | undefined) => this.engineChanged(down);
    const volumes = diskVolumes();
    const parts = { runtime, checkpoint, reports, node, volumes, engineChanged, clock, rng, log };
    this.local = new LocalPart({ cellId, nodeName }, parts);
    registerContainerMetrics(this.registry, this.local.store, runtime);
    await this.local.start();
    this.measureUsage(this.local);
  }

  private measureUsage({ store }: LocalPart): void {
    const { runtime, node } = this;
    const { clock } = this.options;
    this.usage = new UsageSampler({
      store,
      reader: new ContainerReader(runtime, clock),
      machine: () => machineUsage(node.memoryBytes),
      report: (usage) => void this.session?.send({ message: 'usage', usage }),
      clock,
    });
    this.usage.start();
  }

  private engineChanged(down: Error | undefined): void {
    this.engineUp = down === undefined;
    const news = this.node.engineChanged(down?.message);
    this.becomeReady();
    if (news && this.session) void this.node.report(this.session);
  }

  private becomeReady(): void {
    if (this.session && this.engineUp) this.ready.resolve();
  }

  private async welcomed(welcome: Welcome, session: Session): Promise<void> {
    const { log, dataDir } = this.options;
    const known = this.local?.owner.cellId;
    if (known && known !== welcome.cellId) {
      throw new MasterRefused(
        `this agent's data directory ${dataDir} belongs to cell ${known}, but the master is that of cell ${welcome.cellId}: use another data directory, or run \`stowctl down\` on this one first`,
      );
    }
    if (!known) {
      await this.checkpoint.saveCellId(welcome.cellId);
      await this.startLocal(welcome.cellId);
    }
    log.info({ cell: welcome.cellId, masterVersion: welcome.masterVersion }, 'welcomed by the master');
    this.session = session;
    for (const { desired, status } of this.local?.pods.statuses() ?? []) this.reports.status(desired, status);
    this.reports.use(session);
    this.becomeReady();
    // What changed between hello and now.
    await this.node.report(session);
  }

  private lost(): void {
    this.session = undefined;
    this.reports.use(undefined);
  }

  private message(message: FromMaster, session: Session): void {
    const { local, runtime } = this;
    if (!local) return;
    if (message.assignments) local.pods.assign(message.assignments);
    if (message.openTunnel) {
      void serveTunnel(message.openTunnel, session, { store: local.store, runtime, log: this.options.log });
    }
  }

  private heartbeat(session: Session): void {
    session.send({ message: 'heartbeat', heartbeat: {} });
    void this.node.report(session);
    this.membership.refresh();
  }

  private registerMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
    const pods = () => this.local?.pods.count ?? 0;
    new Gauge({
      name: 'stowage_agent_pods',
      help: 'Pods this agent takes care of.',
      registers: [this.registry],
      collect() {
        this.set(pods());
      },
    });
  }
}
