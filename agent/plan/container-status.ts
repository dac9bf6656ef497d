import { timestamp } from '../../platform/clock.ts';
import type { ContainerState, ContainerStatus } from '../pod-types.ts';
import type { ContainerView } from './container.ts';
import type { ObservedContainer, ObservedPod } from './state.ts';

/** One container's status, as Kubernetes has it (API reference, "ContainerStatus"). */
export function containerStatus(view: ContainerView, observed: ObservedPod): ContainerStatus {
  const { spec, current, previous } = view;
  const running = current?.state === 'running';
  const probe = observed.probes.get(spec.name);
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
    state: state(view.current, waiting, shown),
    lastState: ended?.state === 'exited' ? { terminated: terminated(ended) } : {},
    ready: running ? (probe?.ready ?? true) : view.role === 'init' && view.finished && current?.exitCode === 0,
    started: running && (probe?.started ?? true),
  };
}

function state(
  current: ObservedContainer | undefined,
  waiting: ContainerView['waiting'],
  shown: ObservedContainer | undefined,
): ContainerState {
  if (current?.state === 'running') return { running: { startedAt: timeOf(current.startedAtMs) } };
  if (waiting) {
    const { reason, message } = waiting;
    return { waiting: { reason, ...(message && { message }) } };
  }
  if (shown?.state === 'exited') return { terminated: terminated(shown) };
  return { waiting: { reason: 'ContainerCreating' } };
}

function terminated(ended: ObservedContainer): NonNullable<ContainerState['terminated']> {
  const startedAt = timeOf(ended.startedAtMs ?? ended.finishedAtMs);
  const finishedAt = timeOf(ended.finishedAtMs);
  return {
    exitCode: ended.exitCode ?? 0,
    reason: reasonOf(ended),
    ...(ended.error && { message: ended.error }),
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    containerID: `docker://${ended.id}`,
  };
}

function reasonOf(ended: ObservedContainer): string {
  if (ended.vanished) return 'ContainerStatusUnknown';
  if (ended.oomKilled) return 'OOMKilled';
  if (ended.error) return 'StartError';
  return ended.exitCode === 0 ? 'Completed' : 'Error';
}

const timeOf = (atMs: number | undefined): string | undefined => (atMs === undefined ? undefined : timestamp(atMs));
