import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { containerLimits, type Surroundings } from './container-spec.ts';
import type { ContainerStore } from './container-store.ts';
import type { Executor } from './execute.ts';
import { endingTold } from './plan/disruption.ts';
import { planPod } from './plan/plan.ts';
import type { DesiredPod, PodEnding, ResizeRefusal } from './plan/state.ts';
import type { EventStep, Step } from './plan/steps.ts';
import { PodMemory } from './pod-memory.ts';
import type { PodStatus, Sources } from './pod-types.ts';
import type { PodWork } from './pod-work.ts';
import type { Probers } from './probes/probers.ts';

/** What a pod worker needs of the agent. */
export interface WorkerParts {
  readonly executor: Executor;
  readonly probes?: Pick<Probers, 'watch'>;
  readonly store: ContainerStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether the engine answers and the store is up to date: without, nothing is planned. */
  readonly engineUp: () => boolean;
  readonly hostIp: () => string;
  readonly surroundings: (desired: DesiredPod) => Surroundings;
  readonly sources: (desired: DesiredPod) => Sources;
  /** Why the resources that the pod asks for are not granted; undefined: they are. */
  readonly resize: (desired: DesiredPod, status: PodStatus | undefined) => ResizeRefusal | undefined;
  readonly reportStatus: (desired: DesiredPod, status: PodStatus) => void;
  readonly reportEvent: (desired: DesiredPod, event: Omit<EventStep, 'type'>) => void;
  /** Resolves once nothing more is being written to the pod's directory. */
  readonly settled: (desired: DesiredPod) => Promise<void>;
  readonly reportGone: (desired: DesiredPod) => void;
  /** All traces are gone; the worker has stopped. */
  readonly forget: (desired: DesiredPod) => void;
}

/** After a fault nobody foresaw, and while the engine is away. */
const PAUSE_MS = 1_000;
/** So many rounds with the same steps are no progress. */
const SAME_ROUNDS = 3;

/**
 * Takes care of one pod: observe, plan, do, until nothing is left to do; then sleeps until something happens. Owns the pod's
 * memory and its timer. Invariant: at most one round runs at a time; whatever happens meanwhile makes one more follow.
 */
export class PodWorker {
  private desired: DesiredPod;
  private readonly parts: WorkerParts;
  private readonly memory: PodMemory;
  private status: PodStatus | undefined;
  private active: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private timer: Timer | undefined;
  private pausedUntilMs = 0;
  private lastSteps = '';
  private sameRounds = 0;

  /** `status`: as it was last known, from the API or from disk. */
  constructor(desired: DesiredPod, status: PodStatus | undefined, parts: WorkerParts) {
    this.desired = desired;
    this.status = status ?? desired.pod.status;
    this.parts = parts;
    this.memory = new PodMemory(parts.clock);
    this.memory.ending = endingTold(this.status);
  }

  get pod(): DesiredPod {
    return this.desired;
  }

  /** The status as last planned. */
  get currentStatus(): PodStatus | undefined {
    return this.status;
  }

  /** The agent has decided to end it, whether or not it has ended by now. */
  get isEnding(): boolean {
    return this.memory.ending !== undefined;
  }

  setDesired(desired: DesiredPod): void {
    if (desired.sourcesVersion !== this.desired.sourcesVersion) this.memory.tryAgain();
    this.desired = desired;
    this.wake();
  }

  /** The agent ends the pod for a reason of its own; the first reason stays. */
  end(ending: PodEnding): void {
    this.memory.ending ??= ending;
    this.wake();
  }

  /** Something happened: plan soon. */
  wake(): void {
    if (this.stopped) return;
    this.again = true;
    this.active ??= this.rounds().finally(() => {
      this.active = undefined;
      if (this.again) this.wake();
    });
  }

  /** Ends the worker; the pod's containers stay as they are. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.again = false;
    this.timer?.cancel();
    await this.active;
  }

  private async rounds(): Promise<void> {
    const { log, clock } = this.parts;
    // What else happened in this turn of the event loop belongs to the same round.
    await Promise.resolve();
    while (this.again && !this.stopped) {
      this.again = false;
      if (!this.parts.engineUp()) return;
      if (clock.now() < this.pausedUntilMs) return this.wakeAt(this.pausedUntilMs);
      try {
        await this.round();
      } catch (error) {
        log.warn({ err: error, pod: this.desired.pod.metadata?.name }, 'could not carry out a step; trying again');
        this.pause();
      }
    }
  }

  private async round(): Promise<void> {
    const { desired, parts } = this;
    const observed = this.memory.observed(parts.store.of(desired.pod.metadata?.uid ?? ''));
    const nowMs = parts.clock.now();
    const work = this.work(desired);
    parts.probes?.watch(work, observed.containers, this.status);
    const plan = planPod(desired, observed, {
      ...{ nowMs, hostIp: parts.hostIp(), last: this.status },
      limitsOf: containerLimits,
      resize: parts.resize(desired, this.status),
    });
    this.take(plan.status);
    this.wakeAt(plan.wakeAtMs);
    if (plan.steps.length === 0) return;
    if (this.stuck(plan.steps)) return this.pause();
    const done = await Promise.allSettled(plan.steps.map((step) => parts.executor.execute(step, work)));
    this.again = true;
    const failure = done.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason;
  }

  private take(status: PodStatus): void {
    const changed = JSON.stringify(status) !== JSON.stringify(this.status);
    this.status = status;
    if (changed) this.parts.reportStatus(this.desired, status);
  }

  private work(desired: DesiredPod): PodWork {
    const { parts, memory } = this;
    return {
      pod: desired.pod,
      sources: parts.sources(desired),
      memory,
      surroundings: () => parts.surroundings(desired),
      event: (event) => parts.reportEvent(desired, event),
      settled: () => parts.settled(desired),
      reportGone: () => parts.reportGone(desired),
      forget: () => {
        this.stopped = true;
        this.timer?.cancel();
        parts.forget(desired);
      },
      wake: () => this.wake(),
    };
  }

  /** A plan that asks for the same again and again would spin: its steps do not do what the planner expects of them. */
  private stuck(steps: readonly Step[]): boolean {
    const text = JSON.stringify(steps);
    this.sameRounds = text === this.lastSteps ? this.sameRounds + 1 : 0;
    this.lastSteps = text;
    return this.sameRounds >= SAME_ROUNDS;
  }

  private pause(): void {
    this.pausedUntilMs = this.parts.clock.now() + PAUSE_MS;
    this.lastSteps = '';
    this.wakeAt(this.pausedUntilMs);
  }

  private wakeAt(atMs: number | undefined): void {
    this.timer?.cancel();
    if (atMs === undefined || this.stopped) return;
    this.timer = this.parts.clock.setTimer(Math.max(0, atMs - this.parts.clock.now()), () => this.wake());
  }
}
