import type { Clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Rng } from '../platform/rng.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Surroundings } from './container-spec.ts';
import { ContainerStore } from './container-store.ts';
import { Executor } from './execute.ts';
import { ImagePuller } from './images.ts';
import { cellLabels, type Owner } from './labels.ts';
import { engineOperationsAtOnce } from './machine.ts';
import type { NodeReporter } from './node-reporter.ts';
import { Observer } from './observe.ts';
import { ensurePauseImage } from './pause/image.ts';
import { podKey } from './pod-types.ts';
import { Pods } from './pods.ts';
import type { Reports } from './reports.ts';
import type { ContainerRuntime } from './runtime.ts';
import type { VolumeOperations } from './volumes.ts';

export interface LocalParts {
  readonly runtime: ContainerRuntime;
  readonly checkpoint: Checkpoint;
  readonly reports: Reports;
  readonly node: NodeReporter;
  readonly volumes: VolumeOperations;
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
  private readonly images: ImagePuller;
  private up = false;

  constructor(owner: Owner, parts: LocalParts) {
    const { runtime, checkpoint, reports, node, volumes, clock, rng, log } = parts;
    this.owner = owner;
    this.parts = parts;
    this.store = new ContainerStore((uid) => this.pods.changed(uid));
    this.images = new ImagePuller(runtime);
    const { store, images } = this;
    const prepare = () => this.prepare();
    const changed = (down: Error | undefined) => this.engineChanged(down);
    this.observer = new Observer({ runtime, owner, store, prepare, changed, clock, rng, log });
    const { observer } = this;
    const architecture = () => node.architecture;
    const executor = new Executor({
      ...{ runtime, store, observer, images, volumes, clock, log, architecture },
      operationsAtOnce: engineOperationsAtOnce(),
    });
    this.pods = new Pods({
      checkpoint,
      store,
      log,
      reportStatus: (desired, status) => reports.status(desired, status),
      worker: {
        executor,
        clock,
        log,
        engineUp: () => this.up,
        hostIp: () => node.address,
        resize: () => undefined,
        surroundings: ({ pod }) => this.surroundings(pod),
        reportEvent: (desired, event) => reports.event(desired, event),
        reportGone: (desired) => reports.podGone(desired),
      },
    });
  }

  async start(): Promise<void> {
    await this.pods.start();
    await this.observer.start();
  }

  async stop(): Promise<void> {
    this.images.stop();
    await this.pods.stop();
    await this.observer.stop();
    await this.parts.checkpoint.flush();
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
    };
  }

  /** What containers need of the engine, each time it (re)appears: it may be another one. */
  private async prepare(): Promise<void> {
    const { runtime, node } = this.parts;
    const { cellId } = this.owner;
    await node.refresh(await runtime.info());
    await Promise.all([
      runtime.ensureNetwork(networkName(cellId), cellLabels(cellId)),
      ensurePauseImage(runtime, node.architecture),
    ]);
  }

  private engineChanged(down: Error | undefined): void {
    this.up = down === undefined;
    if (this.up) this.pods.wakeAll();
    this.parts.engineChanged(down);
  }
}

/** One network per cell on each machine. */
export const networkName = (cellId: string): string => `stowage-${cellId}`;
