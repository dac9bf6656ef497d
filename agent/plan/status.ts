import { isSidecar, qosClassOf } from '../../api/core/pod-resources.ts';
import { timestamp } from '../../platform/clock.ts';
import type { PodStatus } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import { podConditions } from './conditions.ts';
import { type ContainerView, hasPassed } from './container.ts';
import { containerStatus } from './container-status.ts';
import type { DesiredPod, ObservedPod, ResizeRefusal } from './state.ts';

export type Phase = NonNullable<PodStatus['phase']>;

/** What was decided of the pod as a whole; without a phase, it follows from the containers. */
export interface PodOutcome {
  readonly phase?: Phase;
  readonly reason?: string;
  readonly message?: string;
}

interface StatusContext {
  readonly nowMs: number;
  readonly hostIp: string;
  readonly last: PodStatus | undefined;
  readonly resize?: ResizeRefusal;
}

/** The pod's status, as Kubernetes has it (API reference, "PodStatus"; "Pod Lifecycle"). */
export function podStatus(
  desired: DesiredPod,
  observed: ObservedPod,
  context: StatusContext,
  inits: readonly ContainerView[],
  apps: readonly ContainerView[],
  outcome: PodOutcome,
  ephemerals: readonly ContainerView[] = [],
): PodStatus {
  const { pod } = desired;
  const { last, hostIp, nowMs, resize } = context;
  const over = isOver(last);
  const phase = over ? last?.phase : (outcome.phase ?? livePhase(inits, apps));
  const initContainerStatuses = inits.map((view) => containerStatus(view, observed));
  const containerStatuses = apps.map((view) => containerStatus(view, observed));
  const ip = podIp(desired, observed, context);
  const parts = { pod, observed, phase, inits, apps, initContainerStatuses, containerStatuses, resize, nowMs, last };
  return {
    observedGeneration: pod.metadata?.generation,
    phase,
    conditions: podConditions(parts),
    ...((over ? last?.reason : outcome.reason) && { reason: over ? last?.reason : outcome.reason }),
    ...((over ? last?.message : outcome.message) && { message: over ? last?.message : outcome.message }),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(ip && { podIP: ip, podIPs: [{ ip }] }),
    startTime: last?.startTime ?? pod.status?.startTime ?? timestamp(nowMs),
    ...(inits.length > 0 && { initContainerStatuses }),
    containerStatuses,
    ...(ephemerals.length > 0 && {
      ephemeralContainerStatuses: ephemerals.map((view) => containerStatus(view, observed)),
    }),
    qosClass: pod.status?.qosClass ?? qosClassOf(pod),
  };
}

/** Whether the pod has come to its end: such a phase never changes again. */
export const isOver = (status: PodStatus | undefined): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Succeeded or Failed once every container has ended for good; undefined before. */
export function endedPhase(apps: readonly ContainerView[]): Phase | undefined {
  if (apps.length === 0 || !apps.every((view) => view.finished)) return undefined;
  return apps.every((view) => view.current?.exitCode === 0) ? 'Succeeded' : 'Failed';
}

/** Pending until the init containers are done and every container has been started once; Running from then on. */
function livePhase(inits: readonly ContainerView[], apps: readonly ContainerView[]): Phase {
  const initialized = inits.every((view) => (isSidecar(view.spec) ? hasStarted(view) : hasPassed(view)));
  return initialized && apps.every(hasStarted) ? 'Running' : 'Pending';
}

const hasStarted = ({ current }: ContainerView): boolean =>
  current !== undefined && (current.state !== 'created' || current.attempt > 0);

/** A pod keeps its last address after its sandbox has gone. */
function podIp({ pod }: DesiredPod, observed: ObservedPod, { hostIp, last }: StatusContext): string | undefined {
  const sandbox = observed.containers.find((one) => one.role === 'sandbox' && one.state === 'running');
  if (!sandbox) return last?.podIP;
  return specOf(pod).hostNetwork ? hostIp : (sandbox.ip ?? last?.podIP);
}
