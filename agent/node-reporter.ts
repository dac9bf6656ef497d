import { resolve } from 'node:path';
import { LOCAL_PATH_BASE } from '../api/core/local-path.ts';
import { quantityMilli, quantityValue } from '../api/meta/quantity.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { stowageVersion } from '../platform/version.ts';
import type { Hello } from '../proto/messages.ts';
import { capacityOf } from './capacity.ts';
import type { PodFacts } from './environment.ts';
import { nodeImages } from './images/collection.ts';
import { type Machine, readMachine } from './machine.ts';
import type { Amounts, NodeOptions } from './node-options.ts';
import {
  type Found,
  type NodeFacts,
  type NodeStatus,
  nodeLabels,
  nodeObject,
  nodeStatus,
  sameNodeStatus,
} from './node-report.ts';
import type { PressureType, Shortage } from './pressure/pressure.ts';
import type { RuntimeInfo, StoredImage } from './runtime.ts';
import type { Session } from './transport.ts';

export interface NodeReporterParts {
  readonly dataDir: string;
  readonly nodeName: string;
  readonly options: NodeOptions;
  /** What the machine is short of, and what else is wrong with it. */
  readonly pressures: () => ReadonlyMap<PressureType, Shortage | undefined>;
  readonly problems: () => readonly Found[];
  readonly labels: Readonly<Record<string, string>>;
  /** Further things to say when it introduces itself. */
  readonly annotations?: () => Promise<Readonly<Record<string, string>>>;
  readonly metricsPort: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Knows the machine and what the master was last told of it. Owns that memory; reads the machine only when asked to. */
export class NodeReporter {
  private readonly parts: NodeReporterParts;
  private readonly version = stowageVersion();
  private engine: RuntimeInfo | undefined;
  private images: NodeStatus['images'];
  private engineDown: string | undefined = 'it has not answered yet';
  private known: Machine | undefined;
  private status: NodeStatus | undefined;

  constructor(parts: NodeReporterParts) {
    this.parts = parts;
  }

  /** Address of the machine; after {@link refresh}. */
  get address(): string {
    return this.known?.address ?? '127.0.0.1';
  }

  /** The engine's, as Go names it. */
  get architecture(): string {
    return this.known?.architecture ?? 'amd64';
  }

  /** All memory of the machine that the engine is on. */
  get memoryBytes(): number {
    return this.known?.memoryBytes ?? 0;
  }

  /** What pods may have of the machine. */
  get allocatable(): PodFacts['allocatable'] {
    const { cpu, memory } = this.status?.allocatable ?? {};
    return {
      cpuMilli: cpu ? quantityMilli(cpu) : (this.known?.cpuMilli ?? 1000),
      memoryBytes: memory ? quantityValue(memory) : (this.known?.memoryBytes ?? 1),
    };
  }

  /** The same, of every resource; nothing is known to fit before the machine has been read. */
  get room(): Amounts {
    return this.known ? capacityOf(this.known, this.parts.options).allocatable : {};
  }

  /** Labels that the agent gives its node. */
  get labels(): Readonly<Record<string, string>> {
    const { nodeName, labels } = this.parts;
    return this.known ? nodeLabels(nodeName, this.known, labels) : labels;
  }

  get cpus(): number {
    return (this.known?.cpuMilli ?? 1000) / 1000;
  }

  get bootId(): string {
    return this.known?.bootId ?? '';
  }

  /** The engine has answered, and is on another machine. */
  get isRemote(): boolean {
    return this.engine !== undefined && this.engine.dataRoot === undefined;
  }

  /** Where the engine keeps images and containers; undefined while it has not answered. */
  get imageDir(): string | undefined {
    return this.engine?.dataRoot;
  }

  /** Images were listed. */
  imagesChanged(images: readonly StoredImage[]): void {
    this.images = nodeImages(images);
  }

  /** Reads the machine anew; `engine` where it answers. Rejects when the data directory cannot be read. */
  async refresh(engine: RuntimeInfo | undefined): Promise<void> {
    this.engine = engine ?? this.engine;
    this.engineDown = engine ? undefined : this.engineDown;
    this.known = await readMachine(this.parts.dataDir, this.engine);
  }

  /** The engine answers (undefined), or why it does not. Returns whether that is news. */
  engineChanged(down: string | undefined): boolean {
    const news = down !== this.engineDown;
    this.engineDown = down;
    return news;
  }

  async hello(): Promise<Hello> {
    const node = nodeObject(await this.facts(), this.status, this.parts.clock.now());
    const more = await this.parts.annotations?.();
    const annotations = { [LOCAL_PATH_BASE]: resolve(this.parts.dataDir, 'local-path'), ...more };
    node.metadata = { ...node.metadata, annotations };
    this.status = node.status;
    return { nodeName: this.parts.nodeName, agentVersion: this.version, nodeJson: JSON.stringify(node) };
  }

  /** Tells the master what changed of the node, if anything did. Never rejects. */
  async report(session: Session): Promise<void> {
    try {
      const status = nodeStatus(await this.facts(), this.status, this.parts.clock.now());
      const same = this.status !== undefined && sameNodeStatus(status, this.status);
      this.status = status;
      if (!same) session.send({ message: 'node', node: { statusJson: JSON.stringify(status) } });
    } catch (error) {
      this.parts.log.warn({ err: error }, 'could not read the state of this machine');
    }
  }

  private async facts(): Promise<NodeFacts> {
    const { dataDir, nodeName, options, pressures, problems, labels, metricsPort } = this.parts;
    this.known ??= await readMachine(dataDir, this.engine);
    return {
      nodeName,
      machine: this.known,
      options,
      pressures: pressures(),
      problems: problems(),
      agentVersion: this.version,
      metricsPort: metricsPort(),
      engineDown: this.engineDown,
      labels,
      images: this.images,
    };
  }
}
