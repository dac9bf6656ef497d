import { mkdir } from 'node:fs/promises';
import { quantityMilli, quantityValue } from '../api/meta/quantity.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { collectDefaultMetrics, Gauge, Registry } from '../platform/metrics.ts';
import type { Rng } from '../platform/rng.ts';
import type { FromMaster, Hello, OpenTunnel, Welcome } from '../proto/messages.ts';
import { Checkpoint } from './checkpoint.ts';
import { Connection } from './connection.ts';
import type { Surroundings } from './container-spec.ts';
import { ContainerStore } from './container-store.ts';
import { dockerRuntime } from './docker/docker-runtime.ts';
import { Enrolment } from './enrolment.ts';
import { Executor } from './execute.ts';
import { grpcTransport } from './grpc/transport.ts';
import { ImagePuller } from './images.ts';
import { cellLabels, type Owner } from './labels.ts';
import { serveLogs } from './logs.ts';
import { type Machine, readMachine, readPressure } from './machine.ts';
import type { Agent } from './main.ts';
import { registerContainerMetrics } from './metrics/containers.ts';
import { MetricsServer } from './metrics/server.ts';
import { type NodeFacts, type NodeStatus, nodeObject, nodeStatus, type Reserved, sameNodeStatus } from './node-report.ts';
import { Observer } from './observe.ts';
import { ensurePauseImage } from './pause/image.ts';
import type { DesiredPod } from './plan/state.ts';
import { podKey } from './pod-types.ts';
import { Pods } from './pods.ts';
import { Reports } from './reports.ts';
import type { ContainerRuntime, RuntimeInfo } from './runtime.ts';
import { type AgentTransport, MasterRefused, MasterUnreachable, type Session, type Tunnel } from './transport.ts';
import { packageVersion } from './version.ts';

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

/** What exists once the cell's id is known: everything that touches containers. */
interface Local {
  readonly owner: Owner;
  readonly observer: Observer;
  readonly pods: Pods;
}

/**
 * Wires the agent up. Owns, in the order in which they are started: the runtime, the local part (observer and pods, from the
 * moment the cell's id is known), the certificate with the metrics server, and the connection to the master.
 */
export class CellAgent implements Agent {
  readonly whenReady: Promise<void>;
  private readonly options: AgentOptions;
  private readonly runtime: ContainerRuntime;
  private readonly checkpoint: Checkpoint;
  private readonly store: ContainerStore;
  private readonly reports: Reports;
  private readonly images: ImagePuller;
  private readonly registry = new Registry();
  private readonly connection: Connection;
  private readonly ready = Promise.withResolvers<void>();
  private local: Local | undefined;
  private enrolment: Enrolment | undefined;
  private metrics: MetricsServer | undefined;
  private transport: AgentTransport | undefined;
  private session: Session | undefined;
  private engine: RuntimeInfo | undefined;
  private engineDown: string | undefined = 'it has not been asked yet';
  private machine: Machine | undefined;
  private nodeStatus: NodeStatus | undefined;

  constructor(options: AgentOptions) {
    const { clock, rng, log } = options;
    this.options = options;
    this.runtime = options.runtime ?? dockerRuntime({ host: options.dockerHost, clock });
    this.checkpoint = new Checkpoint(options.dataDir, log);
    this.store = new ContainerStore((uid) => this.local?.pods.changed(uid));
    this.reports = new Reports(clock);
    this.images = new ImagePuller(this.runtime);
    this.connection = new Connection({
      transport: () => this.dialler(),
      hello: () => this.hello(),
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
    return this.metrics && `https://${this.machine?.address ?? '127.0.0.1'}:${this.metrics.port}/metrics`;
  }

  async start(): Promise<void> {
    const { dataDir, cellId } = this.options;
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    this.registerMetrics();
    this.engine = await this.runtime.info().catch(() => undefined);
    this.machine = await readMachine(dataDir, this.engine);
    const known = cellId ?? (await this.checkpoint.cellId());
    if (known) await this.startLocal(known);
    await this.dialler().catch((error) => {
      if (!(error instanceof MasterUnreachable)) throw error;
    });
    await this.connection.start();
  }

  async stop(): Promise<void> {
    await this.connection.stop();
    this.images.stop();
    await this.local?.pods.stop();
    this.reports.stop();
    await this.local?.observer.stop();
    await this.metrics?.stop();
    await this.enrolment?.stop();
    this.runtime.close();
  }

  /** Takes up what is on this machine of the cell, and goes on with it whether the master is there or not. */
  private async startLocal(cellId: string): Promise<void> {
    const { options, runtime, store, checkpoint, images, reports } = this;
    const { clock, rng, log, nodeName } = options;
    const owner = { cellId, nodeName };
    const observer = new Observer({
      runtime,
      owner,
      store,
      prepare: () => this.prepareEngine(cellId),
      changed: (down) => this.engineChanged(down),
      clock,
      rng,
      log,
    });
    const architecture = () => this.engine?.architecture ?? this.machine?.architecture ?? 'amd64';
    const executor = new Executor({ runtime, store, observer, images, clock, log, architecture });
    const pods = new Pods({
      checkpoint,
      store,
      log,
      reportStatus: (desired, status) => reports.status(desired, status),
      worker: {
        executor,
        clock,
        log,
        engineUp: () => this.engineDown === undefined,
        hostIp: () => this.machine?.address ?? '127.0.0.1',
        surroundings: (desired) => this.surroundings(desired, owner),
        reportEvent: (desired, event) => reports.event(desired, event),
        reportGone: (desired) => reports.podGone(desired),
      },
    });
    this.local = { owner, observer, pods };
    await pods.start();
    await observer.start();
  }

  private surroundings({ pod }: DesiredPod, owner: Owner): Surroundings {
    const { uid } = podKey(pod);
    const allocatable = this.nodeStatus?.allocatable;
    return {
      pod,
      owner,
      nodeName: owner.nodeName,
      networkName: networkName(owner.cellId),
      podDir: this.checkpoint.podDir(uid),
      hostIp: this.machine?.address ?? '127.0.0.1',
      podIp: this.store.of(uid).find((one) => one.role === 'sandbox' && one.state === 'running')?.ip,
      allocatable: {
        cpuMilli: allocatable?.cpu ? quantityMilli(allocatable.cpu) : (this.machine?.cpuMilli ?? 1000),
        memoryBytes: allocatable?.memory ? quantityValue(allocatable.memory) : (this.machine?.memoryBytes ?? 1),
      },
    };
  }

  private async prepareEngine(cellId: string): Promise<void> {
    this.engine = await this.runtime.info();
    this.machine = await readMachine(this.options.dataDir, this.engine);
    await Promise.all([
      this.runtime.ensureNetwork(networkName(cellId), cellLabels(cellId)),
      ensurePauseImage(this.runtime, this.engine.architecture),
    ]);
  }

  private engineChanged(down: Error | undefined): void {
    const before = this.engineDown;
    this.engineDown = down?.message;
    if (before === this.engineDown) return;
    if (!down) {
      if (this.session) this.ready.resolve();
      this.local?.pods.wakeAll();
    }
    if (this.session) void this.reportNode(this.session);
  }

  /** Joins the cell if need be; what it gives can dial. */
  private async dialler(): Promise<AgentTransport> {
    this.transport ??= this.options.transport ?? (await this.enrol());
    return this.transport;
  }

  private async enrol(): Promise<AgentTransport> {
    const { dataDir, masterUrl, joinToken, nodeName, clock, log, metricsPort } = this.options;
    const addresses = this.machine ? [this.machine.address] : [];
    const enrolment = new Enrolment({ dataDir, masterUrl, joinToken, nodeName, addresses, clock, log });
    await enrolment.start();
    this.enrolment = enrolment;
    const metrics = new MetricsServer({ port: metricsPort, ...enrolment.identity, registry: this.registry });
    await metrics.start();
    this.metrics = metrics;
    return grpcTransport({ masterUrl, identity: () => enrolment.identity, clock });
  }

  private async hello(): Promise<Hello> {
    const facts = await this.nodeFacts();
    const node = nodeObject(facts, this.nodeStatus, this.options.clock.now());
    this.nodeStatus = node.status;
    return { nodeName: this.options.nodeName, agentVersion: packageVersion(), nodeJson: JSON.stringify(node) };
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
    if (this.engineDown === undefined) this.ready.resolve();
    // What changed between hello and now.
    await this.reportNode(session);
  }

  private lost(): void {
    this.session = undefined;
    this.reports.use(undefined);
  }

  private message(message: FromMaster, session: Session): void {
    if (message.assignments) this.local?.pods.assign(message.assignments);
    if (message.openTunnel) void this.openTunnel(message.openTunnel, session);
  }

  private async openTunnel(request: OpenTunnel, session: Session): Promise<void> {
    let tunnel: Tunnel | undefined;
    try {
      tunnel = session.tunnel(request.id);
      if (request.log) await serveLogs(request.log, tunnel, this.store, this.runtime);
      else {
        const message = `this agent does not offer ${request.what ?? 'this'} yet`;
        await tunnel.write({ frame: 'result', result: { ok: false, exitCode: 0, message } });
      }
    } catch (error) {
      this.options.log.debug({ err: error, tunnel: request.id }, 'a tunnel ended early');
    } finally {
      tunnel?.close();
    }
  }

  private heartbeat(session: Session): void {
    session.send({ message: 'heartbeat', heartbeat: {} });
    void this.reportNode(session);
    if (this.enrolment) this.metrics?.renew(this.enrolment.identity);
  }

  /** Tells the master what changed of the node, if anything did. */
  private async reportNode(session: Session): Promise<void> {
    try {
      const status = nodeStatus(await this.nodeFacts(), this.nodeStatus, this.options.clock.now());
      const same = this.nodeStatus !== undefined && sameNodeStatus(status, this.nodeStatus);
      this.nodeStatus = status;
      if (!same) session.send({ message: 'node', node: { statusJson: JSON.stringify(status) } });
    } catch (error) {
      this.options.log.warn({ err: error }, 'could not read the state of this machine');
    }
  }

  private async nodeFacts(): Promise<NodeFacts> {
    const { dataDir, nodeName, reserved, maxPods, labels, metricsPort } = this.options;
    this.machine ??= await readMachine(dataDir, this.engine);
    return {
      nodeName,
      machine: this.machine,
      pressure: await readPressure(dataDir),
      reserved: reserved ?? { cpuMilli: 0, memoryBytes: 0 },
      maxPods: maxPods ?? DEFAULT_MAX_PODS,
      agentVersion: packageVersion(),
      metricsPort: this.metrics?.port ?? metricsPort,
      // Before the cell is known nothing has been asked of the engine but whether it is there.
      engineDown: this.local ? this.engineDown : this.engine ? undefined : this.engineDown,
      labels: labels ?? {},
    };
  }

  private registerMetrics(): void {
    const { registry } = this;
    collectDefaultMetrics({ register: registry });
    registerContainerMetrics(registry, this.store, this.runtime);
    const pods = () => this.local?.pods.count ?? 0;
    new Gauge({
      name: 'stowage_agent_pods',
      help: 'Pods this agent takes care of.',
      registers: [registry],
      collect() {
        this.set(pods());
      },
    });
  }
}

/** One network per cell on each machine. */
const networkName = (cellId: string): string => `stowage-${cellId}`;
