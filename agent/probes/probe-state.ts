import type { Probe } from '../../api/core/probe.ts';
import type { ProbeVerdict } from '../plan/state.ts';
import type { Container, ContainerStatus } from '../pod-types.ts';

export const PROBE_KINDS = ['startup', 'readiness', 'liveness'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** What one asking came to. `unknown`: it could not be asked; that counts neither way. */
export interface ProbeOutcome {
  readonly result: 'success' | 'failure' | 'unknown';
  /** For people: what was found. */
  readonly message: string;
}

export interface ProbeState {
  /** What holds: a threshold was reached. Undefined until one is. */
  readonly result?: 'success' | 'failure';
  /** The latest answer, and how often in a row it was given. */
  readonly latest?: 'success' | 'failure';
  readonly streak: number;
}

export type ProbeStates = Readonly<Record<ProbeKind, ProbeState>>;

export const UNASKED: ProbeState = { streak: 0 };

export function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  return { startup: startupProbe, readiness: readinessProbe, liveness: livenessProbe }[kind];
}

export const hasProbes = (container: Container): boolean =>
  PROBE_KINDS.some((kind) => probeOf(container, kind) !== undefined);

/** Where the probes of a container begin: anew, or, for one that ran under an earlier agent, from what was last reported of it. */
export function firstStates(reported: ContainerStatus | undefined): ProbeStates {
  const known = (holds: boolean | undefined): ProbeState => (holds ? { result: 'success', streak: 0 } : UNASKED);
  return { startup: known(reported?.started), readiness: known(reported?.ready), liveness: UNASKED };
}

/**
 * One more answer. A result changes once it was given as often in a row as its threshold says (Kubernetes, "Configure Liveness,
 * Readiness and Startup Probes", "Configure Probes").
 */
export function advance(state: ProbeState, outcome: ProbeOutcome['result'], probe: Probe): ProbeState {
  if (outcome === 'unknown') return state;
  const streak = state.latest === outcome ? state.streak + 1 : 1;
  const threshold = outcome === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  return { result: streak >= threshold ? outcome : state.result, latest: outcome, streak };
}

/** What the probes of a running container say together. */
export function verdictOf(container: Container, states: ProbeStates): ProbeVerdict {
  const { startupProbe, readinessProbe } = container;
  const started = !startupProbe || states.startup.result === 'success';
  const ready = started && (!readinessProbe || states.readiness.result === 'success');
  const probe = (['startup', 'liveness'] as const).find((kind) => states[kind].result === 'failure');
  if (!probe) return { started, ready };
  return { started, ready, failed: { probe, graceSeconds: probeOf(container, probe)?.terminationGracePeriodSeconds } };
}

/**
 * Whether a probe is to be asked at all: the startup probe until it succeeds and the others after that, and none that could end a
 * container once it is to end anyway.
 */
export function isAsked(kind: ProbeKind, container: Container, states: ProbeStates, ending: boolean): boolean {
  if (!probeOf(container, kind)) return false;
  const { started, failed } = verdictOf(container, states);
  if (kind === 'readiness') return started;
  if (ending || failed) return false;
  return (kind === 'startup') !== started;
}

export const sameVerdict = (a: ProbeVerdict | undefined, b: ProbeVerdict): boolean =>
  a?.started === b.started && a.ready === b.ready && a.failed?.probe === b.failed?.probe;
