import { timestamp } from '../../platform/clock.ts';
import type { ContainerState, ContainerStatus } from '../pod-types.ts';
import { type ContainerView, hasPassed } from './container.ts';
import { healthOf } from './health.ts';
import type { ObservedContainer, ObservedPod } from './state.ts';

/** One container's status, as Kubernetes has it (API reference, "ContainerStatus"). */
export function containerStatus(view: ContainerView, observed: ObservedPod): ContainerStatus {
  const { spec, current, previous } = view;
  const { started, ready } = healthOf(spec, current, observed);
  // A container that is made but not started yet shows the one before it.
  const shown = current?.state === 'created' ? previous : current;
  // A restart that is under way is not told apart from the end before it: it takes a blink.
  const waiting = shown && view.waiting?.reason === 'ContainerCreating' ? undefined : view.waiting;
  const ended = waiting ? shown : shown === previous ? undefined : previous;
  return {
    name: spec.name,
    image: shown?.image ?? spec.image ?? '',
    imageID: shown?.imageId ? `docker://${shown.imageId}` : '',
    ...(shown && { containerID: `docker://${shown.id}` }),
    restartCount: shown?.attempt ?? 0,
    state: state(view.current, waiting, shown, observed),
    lastState: ended?.state === 'exited' ? { terminated: terminated(ended, observed) } : {},
    ready: ready || (view.role === 'init' && hasPassed(view)),
    started,
    ...(view.resources && { resources: view.resources }),
    ...(view.resources?.requests && { allocatedResources: view.resources.requests }),
  };
}

function state(
  current: ObservedContainer | undefined,
  waiting: ContainerView['waiting'],
  shown: ObservedContainer | undefined,
  observed: ObservedPod,
): ContainerState {
  if (current?.state === 'running') return { running: { startedAt: timeOf(current.startedAtMs) } };
  if (waiting) {
    const { reason, message } = waiting;
    return { waiting: { reason, ...(message && { message }) } };
  }
  if (shown?.state === 'exited') return { terminated: terminated(shown, observed) };
  return { waiting: { reason: 'ContainerCreating' } };
}

function terminated(ended: ObservedContainer, observed: ObservedPod): NonNullable<ContainerState['terminated']> {
  const startedAt = timeOf(ended.startedAtMs ?? ended.finishedAtMs);
  const finishedAt = timeOf(ended.finishedAtMs);
  const message = ended.error || observed.lastWords.get(ended.id);
  return {
    exitCode: ended.exitCode ?? 0,
    reason: reasonOf(ended),
    ...(message && { message }),
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    containerID: `docker://${ended.id}`,
  };
}

function reasonOf(ended: ObservedContainer): string {
  if (ended.vanished) return 'ContainerStatusUnknown';
  if (ended.oomKilled) return 'OOMKilled';
  if (ended.error) return 'ContainerCannotRun';
  return ended.exitCode === 0 ? 'Completed' : 'Error';
}

const timeOf = (atMs: number | undefined): string | undefined => (atMs === undefined ? undefined : timestamp(atMs));
