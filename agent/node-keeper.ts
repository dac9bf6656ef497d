import type { Clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/log.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { LocalPart } from './local-part.ts';
import { machineUsage } from './metrics/machine-usage.ts';
import type { NodeOptions } from './node-options.ts';
import { rebooted } from './node-problems/boot.ts';
import { ClockSkew } from './node-problems/clock-skew.ts';
import { type MachineHealth, problemConditions } from './node-problems/problems.ts';
import { readOnlyOf } from './node-problems/read-only.ts';
import type { Found } from './node-report.ts';
import type { NodeReporter } from './node-reporter.ts';
import { CpuKeeper } from './pressure/cpu-keeper.ts';
import { measureUse } from './pressure/measure.ts';
import { PressureMonitor } from './pressure/monitor.ts';
import { Relief, type ReliefParts } from './pressure/relief.ts';
import { readSignals, type Signals } from './pressure/signals.ts';
import { StorageWatch } from './pressure/storage-watch.ts';
import type { Reports } from './reports.ts';
import type { ContainerRuntime } from './runtime.ts';

export interface NodeKeeperParts {
  readonly options: NodeOptions;
  readonly dataDir: string;
  readonly runtime: ContainerRuntime;
  readonly checkpoint: Checkpoint;
  readonly reports: Reports;
  readonly node: () => NodeReporter;
  /** What is left of the machine; undefined: what can be seen of this one. */
  readonly signals: (() => Promise<Signals>) | undefined;
  /** The master should be told of the node. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps the machine within its means, and knows what is wrong with it. Owns those who watch its resources, and, once there are pods, those
 * who act on them.
 */
export class NodeKeeper implements Service {
  private readonly parts: NodeKeeperParts;
  private readonly pressure: PressureMonitor;
  private readonly cpu: CpuKeeper;
  private local: LocalPart | undefined;
  private relief: Relief | undefined;
  private storage: StorageWatch | undefined;
  private readonly skew: ClockSkew;
  private readOnly: MachineHealth['readOnly'] = [];

  constructor(parts: NodeKeeperParts) {
    const { options, signals, dataDir, node, clock, log } = parts;
    const { evictionHard, evictionSoft, pressureTransitionMs: transitionMs } = options;
    this.parts = parts;
    this.pressure = new PressureMonitor({
      read: signals ?? (() => readSignals({ dataDir, imageDir: node().imageDir, remote: node().isRemote })),
      rules: { thresholds: [...evictionHard, ...evictionSoft], transitionMs },
      changed: () => this.pressureChanged(),
      relieve: async (shortage) => this.relief?.relieve(shortage),
      ...{ clock, log },
    });
    this.skew = new ClockSkew(clock);
    this.cpu = new CpuKeeper({
      busySeconds: () => machineUsage(node().memoryBytes)?.cpuSeconds,
      cpus: () => node().cpus,
      tell: (short, news) => this.cpuShort(short, news),
      clock,
    });
  }

  /** What the machine is short of. */
  get pressures(): PressureMonitor['pressures'] {
    return this.pressure.pressures;
  }

  /** What else is wrong with it, or not. */
  get problems(): readonly Found[] {
    return problemConditions({ readOnly: this.readOnly, clockAheadMs: this.skew.aheadMs });
  }

  /** Resolves after the first look at the machine, which must have been read. */
  async start(): Promise<void> {
    await this.pressure.start();
    await this.cpu.start();
  }

  async stop(): Promise<void> {
    await this.pressure.stop();
    await this.cpu.stop();
    await this.storage?.stop();
  }

  /** From now on these pods are what can give way. */
  async watchOver(local: LocalPart): Promise<void> {
    const parts = this.reliefParts(local);
    this.local = local;
    this.relief = new Relief(parts);
    this.storage = new StorageWatch(parts);
    await this.storage.start();
    await this.tellOfBoot();
  }

  /** The master has told its time. */
  compareClock(masterNowMs: number): void {
    // 0: it does not tell.
    if (masterNowMs > 0) this.skew.compare(masterNowMs);
  }

  /** Looks for what people should know of the machine, but would not be told by its resources. Never rejects. */
  async examine(): Promise<void> {
    const { imageDir } = this.parts.node();
    this.readOnly = await readOnlyOf([this.parts.dataDir, ...(imageDir ? [imageDir] : [])]);
  }

  private async tellOfBoot(): Promise<void> {
    const { checkpoint, reports, node } = this.parts;
    const { bootId } = node();
    if (!(await rebooted(checkpoint.path('boot-id'), bootId))) return;
    const message = `the machine has been rebooted, boot id: ${bootId}`;
    reports.nodeEvent({ eventType: 'Warning', reason: 'Rebooted', message });
  }

  private pressureChanged(): void {
    for (const [type, shortage] of this.pressures) {
      const message = `${type}: the machine is short of ${shortage?.threshold.signal}; attempting to reclaim it`;
      if (shortage) this.parts.reports.nodeEvent({ eventType: 'Warning', reason: 'EvictionThresholdMet', message });
    }
    this.parts.changed();
  }

  private cpuShort(short: boolean, news: boolean): void {
    this.local?.throttle(short);
    const message = 'CPU is short: batch and free pods give way to production';
    if (short && news) this.parts.reports.nodeEvent({ eventType: 'Normal', reason: 'BatchThrottled', message });
  }

  private reliefParts(local: LocalPart): ReliefParts {
    const { runtime, checkpoint, options, clock } = this.parts;
    const { pods, store } = local;
    const podDir = (uid: string) => checkpoint.podDir(uid);
    return {
      ...{ pods, store, clock },
      measure: (what, uid, running) => measureUse(what, uid, running, { runtime, clock, podDir }),
      reclaim: (bytes) => local.reclaim(bytes),
      maxPodGraceSeconds: options.evictionMaxPodGraceSeconds,
    };
  }
}
