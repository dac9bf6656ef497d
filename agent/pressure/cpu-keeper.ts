import type { Clock, Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { isCpuShort } from './throttle.ts';

export interface CpuKeeperParts {
  /** CPU time that all processors have spent on work so far, in seconds; undefined where it cannot be seen. */
  readonly busySeconds: () => number | undefined;
  readonly cpus: () => number;
  /** CPU is short, said at every look; or is so no more, said once. `news`: it was not so before. */
  readonly tell: (short: boolean, news: boolean) => void;
  readonly clock: Clock;
}

/** A look is one small read. */
const LOOK_MS = 5_000;

/** Notices when the machine's CPU is short. Owns its timer and the last reading. */
export class CpuKeeper implements Service {
  private readonly parts: CpuKeeperParts;
  private last: { readonly seconds: number; readonly atMs: number } | undefined;
  private short = false;
  private timer: Timer | undefined;

  constructor(parts: CpuKeeperParts) {
    this.parts = parts;
  }

  async start(): Promise<void> {
    this.look();
  }

  async stop(): Promise<void> {
    this.timer?.cancel();
    if (this.short) this.parts.tell(false, true);
    this.short = false;
  }

  private look(): void {
    const { busySeconds, cpus, tell, clock } = this.parts;
    const seconds = busySeconds();
    const now = seconds === undefined ? undefined : { seconds, atMs: clock.monotonicMs() };
    const before = this.last;
    this.last = now;
    if (now && before && now.atMs > before.atMs) {
      const busy = (now.seconds - before.seconds) / (((now.atMs - before.atMs) / 1000) * Math.max(1, cpus()));
      const short = isCpuShort(this.short, busy);
      const news = short !== this.short;
      this.short = short;
      if (short || news) tell(short, news);
    }
    this.timer = clock.setTimer(LOOK_MS, () => this.look());
  }
}
