import type { Clock, Timer } from '../../platform/clock.ts';
import type { MeasuredUsage, UsageReport } from '../../proto/messages.ts';
import type { ContainerStore } from '../container-store.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { Usage } from './cgroup.ts';
import type { ContainerReader } from './container-reader.ts';
import { podUsage, type Reading, sumOf, usageBetween } from './rates.ts';

export interface UsageSamplerParts {
  readonly store: Pick<ContainerStore, 'seenPods' | 'of'>;
  readonly reader: Pick<ContainerReader, 'read'>;
  /** The whole machine; undefined where it cannot be looked at. */
  readonly machine: () => Usage | undefined;
  readonly report: (report: UsageReport) => void;
  readonly clock: Clock;
  /** From the end of one pass to the start of the next. Default 10 s. */
  readonly intervalMs?: number;
}

const DEFAULT_INTERVAL_MS = 10_000;

/**
 * Measures, at one interval, what the node's pods use. Owns its timer and the last reading of the machine and of each running
 * container, from which the next one is told. At most one pass is under way.
 */
export class UsageSampler {
  private readonly parts: UsageSamplerParts;
  private readonly intervalMs: number;
  private timer: Timer | undefined;
  private stopped = false;
  private machine: Reading | undefined;
  private containers = new Map<string, Reading>();

  constructor(parts: UsageSamplerParts) {
    this.parts = parts;
    this.intervalMs = parts.intervalMs ?? DEFAULT_INTERVAL_MS;
  }

  start(): void {
    void this.pass();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private async pass(): Promise<void> {
    const { clock, report } = this.parts;
    const measured = await this.measure();
    if (this.stopped) return;
    if (measured.node || measured.pods.length > 0) report(measured);
    this.timer = clock.setTimer(this.intervalMs, () => void this.pass());
  }

  private async measure(): Promise<UsageReport> {
    const { store, reader, clock } = this.parts;
    const running = [...store.seenPods()].map(({ uid }) => ({ uid, containers: store.of(uid).filter(isMeasured) }));
    const readings = await reader.read(running.flatMap(({ containers }) => containers));
    const pods = running.flatMap(({ uid, containers }) => {
      const measured = containers.map((one) => ({
        name: one.name,
        usage: this.usageOf(one, readings.get(one.id)) ?? null,
      }));
      return podUsage(uid, measured) ?? [];
    });
    this.containers = readings;
    return { atMs: clock.now(), node: this.nodeUsage() ?? sumOf(pods) ?? null, pods };
  }

  private nodeUsage(): MeasuredUsage | undefined {
    const used = this.parts.machine();
    const now = used && { ...used, atMs: this.parts.clock.monotonicMs() };
    const before = this.machine;
    this.machine = now;
    return now && before && usageBetween(before, now);
  }

  private usageOf(container: ObservedContainer, now: Reading | undefined): MeasuredUsage | undefined {
    if (!now) return undefined;
    const before = this.containers.get(container.id) ?? this.startOf(container);
    return before && usageBetween(before, now);
  }

  /** A container that started since the last pass had used nothing then: it need not be read twice. */
  private startOf({ startedAtMs = 0 }: ObservedContainer): Pick<Reading, 'atMs' | 'cpuSeconds'> | undefined {
    const { clock } = this.parts;
    const sinceMs = clock.now() - startedAtMs;
    if (sinceMs < 0 || sinceMs > 2 * this.intervalMs) return undefined;
    return { atMs: clock.monotonicMs() - sinceMs, cpuSeconds: 0 };
  }
}

const isMeasured = ({ role, state }: ObservedContainer): boolean => role !== 'sandbox' && state === 'running';
