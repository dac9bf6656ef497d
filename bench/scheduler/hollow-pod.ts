import { endedPhase, podStatus } from '../../agent/plan/status.ts';
import { podKey, specOf } from '../../agent/pod-types.ts';
import type { ContainerInfo } from '../../agent/runtime.ts';
import type { Pod, PodStatus } from '../../api/core/pod.ts';

/** Where a hollow pod runs, as its agent would have it. */
export interface HollowPlace {
  readonly nowMs: number;
  readonly hostIp: string;
  readonly podIp: string;
}

const NONE = new Map<never, never>();

/** What an agent reports of a pod all of whose containers have just been started: in the agent's own words, of containers made up. */
export const runningStatus = (pod: Pod, place: HollowPlace): PodStatus =>
  hollowStatus(pod, place, { state: 'running' });

/** The same of one whose containers have ended as they should. */
export const succeededStatus = (pod: Pod, place: HollowPlace): PodStatus =>
  hollowStatus(pod, place, { state: 'exited', exitCode: 0, finishedAtMs: place.nowMs });

type State = Pick<ContainerInfo, 'state' | 'exitCode' | 'finishedAtMs'>;

function hollowStatus(pod: Pod, { nowMs, hostIp, podIp }: HollowPlace, state: State): PodStatus {
  const id = podKey(pod).uid.replaceAll('-', '');
  const observed = (name: string, role: 'sandbox' | 'app', image: string) => ({
    ...{ id: id + id, name, role, image, imageId: `sha256:${id}${id}`, ...state },
    ...{ createdAtMs: nowMs, startedAtMs: nowMs, attempt: 0, crashes: 0, specHash: '' },
    ...{ sandboxId: '', sandboxAttempt: 0, ip: podIp },
  });
  const apps = specOf(pod).containers.map((spec) => ({
    ...{ spec, role: 'app' as const, current: observed(spec.name, 'app', spec.image ?? '') },
    ...{ previous: undefined, waiting: undefined, finished: state.state === 'exited', resources: spec.resources },
  }));
  const containers = [observed('POD', 'sandbox', 'pause'), ...apps.map(({ current }) => current)];
  return podStatus(
    { pod, wanted: true, sourcesVersion: '' },
    {
      ...{ containers, volumesVersion: '', volumesOnDisk: false },
      ...{ images: NONE, troubles: NONE, stopping: NONE, probes: NONE, hooks: NONE, lastWords: NONE },
    },
    { nowMs, hostIp, last: pod.status },
    [],
    apps,
    { phase: endedPhase(apps) },
  );
}
