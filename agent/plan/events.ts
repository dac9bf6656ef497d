import type { ContainerStatus, Pod, PodStatus } from '../pod-types.ts';
import { podKey } from '../pod-types.ts';
import type { EventStep } from './steps.ts';

/** Reasons for waiting that are worth an event when a container comes to them, and the event's reason. */
const EVENT_OF: Readonly<Record<string, string>> = {
  CrashLoopBackOff: 'BackOff',
  ImagePullBackOff: 'BackOff',
  ErrImagePull: 'Failed',
  ErrImageNeverPull: 'ErrImageNeverPull',
  InvalidImageName: 'InspectFailed',
  CreateContainerConfigError: 'Failed',
  CreateContainerError: 'Failed',
};

/** Events for what changed between two statuses: each change is told once, however often the pod is planned. */
export function statusEvents(pod: Pod, last: PodStatus | undefined, status: PodStatus): EventStep[] {
  const before = [...(last?.initContainerStatuses ?? []), ...(last?.containerStatuses ?? [])];
  const after = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const events = after.flatMap((now) =>
    containerEvent(
      pod,
      before.find((one) => one.name === now.name),
      now,
    ),
  );
  if (status.reason === 'DeadlineExceeded' && last?.reason !== 'DeadlineExceeded') {
    const message = status.message ?? '';
    events.push({ type: 'event', eventType: 'Normal', reason: 'DeadlineExceeded', message, container: '' });
  }
  return events;
}

function containerEvent(pod: Pod, before: ContainerStatus | undefined, now: ContainerStatus): EventStep[] {
  const waiting = now.state?.waiting;
  const reason = EVENT_OF[waiting?.reason ?? ''];
  const { reason: reasonBefore, message: messageBefore } = before?.state?.waiting ?? {};
  if (!waiting || !reason || (waiting.reason === reasonBefore && waiting.message === messageBefore)) return [];
  const message = waiting.message ?? `the container "${now.name}" of pod "${podKey(pod).name}" waits`;
  return [{ type: 'event', eventType: 'Warning', reason, message, container: now.name }];
}
