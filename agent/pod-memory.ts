import type { Clock } from '../platform/clock.ts';
import { retryDelayMs } from './plan/backoff.ts';
import type {
  HookState,
  ImageProgress,
  ObservedContainer,
  ObservedPod,
  PodEnding,
  ProbeVerdict,
  Stopping,
  Trouble,
} from './plan/state.ts';

/** What the agent remembers of its own doings with one pod, beside what the engine knows. Lost on restart, without harm. */
export class PodMemory {
  readonly images = new Map<string, ImageProgress>();
  readonly troubles = new Map<string, Trouble>();
  readonly stopping = new Map<string, Stopping>();
  readonly probes = new Map<string, ProbeVerdict>();
  readonly hooks = new Map<string, HookState>();
  readonly lastWords = new Map<string, string>();
  ending: PodEnding | undefined;
  volumesVersion: string | undefined;
  volumesOnDisk = true;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Remembers a failure; the next try waits longer than the last. Returns whether people have not been told of it yet. */
  failed(key: string, reason: string, message: string): boolean {
    const before = this.troubles.get(key);
    const failures = (before?.failures ?? 0) + 1;
    const retryAtMs = this.clock.now() + retryDelayMs(reason, failures);
    this.troubles.set(key, { reason, message, failures, retryAtMs });
    return before?.message !== message;
  }

  worked(key: string): void {
    this.troubles.delete(key);
  }

  /** What failed may work now: something it waits for has changed. */
  tryAgain(): void {
    for (const [key, trouble] of this.troubles) this.troubles.set(key, { ...trouble, retryAtMs: 0 });
  }

  observed(containers: readonly ObservedContainer[]): ObservedPod {
    const { volumesVersion, volumesOnDisk, images, troubles, stopping, probes, hooks, lastWords, ending } = this;
    const ids = new Set(containers.map((container) => container.id));
    for (const byId of [stopping, probes, hooks, lastWords]) {
      for (const id of byId.keys()) if (!ids.has(id)) byId.delete(id);
    }
    return { containers, volumesVersion, volumesOnDisk, images, troubles, stopping, probes, hooks, lastWords, ending };
  }
}
