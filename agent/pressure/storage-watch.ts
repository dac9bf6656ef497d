import type { Clock, Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { podKey } from '../pod-types.ts';
import type { ReliefParts } from './relief.ts';
import { storageExcess, storageLimits } from './storage-limits.ts';

export interface StorageWatchParts extends Pick<ReliefParts, 'pods' | 'store' | 'measure'> {
  readonly clock: Clock;
}

const INTERVAL_MS = 10_000;
/** Measuring takes no more than this part of the time. */
const MOST_SHARE = 1 / 50;

/** Ends pods that have written more than their containers may. Owns one timer; only pods with such a limit are measured, in turn. */
export class StorageWatch implements Service {
  private readonly parts: StorageWatchParts;
  private timer: Timer | undefined;
  private stopped = false;
  private measuring: Promise<void> | undefined;

  constructor(parts: StorageWatchParts) {
    this.parts = parts;
  }

  async start(): Promise<void> {
    this.after(INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.measuring;
  }

  private after(delayMs: number): void {
    if (this.stopped) return;
    const { clock } = this.parts;
    this.timer = clock.setTimer(delayMs, () => {
      const sinceMs = clock.monotonicMs();
      this.measuring = this.measure().finally(() =>
        this.after(Math.max(INTERVAL_MS, (clock.monotonicMs() - sinceMs) / MOST_SHARE)),
      );
    });
  }

  private async measure(): Promise<void> {
    const { pods, store, measure } = this.parts;
    for (const pod of [...pods.holding()]) {
      if (this.stopped || storageLimits(pod).size === 0) continue;
      const { uid } = podKey(pod);
      const running = store.of(uid).filter(({ state, role }) => state === 'running' && role !== 'sandbox');
      const message = storageExcess(pod, await measure('ephemeral-storage', uid, running));
      if (message) pods.end(uid, { reason: 'Evicted', message, graceSeconds: 0 });
    }
  }
}
