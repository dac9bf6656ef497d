import { since } from '../meta/age.ts';
import { hasCondition } from './conditions.ts';
import type { ContainerState, ContainerStatus } from './container-status.ts';
import type { Pod } from './pod.ts';
import { isSidecar } from './pod-resources.ts';

/** The columns READY, STATUS and RESTARTS of `kubectl get pods`: many facts of a pod in three short texts. */

export interface PodSummary {
  ready: number;
  total: number;
  /** The most telling single word: `Running`, `Init:0/2`, `CrashLoopBackOff`, `Terminating`. */
  status: string;
  restarts: number;
  /** End of the last run that was followed by a restart. */
  lastRestart?: string;
}

interface Restarts {
  count: number;
  last?: string;
}

function countRestart(restarts: Restarts, status: ContainerStatus): void {
  restarts.count += status.restartCount;
  const finishedAt = status.lastState?.terminated?.finishedAt;
  if (finishedAt && (!restarts.last || Date.parse(finishedAt) > Date.parse(restarts.last))) restarts.last = finishedAt;
}

function endOf(terminated: NonNullable<ContainerState['terminated']>): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

interface Initialisation {
  /** Set while init containers hold the pod up: what to show. */
  status?: string;
  readySidecars: number;
  restarts: Restarts;
  sidecarRestarts: Restarts;
}

/** Looks at init containers in order, up to the first one that is not done. */
function initialisation(pod: Pod): Initialisation {
  const specs = pod.spec?.initContainers ?? [];
  const sidecars = new Set(specs.filter(isSidecar).map((container) => container.name));
  const result: Initialisation = { readySidecars: 0, restarts: { count: 0 }, sidecarRestarts: { count: 0 } };
  for (const [index, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isRunningSidecar = sidecars.has(container.name) && container.started === true;
    countRestart(result.restarts, container);
    if (sidecars.has(container.name)) countRestart(result.sidecarRestarts, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (isRunningSidecar) {
      if (container.ready) result.readySidecars += 1;
      continue;
    }
    return { ...result, status: `Init:${initFault(container.state) ?? `${index}/${specs.length}`}` };
  }
  return result;
}

function initFault(state: ContainerState | undefined): string | undefined {
  if (state?.terminated) return endOf(state.terminated);
  const reason = state?.waiting?.reason;
  return reason && reason !== 'PodInitializing' ? reason : undefined;
}

interface Running {
  ready: number;
  /** What the first container with something to say says. */
  status?: string;
  restarts: Restarts;
}

function running(pod: Pod, sidecarRestarts: Restarts): Running {
  const result: Running = { ready: 0, restarts: { ...sidecarRestarts } };
  for (const container of pod.status?.containerStatuses ?? []) {
    countRestart(result.restarts, container);
    const { waiting, terminated, running: isRunning } = container.state ?? {};
    if (waiting?.reason) result.status ??= waiting.reason;
    else if (terminated) result.status ??= endOf(terminated);
    else if (container.ready && isRunning) result.ready += 1;
  }
  if (result.status === 'Completed' && result.ready > 0)
    result.status = hasCondition(pod.status?.conditions, 'Ready') ? 'Running' : 'NotReady';
  return result;
}

/** A pod being deleted says so, unless it has already ended; one on a lost node is not known. */
function deletion(pod: Pod): string | undefined {
  if (!pod.metadata?.deletionTimestamp) return undefined;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? undefined : 'Terminating';
}

const isGated = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated') ?? false;

export function podSummary(pod: Pod): PodSummary {
  const init = initialisation(pod);
  const hasStarted = init.status === undefined || hasCondition(pod.status?.conditions, 'Initialized');
  const main = hasStarted ? running(pod, init.sidecarRestarts) : undefined;
  const overall = isGated(pod) ? 'SchedulingGated' : pod.status?.reason || pod.status?.phase || '';
  const restarts = main?.restarts ?? init.restarts;
  return {
    ready: init.readySidecars + (main?.ready ?? 0),
    total: (pod.spec?.containers?.length ?? 0) + (pod.spec?.initContainers?.filter(isSidecar).length ?? 0),
    status: deletion(pod) ?? main?.status ?? init.status ?? overall,
    restarts: restarts.count,
    lastRestart: restarts.last,
  };
}

/** `3 (2m ago)`, or `0`. */
export function restartsText({ restarts, lastRestart }: PodSummary, nowMs: number): string {
  return restarts > 0 && lastRestart ? `${restarts} (${since(lastRestart, nowMs)} ago)` : String(restarts);
}
