import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FromMaster, Welcome } from '../proto/messages.ts';
import type { AgentOptions } from './agent-options.ts';
import { agentPages } from './agent-pages.ts';
import { apiServerOf } from './api-server.ts';
import { Checkpoint } from './checkpoint.ts';
import { Connection } from './connection.ts';
import { dockerRuntime } from './docker/docker-runtime.ts';
import { DEFAULT_IMAGE_OPTIONS } from './images/image-options.ts';
import { LocalPart } from './local-part.ts';
import type { Agent } from './main.ts';
import { Masters } from './masters.ts';
import { Membership } from './membership.ts';
import { ContainerReader } from './metrics/container-reader.ts';
import { machineUsage } from './metrics/machine-usage.ts';
import type { Page } from './metrics/pages.ts';
import { UsageSampler } from './metrics/usage-sampler.ts';
import { DEFAULT_NAME_OPTIONS } from './names/name-options.ts';
import { CellNetwork } from './network/cell-network.ts';
import { NodeKeeper } from './node-keeper.ts';
import { DEFAULT_NODE_OPTIONS, type NodeOptions } from './node-options.ts';
import { NodeReporter } from './node-reporter.ts';
import { Reports } from './reports.ts';
import type { ContainerRuntime } from './runtime.ts';
import { inwards, outwards } from './static-pods/other-names.ts';
import { serveTunnel } from './streams/tunnels.ts';
import { MasterRefused, MasterUnreachable, type Session } from './transport.ts';
import { diskVolumes } from './volumes/disk-volumes.ts';

/**
 * Wires the agent up. Owns, in the order in which they are started: the runtime, the local part (from the moment the cell's id
 * is known), the keeper of the machine, the membership with its metrics server, and the connection to the master.
 */
export class CellAgent implements Agent {
  readonly whenReady: Promise<void>;
  private readonly options: AgentOptions;
  private readonly runtime: ContainerRuntime;
  private readonly checkpoint: Checkpoint;
  private readonly reports: Reports;
  private readonly node: NodeReporter;
  private readonly nodeOptions: NodeOptions;
  private readonly keeper: NodeKeeper;
  private readonly masters: Masters;
  private readonly membership: Membership;
  private readonly connection: Connection;
  private readonly network: CellNetwork;
  private readonly ready = Promise.withResolvers<void>();
  private local: LocalPart | undefined;
  private usage: UsageSampler | undefined;
  private session: Session | undefined;
  private engineUp = false;

  constructor(options: AgentOptions) {
    const { clock, rng, log, metricsPort, labels } = options;
    this.options = options;
    this.runtime = options.runtime ?? dockerRuntime({ host: options.dockerHost, logs: options.logs, clock });
    this.checkpoint = new Checkpoint(options.dataDir, log);
    this.reports = new Reports(clock, (pod) => this.local?.ownPods.refOf(pod));
    this.nodeOptions = { ...DEFAULT_NODE_OPTIONS, ...options.node };
    this.keeper = this.makeKeeper();
    this.network = new CellNetwork(options);
    this.node = new NodeReporter({
      ...options,
      options: this.nodeOptions,
      pressures: () => this.keeper.pressures,
      problems: () => this.keeper.problems,
      labels: labels ?? {},
      annotations: () => this.network.annotations(),
      metricsPort: () => this.membership.metricsPort ?? metricsPort,
    });
    this.masters = new Masters({
      given: [options.masterUrl, ...(options.otherMasterUrls ?? [])],
      file: join(options.dataDir, `agent-${options.nodeName}`, 'masters.json'),
      rng,
    });
    this.membership = new Membership({
      ...options,
      masters: this.masters,
      address: () => this.node.address,
      pages: this.pages(),
    });
    this.connection = new Connection({
      transport: async (signal) => options.transport ?? this.membership.dialler(signal),
      hello: () => this.node.hello(),
      welcomed: (welcome, session) => this.welcomed(welcome, session),
      message: (message, session) => this.message(message, session),
      lost: () => this.lost(),
      heartbeat: (session) => this.heartbeat(session),
      refused: (reason) => this.refused(reason),
      moveOn: () => this.masters.moveOn(),
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
    await this.node.refresh(await this.runtime.info().catch(() => undefined));
    await this.keeper.start();
    if (!transport) await this.network.load();
    if (!transport) await this.masters.load();
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
    await this.network.stop();
    await this.keeper.stop();
    this.usage?.stop();
    await this.local?.stop();
    this.reports.stop();
    await this.membership.stop();
    this.runtime.close();
  }

  /** Takes up what is on this machine of the cell, and goes on with it whether the master is there or not. */
  private async startLocal(cellId: string): Promise<void> {
    const { options, runtime, checkpoint, reports, node } = this;
    const { clock, rng, log, nodeName, dataDir } = options;
    const seccompRoot = this.nodeOptions.seccompRoot ?? join(dataDir, 'seccomp');
    const ofNode = { options: this.nodeOptions, seccompRoot };
    const engineChanged = (down: Error | undefined) => this.engineChanged(down);
    const apiServer = () => apiServerOf(this.masters.current, node.address);
    const names = { ...DEFAULT_NAME_OPTIONS, ...options.names };
    const images = { ...DEFAULT_IMAGE_OPTIONS, ...options.images };
    const volumes = diskVolumes();
    const parts = {
      runtime,
      checkpoint,
      reports,
      node,
      volumes,
      ...ofNode,
      askMaster: this.askMaster.bind(this),
      podManifestPath: options.podManifestPath,
      apiServer,
      names,
      network: this.network,
      images,
      engineChanged,
      clock,
      rng,
      log,
    };
    this.local = new LocalPart({ cellId, nodeName }, parts);
    await this.local.start();
    this.measureUsage(this.local);
    await this.keeper.watchOver(this.local);
  }

  private async askMaster(...request: Parameters<Membership['call']>): ReturnType<Membership['call']> {
    if (this.options.transport) throw new Error('this agent has no way to ask its master');
    return this.membership.call(...request);
  }

  private measureUsage(local: LocalPart): void {
    const { store } = local;
    const { runtime, node } = this;
    const { clock } = this.options;
    this.usage = new UsageSampler({
      store,
      reader: new ContainerReader(runtime, clock),
      machine: () => machineUsage(node.memoryBytes),
      report: (usage) =>
        void this.session?.send({ message: 'usage', usage: outwards(usage, (uid) => local.ownPods.knownUid(uid)) }),
      clock,
    });
    this.usage.start();
  }

  private makeKeeper(): NodeKeeper {
    const { runtime, checkpoint, reports, nodeOptions, options } = this;
    const { dataDir, clock, log } = options;
    return new NodeKeeper({
      ...{ options: nodeOptions, dataDir, runtime, checkpoint, reports, clock, log },
      node: () => this.node,
      signals: options.signals ?? (options.runtime && (async () => new Map())),
      changed: () => void (this.session && this.node.report(this.session)),
    });
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
    this.masters.settle();
    this.network.welcomed(welcome.network);
    if (!known) {
      await this.checkpoint.saveCellId(welcome.cellId);
      await this.startLocal(welcome.cellId);
    }
    await this.learn(welcome.masters);
    log.info(
      { cell: welcome.cellId, master: this.masters.current, masterVersion: welcome.masterVersion },
      'welcomed by the master',
    );
    this.keeper.compareClock(welcome.nowMs);
    this.session = session;
    for (const { desired, status } of this.local?.pods.statuses() ?? []) this.reports.status(desired, status);
    this.reports.use(session);
    this.local?.masterIsBack();
    this.becomeReady();
    // What changed between hello and now.
    await this.node.report(session);
  }

  private refused(reason: MasterRefused): void {
    if (reason.certificate) this.membership.distrust();
    else this.ready.reject(reason);
  }

  /** Never rejects. */
  private async learn(masterUrls: readonly string[]): Promise<void> {
    const failed = (err: unknown) => this.options.log.warn({ err }, "could not keep the masters' addresses");
    await this.masters.learn(masterUrls).catch(failed);
  }

  private lost(): void {
    this.session = undefined;
    this.reports.use(undefined);
  }

  private message(message: FromMaster, session: Session): void {
    const { local, runtime } = this;
    if (message.masters) void this.learn(message.masters.urls);
    if (message.network) this.network.take(message.network);
    if (!local) return;
    if (message.assignments) local.pods.assign(message.assignments);
    if (message.openTunnel) {
      const request = inwards(message.openTunnel, (uid) => local.ownPods.uidOf(uid));
      void serveTunnel(request, session, { store: local.store, runtime, log: this.options.log });
    }
  }

  private heartbeat(session: Session): void {
    session.send({ message: 'heartbeat', heartbeat: {} });
    void this.keeper.examine().then(() => this.node.report(session));
    this.membership.refresh();
  }

  private pages(): Readonly<Record<string, Page>> {
    const { node, runtime, options } = this;
    const ingress = () => this.network.ingressMetrics();
    return agentPages({ local: () => this.local, node, runtime, ingress, clock: options.clock });
  }
}
