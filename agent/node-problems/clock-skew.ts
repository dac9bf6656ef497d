import type { Clock } from '../../platform/clock.ts';

/**
 * How far this machine's clock is ahead of the master's. They are compared when a session begins; from then on a clock that is set here
 * shows in its difference from the time since the start of the machine, which nobody can set. Owns the last comparison.
 */
export class ClockSkew {
  private readonly clock: Clock;
  private compared: { readonly aheadMs: number; readonly offsetMs: number } | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Milliseconds; negative: behind. Undefined before the first comparison. */
  get aheadMs(): number | undefined {
    return this.compared && this.compared.aheadMs + this.offsetMs - this.compared.offsetMs;
  }

  compare(masterNowMs: number): void {
    this.compared = { aheadMs: this.clock.now() - masterNowMs, offsetMs: this.offsetMs };
  }

  private get offsetMs(): number {
    return this.clock.now() - this.clock.monotonicMs();
  }
}
