import type { PodStatus } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import { type Decision, decideContainer } from './container.ts';
import type { DesiredPod, ObservedContainer, ObservedPod } from './state.ts';

interface Surroundings {
  readonly nowMs: number;
  readonly last: PodStatus | undefined;
}

/**
 * Containers that somebody added to look into the pod (Kubernetes docs, "Ephemeral Containers"): each runs once, whatever the
 * others do, and tells nothing about the pod's own state. One that looks into a container waits until that one runs.
 */
export function decideEphemerals(
  { pod }: DesiredPod,
  observed: ObservedPod,
  { last, nowMs }: Surroundings,
  sandbox: ObservedContainer | undefined,
): Decision[] {
  return (specOf(pod).ephemeralContainers ?? []).map((spec) => {
    const lastStatus = last?.ephemeralContainerStatuses?.find((status) => status.name === spec.name);
    const target = observed.containers.find(
      (one) => one.name === spec.targetContainerName && one.role === 'app' && one.state === 'running',
    );
    const turn = !spec.targetContainerName || target !== undefined;
    const context = { pod, observed, last: lastStatus, nowMs, sandbox, turn, target: target?.id };
    return decideContainer(spec, 'ephemeral', context);
  });
}
