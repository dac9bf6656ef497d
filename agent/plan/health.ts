import type { Container } from '../pod-types.ts';
import type { ObservedContainer, ObservedPod } from './state.ts';

export interface Health {
  /** Its postStart hook is done and its startup probe has succeeded: who waits for it may go on. */
  readonly started: boolean;
  /** It takes traffic. */
  readonly ready: boolean;
}

/**
 * How a container is (Kubernetes, "Pod Lifecycle", "Container probes"): one that does not run is neither; before its first probe has
 * answered it counts as not started if it has a startup probe, and as not ready if it has a readiness probe.
 */
export function healthOf(spec: Container, current: ObservedContainer | undefined, observed: ObservedPod): Health {
  if (current?.state !== 'running') return { started: false, ready: false };
  const hook = observed.hooks.get(current.id)?.state ?? 'done';
  const verdict = observed.probes.get(current.id);
  const started = hook === 'done' && (verdict?.started ?? !spec.startupProbe);
  return { started, ready: started && (verdict?.ready ?? !spec.readinessProbe) };
}
