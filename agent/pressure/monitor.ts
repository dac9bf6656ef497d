import type { Clock, Timer } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import {
  CALM,
  judgePressure,
  type PressureRules,
  type PressureState,
  type PressureType,
  type Shortage,
} from './pressure.ts';
import type { Signals } from './signals.ts';

export interface PressureMonitorParts {
  readonly read: () => Promise<Signals>;
  readonly rules: PressureRules;
  /** The machine has come under a pressure, or is out of one. */
  readonly changed: () => void;
  /** Does something about the most urgent shortage; what came of it is seen at the next look. */
  readonly relieve: (shortage: Shortage) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A look costs some 100 µs. */
const LOOK_MS = 10_000;
const LOOK_CLOSELY_MS = 1_000;

/**
 * Looks at what is left of the machine: seldom while there is enough, each second when something runs short. Owns its timer and what it
 * remembers between looks; at most one look is under way.
 */
export class PressureMonitor implements Service {
  private readonly parts: PressureMonitorParts;
  private state: PressureState = CALM;
  private found: ReadonlyMap<PressureType, Shortage | undefined> = new Map();
  private timer: Timer | undefined;
  private stopped = false;

  constructor(parts: PressureMonitorParts) {
    this.parts = parts;
  }

  /** Pressures that hold now. */
  get pressures(): ReadonlyMap<PressureType, Shortage | undefined> {
    return this.found;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
  }

  private async look(): Promise<void> {
    const { read, rules, changed, relieve, clock, log } = this.parts;
    let soon = false;
    try {
      const verdict = judgePressure(this.state, await read(), rules, clock.monotonicMs());
      const before = [...this.found.keys()];
      this.state = verdict.state;
      this.found = verdict.pressures;
      soon = verdict.near || verdict.urgent.length > 0;
      if (String(before) !== String([...this.found.keys()])) changed();
      const [first] = verdict.urgent;
      if (first && !this.stopped) await relieve(first);
    } catch (error) {
      log.warn({ err: error }, 'could not relieve the machine; trying again');
    }
    if (!this.stopped) this.timer = clock.setTimer(soon ? LOOK_CLOSELY_MS : LOOK_MS, () => void this.look());
  }
}
