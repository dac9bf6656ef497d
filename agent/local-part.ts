import type { Clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Rng } from '../platform/rng.ts';
import { admit } from './admission/admission.ts';
import type { ApiServer } from './api-server.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Surroundings } from './container-spec.ts';
import { ContainerStore } from './container-store.ts';
import { Executor } from './execute.ts';
import { diskOf } from './images/disk.ts';
import type { ImageOptions } from './images/image-options.ts';
import { ImageUses } from './images/image-uses.ts';
import { Images } from './images/images.ts';
import { cellLabels, type Owner } from './labels.ts';
import { engineOperationsAtOnce } from './machine.ts';
import type { AskMaster } from './master-call.ts';
import type { NameOptions } from './names/name-options.ts';
import type { CellNetwork } from './network/cell-network.ts';
import type { NodeOptions } from './node-options.ts';
import type { NodeReporter } from './node-reporter.ts';
import { NodeResources } from './node-resources.ts';
import { Observer } from './observe.ts';
import { ensurePauseImage } from './pause/image.ts';
import { podKey } from './pod-types.ts';
import { Pods } from './pods.ts';
import { removeLeftovers } from './pressure/leftovers.ts';
import { Probers } from './probes/probers.ts';
import type { Reports } from './reports.ts';
import { resizeRefusal } from './resize.ts';
import type { ContainerRuntime } from './runtime.ts';
import { OwnPods } from './static-pods/own-pods.ts';
import { isStatic } from './static-pods/static-pod.ts';
import { nodeTokens } from './tokens/node-tokens.ts';
import type { Tokens } from './tokens/tokens.ts';
import type { VolumeOperations } from './volumes/disk-volumes.ts';
import { VolumeKeeper } from './volumes/volume-keeper.ts';

export interface LocalParts {
  readonly runtime: ContainerRuntime;
  readonly checkpoint: Checkpoint;
  readonly reports: Reports;
  readonly node: NodeReporter;
  readonly volumes: VolumeOperations;
  readonly options: NodeOptions;
  /** Where seccomp profiles of pods lie. */
  readonly seccompRoot: string;
  readonly askMaster: AskMaster;
  /** Where manifests of static pods lie. */
  readonly podManifestPath: string | undefined;
  readonly names: NameOptions;
  /** Absent: each engine has a network of its own. */
  readonly network?: CellNetwork;
  readonly images: ImageOptions;
  /** Where pods find the API server. */
  readonly apiServer: () => ApiServer;
  /** The engine answers (undefined) and all is listed, or why it does not. */
  readonly engineChanged: (down: Error | undefined) => void;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

/**
 * All of the agent that touches containers: observer, executor and pods. It needs no master, only the cell's id. Owns what it
 * wires up.
 */
export class LocalPart implements Service {
  readonly owner: Owner;
  readonly pods: Pods;
  readonly store: ContainerStore;
  private readonly parts: LocalParts;
  private readonly observer: Observer;
  private readonly images: Images;
  readonly probes: Probers;
  /** The pods that this machine runs by itself. */
  readonly ownPods: OwnPods;
  private readonly tokens: Tokens;
  private readonly keeper: VolumeKeeper;
  private readonly resources: NodeResources;
  /** What people were last told that pods lack here. */
  private shortcoming: string | undefined;
  private up = false;

  constructor(owner: Owner, parts: LocalParts) {
    const { runtime, checkpoint, reports, node, volumes, options, seccompRoot, clock, rng, log } = parts;
    this.owner = owner;
    this.parts = parts;
    this.store = new ContainerStore((uid) => this.pods.changed(uid));
    this.images = new Images({
      ...{ runtime, ...parts.images, clock, log },
      uses: new ImageUses(checkpoint.path('images.json')),
      inUse: () => this.store.images(),
      disk: () => diskOf(node.imageDir),
      listed: (listed) => node.imagesChanged(listed),
      event: (event) => reports.nodeEvent(event),
    });
    this.tokens = this.makeTokens();
    this.ownPods = this.makeOwnPods();
    this.probes = new Probers({ runtime, clock, rng });
    this.keeper = this.makeKeeper();
    const room = () => node.room;
    this.resources = new NodeResources({ cellId: owner.cellId, options, store: this.store, room });
    const { store, images, resources } = this;
    const prepare = () => this.prepare();
    const changed = (down: Error | undefined) => this.engineChanged(down);
    this.observer = new Observer({ runtime, owner, store, prepare, changed, clock, rng, log });
    const { observer } = this;
    const architecture = () => node.architecture;
    const executor = new Executor({
      ...{ runtime, store, observer, images, volumes, resources, seccompRoot, clock, log, architecture },
      guard: async (pod, podIp) => parts.network?.guard(pod, podIp),
      operationsAtOnce: engineOperationsAtOnce(),
    });
    this.pods = new Pods({
      checkpoint,
      store,
      log,
      tokens: this.tokens,
      mirrors: this.ownPods.mirrors,
      forgotten: (pod) => this.ownPods.gone(pod),
      reportStatus: (desired, status) => reports.status(desired, status),
      volumeTold: (volume) => this.keeper.told(volume),
      admit: (pod, others, told) => {
        const { allowedUnsafeSysctls } = options;
        const known = { name: owner.nodeName, labels: told ?? node.labels, complete: told !== undefined };
        return admit(pod, others, { ...known, room: node.room, allowedUnsafeSysctls });
      },
      worker: {
        executor,
        probes: this.probes,
        clock,
        log,
        engineUp: () => this.up,
        hostIp: () => node.address,
        resize: ({ pod }, status) => resizeRefusal(pod, status, () => this.pods.booked(podKey(pod).uid), node.room),
        surroundings: ({ pod }) => this.surroundings(pod),
        reportEvent: (desired, event) => reports.event(desired, event),
        // The picture of a static pod goes by the hand of who made it.
        reportGone: (desired) => !isStatic(desired.pod) && reports.podGone(desired),
      },
    });
  }

  async start(): Promise<void> {
    await this.images.start();
    await this.pods.start();
    await this.ownPods.start();
    await this.keeper.start();
    await this.observer.start();
  }

  async stop(): Promise<void> {
    await this.images.stop();
    await this.pods.stop();
    this.probes.stop();
    this.tokens.stop();
    await this.ownPods.stop();
    await this.keeper.stop();
    await this.observer.stop();
    await this.parts.checkpoint.flush();
  }

  /** CPU is short, or is so no more. */
  throttle(cpuShort: boolean): void {
    this.resources.throttle(cpuShort, [...this.pods.holding()]);
  }

  /** Gives back room on disk: images that nobody uses, else what pods have left. The bytes it got, about. */
  async reclaim(bytes: number): Promise<number> {
    const { store, pods, images } = this;
    const { runtime, checkpoint } = this.parts;
    const podDir = (uid: string) => checkpoint.podDir(uid);
    const freed = await images.collector.collect(bytes);
    return freed || removeLeftovers({ runtime, store, over: () => pods.over(), podDir });
  }

  /** A master has welcomed the agent. */
  masterIsBack(): void {
    this.tokens.tryAgain();
  }

  private makeOwnPods(): OwnPods {
    const { askMaster: ask, podManifestPath: directory, reports, clock, rng, log } = this.parts;
    const { nodeName } = this.owner;
    const faulty = (message: string) =>
      reports.nodeEvent({ eventType: 'Warning', reason: 'InvalidStaticPod', message });
    return new OwnPods({ ...{ nodeName, directory, ask, faulty, clock, rng, log }, pods: () => this.pods });
  }

  private makeTokens(): Tokens {
    const { checkpoint, askMaster: ask, clock, rng } = this.parts;
    const podDir = (uid: string) => checkpoint.podDir(uid);
    return nodeTokens({ ...{ ask, podDir, clock, rng }, changed: (uid) => this.pods.tokensChanged(uid) });
  }

  /** Pods that are over, and of which nothing runs any more. */
  private *atRest(): Generator<string> {
    for (const { desired } of this.pods.statuses()) {
      const { uid } = podKey(desired.pod);
      if (this.pods.isOver(uid) && this.store.of(uid).every(({ state }) => state !== 'running')) yield uid;
    }
  }

  private makeKeeper(): VolumeKeeper {
    const { runtime, checkpoint, reports, clock, log } = this.parts;
    return new VolumeKeeper({
      ...{ owner: this.owner, runtime, clock, log },
      pods: () => [...this.pods.holding()],
      podDir: (uid) => checkpoint.podDir(uid),
      end: (uid, ending) => this.pods.end(uid, ending),
      over: () => this.atRest(),
      known: (uid) => this.pods.find(uid) !== undefined || this.store.of(uid).length > 0,
      erased: (name) => reports.volumeErased(name),
    });
  }

  private surroundings(pod: Surroundings['pod']): Surroundings {
    const { owner, parts, store } = this;
    const { uid } = podKey(pod);
    const sandbox = store.of(uid).find((one) => one.role === 'sandbox' && one.state === 'running');
    return {
      pod,
      owner,
      nodeName: owner.nodeName,
      networkName: networkName(owner.cellId),
      podDir: parts.checkpoint.podDir(uid),
      hostIp: parts.node.address,
      podIp: sandbox?.ip,
      allocatable: parts.node.allocatable,
      apiServer: parts.apiServer(),
      links: () => parts.network?.linksFor(pod) ?? new Map(),
      names: parts.network?.namesFor(parts.names) ?? parts.names,
      ...this.resources.placeOf(pod),
    };
  }

  /** What containers need of the engine, each time it (re)appears: it may be another one. */
  private async prepare(): Promise<void> {
    const { runtime, node, network } = this.parts;
    const { cellId } = this.owner;
    const engine = await runtime.info();
    await node.refresh(engine);
    this.resources.use(engine);
    this.tellShortcoming();
    const bridge = await network?.bridgeFor(cellId);
    await Promise.all([
      runtime.ensureNetwork(networkName(cellId), cellLabels(cellId), bridge),
      ensurePauseImage(runtime, node.architecture),
    ]);
    await network?.open(cellId);
  }

  /** Once, and again when it is another. */
  private tellShortcoming(): void {
    const { shortcoming } = this.resources;
    if (shortcoming === this.shortcoming) return;
    this.shortcoming = shortcoming;
    if (shortcoming === undefined) return;
    this.parts.log.warn({}, shortcoming);
    this.parts.reports.nodeEvent({ eventType: 'Warning', reason: 'NoPodCgroups', message: shortcoming });
  }

  private engineChanged(down: Error | undefined): void {
    this.up = down === undefined;
    if (this.up) this.pods.wakeAll();
    if (this.up) void this.keeper.sweep();
    if (this.up) void this.images.collector.look();
    this.parts.engineChanged(down);
  }
}

/** One network per cell on each machine. */
export const networkName = (cellId: string): string => `stowage-${cellId}`;
