import type { Probe } from '../../api/core/probe.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { ProbeVerdict } from '../plan/state.ts';
import type { EventStep } from '../plan/steps.ts';
import type { Container, ContainerStatus, PodKey } from '../pod-types.ts';
import type { ContainerRuntime } from '../runtime.ts';
import { ask } from './ask.ts';
import type { ProbeTally } from './probe-metrics.ts';
import {
  advance,
  firstStates,
  isAsked,
  PROBE_KINDS,
  type ProbeKind,
  type ProbeOutcome,
  type ProbeStates,
  probeOf,
  sameVerdict,
  verdictOf,
} from './probe-state.ts';

export interface ProbeGround {
  readonly runtime: Pick<ContainerRuntime, 'exec'>;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** One running container, as its prober sees it. */
export interface Subject {
  readonly id: string;
  readonly pod: PodKey;
  readonly container: Container;
  /** What was reported of this very container under an earlier agent; undefined: this one has seen it start. */
  readonly reported: ContainerStatus | undefined;
  readonly startedAtMs: number;
  readonly podIp: () => string | undefined;
  /** Called with each change. */
  readonly changed: (verdict: ProbeVerdict) => void;
  readonly event: (event: Omit<EventStep, 'type'>) => void;
}

/** What a probe says of a container is shown up to here. */
const MOST_SHOWN = 1_024;

/**
 * Asks the probes of one running container. Owns their states, a timer for each, and what is being asked. Invariant: of each probe at
 * most one question is open, and a probe that is not to be asked has no timer.
 */
export class ContainerProber {
  private readonly subject: Subject;
  private readonly ground: ProbeGround;
  private readonly timers = new Map<ProbeKind, Timer>();
  private readonly open = new Map<ProbeKind, AbortController>();
  private readonly counts = new Map<ProbeKind, Record<ProbeOutcome['result'], number>>();
  private states: ProbeStates;
  private known: ProbeVerdict;
  private ending = false;

  constructor(subject: Subject, ground: ProbeGround) {
    this.subject = subject;
    this.ground = ground;
    this.states = firstStates(subject.reported);
    this.known = verdictOf(subject.container, this.states);
  }

  get verdict(): ProbeVerdict {
    return this.known;
  }

  get tally(): ProbeTally {
    const { pod, container } = this.subject;
    return { pod, container: container.name, answers: this.counts };
  }

  /** Probes of containers that a new agent finds running do not all begin at once. */
  start(): void {
    const { reported } = this.subject;
    this.schedule((probe) => (reported ? this.ground.rng.next() * periodMs(probe) : 0));
  }

  /** The container has been asked to end. */
  end(): void {
    if (this.ending) return;
    this.ending = true;
    this.schedule();
  }

  stop(): void {
    for (const kind of PROBE_KINDS) this.drop(kind);
  }

  /** Gives a timer to each probe that is to be asked, and takes it from the others. */
  private schedule(spreadMs: (probe: Probe) => number = () => 0): void {
    const { container } = this.subject;
    for (const kind of PROBE_KINDS) {
      const probe = probeOf(container, kind);
      if (!probe || !isAsked(kind, container, this.states, this.ending)) this.drop(kind);
      else if (!this.timers.has(kind) && !this.open.has(kind))
        this.askAfter(kind, Math.max(this.initialDelayMs(probe), spreadMs(probe)));
    }
  }

  private drop(kind: ProbeKind): void {
    this.timers.get(kind)?.cancel();
    this.timers.delete(kind);
    this.open.get(kind)?.abort(new Error('it is not asked any more'));
    this.open.delete(kind);
  }

  /** What is left of it; the engine's clock may be another than ours. */
  private initialDelayMs({ initialDelaySeconds = 0 }: Probe): number {
    const wholeMs = initialDelaySeconds * 1_000;
    const leftMs = this.subject.startedAtMs + wholeMs - this.ground.clock.now();
    return Math.min(wholeMs, Math.max(0, leftMs));
  }

  private askAfter(kind: ProbeKind, delayMs: number): void {
    this.timers.set(
      kind,
      this.ground.clock.setTimer(delayMs, () => {
        this.timers.delete(kind);
        void this.ask(kind);
      }),
    );
  }

  private async ask(kind: ProbeKind): Promise<void> {
    const { clock, runtime } = this.ground;
    const { id, container, podIp } = this.subject;
    const probe = probeOf(container, kind);
    if (!probe) return;
    const startedMs = clock.monotonicMs();
    const question = new AbortController();
    this.open.set(kind, question);
    const asking = ask(probe, { id, ports: container.ports, podIp: podIp() }, runtime, question.signal);
    const outcome = await this.inTime(asking, probe, question);
    // Nobody waits for it any more.
    if (this.open.get(kind) !== question) return;
    this.take(kind, probe, outcome);
    // What was given up takes a moment to end, or longer where the engine hangs.
    await asking;
    if (this.open.get(kind) !== question) return;
    this.open.delete(kind);
    const nextMs = startedMs + periodMs(probe) - clock.monotonicMs();
    if (isAsked(kind, container, this.states, this.ending)) this.askAfter(kind, Math.max(0, nextMs));
    this.schedule();
  }

  /** The answer, at the timeout at the latest. */
  private async inTime(asking: Promise<ProbeOutcome>, probe: Probe, question: AbortController): Promise<ProbeOutcome> {
    const seconds = probe.timeoutSeconds ?? 1;
    const late = Promise.withResolvers<ProbeOutcome>();
    const timer = this.ground.clock.setTimer(seconds * 1_000, () => {
      const message = `no answer within ${seconds} s (timeoutSeconds)`;
      question.abort(new Error(message));
      late.resolve({ result: 'failure', message });
    });
    return await Promise.race([asking, late.promise]).finally(() => timer.cancel());
  }

  private take(kind: ProbeKind, probe: Probe, outcome: ProbeOutcome): void {
    const { container, changed } = this.subject;
    const counts = this.counts.get(kind) ?? { success: 0, failure: 0, unknown: 0 };
    counts[outcome.result] += 1;
    this.counts.set(kind, counts);
    this.states = { ...this.states, [kind]: advance(this.states[kind], outcome.result, probe) };
    if (outcome.result !== 'success' && outcome.message) this.tell(kind, outcome);
    const verdict = verdictOf(container, this.states);
    if (sameVerdict(this.known, verdict)) return;
    this.known = verdict;
    changed(verdict);
  }

  private tell(kind: ProbeKind, { result, message }: ProbeOutcome): void {
    const { container, event } = this.subject;
    const name = `${kind[0]?.toUpperCase()}${kind.slice(1)} probe`;
    const text = `${name} ${result === 'failure' ? 'failed' : 'errored'}: ${message}`.slice(0, MOST_SHOWN);
    event({ eventType: 'Warning', reason: 'Unhealthy', message: text, container: container.name });
  }
}

const periodMs = ({ periodSeconds = 10 }: Probe): number => periodSeconds * 1_000;
