import { isSidecar } from '../../api/core/pod-resources.ts';
import { timestamp } from '../../platform/clock.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import { type ContainerView, hasPassed } from './container.ts';
import { disruptionOf } from './disruption.ts';
import { healthOf } from './health.ts';
import { type ObservedPod, type ResizeRefusal, resizeTrouble } from './state.ts';

interface Parts {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly phase: PodStatus['phase'];
  readonly inits: readonly ContainerView[];
  readonly apps: readonly ContainerView[];
  readonly initContainerStatuses: readonly ContainerStatus[];
  readonly containerStatuses: readonly ContainerStatus[];
  readonly resize: ResizeRefusal | undefined;
  readonly nowMs: number;
  readonly last: PodStatus | undefined;
}

type Found = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * The agent's conditions of a pod (Kubernetes, "Pod Lifecycle", "Pod conditions"). A condition keeps the time of its last change as long
 * as its status stays. Those that others have set are theirs to tell: what the agent knows of them may be older than what there is.
 */
export function podConditions(parts: Parts): PodCondition[] {
  const disruption = disruptionOf(parts.observed.ending);
  const found = [
    ...(disruption ? [disruption] : []),
    ...[sandboxReady(parts), initialized(parts), ready(parts), containersReady(parts), scheduled],
    ...resizing(parts),
  ];
  const earlier = [...(parts.last?.conditions ?? []), ...(parts.pod.status?.conditions ?? [])];
  return found.map((condition) => dated(condition, earlier, parts.nowMs));
}

function dated(condition: Found, earlier: readonly PodCondition[], nowMs: number): PodCondition {
  const before = earlier.find((one) => one.type === condition.type);
  const same = before?.status === condition.status;
  return { ...condition, lastTransitionTime: (same && before.lastTransitionTime) || timestamp(nowMs) };
}

/** Kubernetes, "Resize CPU and Memory Resources assigned to Containers", "Pod resize status". */
function resizing({ resize, inits, apps, observed }: Parts): Found[] {
  if (resize) return [{ type: 'PodResizePending', status: 'True', ...resize }];
  const open = [...inits, ...apps].filter(
    ({ spec, current, resources }) => current?.state === 'running' && resources !== spec.resources,
  );
  if (open.length === 0) return [];
  const trouble = open.map(({ spec }) => observed.troubles.get(resizeTrouble(spec.name))).find(Boolean);
  const error = trouble && { reason: 'Error', message: trouble.message };
  return [{ type: 'PodResizeInProgress', status: 'True', ...error }];
}

const truth = (value: boolean): 'True' | 'False' => (value ? 'True' : 'False');

const scheduled: Found = { type: 'PodScheduled', status: 'True' };

function sandboxReady({ observed }: Parts): Found {
  const runs = observed.containers.some((one) => one.role === 'sandbox' && one.state === 'running');
  return { type: 'PodReadyToStartContainers', status: truth(runs) };
}

function initialized({ inits, phase, observed }: Parts): Found {
  const undone = inits.filter((view) => {
    const { spec, current } = view;
    return isSidecar(spec) ? !healthOf(spec, current, observed).started : !hasPassed(view);
  });
  if (undone.length === 0 || phase === 'Succeeded') return { type: 'Initialized', status: 'True' };
  const message = `containers with incomplete status: [${undone.map((view) => view.spec.name).join(' ')}]`;
  return { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReady(parts: Parts): Found {
  return { type: 'ContainersReady', ...readiness(parts) };
}

function readiness({ pod, phase, containerStatuses, initContainerStatuses }: Parts): Omit<Found, 'type'> {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = new Set((specOf(pod).initContainers ?? []).filter(isSidecar).map((spec) => spec.name));
  const counted = [...initContainerStatuses.filter((status) => sidecars.has(status.name)), ...containerStatuses];
  const unready = counted.filter((status) => !status.ready);
  if (unready.length === 0) return { status: 'True' };
  const message = `containers with unready status: [${unready.map((status) => status.name).join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

/** Ready: its containers are, and every condition that its readiness gates name is true. */
function ready(parts: Parts): Found {
  const containers = readiness(parts);
  if (containers.status !== 'True') return { type: 'Ready', ...containers };
  const closed = (specOf(parts.pod).readinessGates ?? []).filter(
    (gate) => !parts.pod.status?.conditions?.some((one) => one.type === gate.conditionType && one.status === 'True'),
  );
  if (closed.length === 0) return { type: 'Ready', status: 'True' };
  const message = closed.map((gate) => `the condition "${gate.conditionType}" is not True`).join(', ');
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message };
}
