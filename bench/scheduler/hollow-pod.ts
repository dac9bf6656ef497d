import { podStatus } from '../../agent/plan/status.ts';
import { podKey, specOf } from '../../agent/pod-types.ts';
import type { Pod, PodStatus } from '../../api/core/pod.ts';

/** Where a hollow pod runs, as its agent would have it. */
export interface HollowPlace {
  readonly nowMs: number;
  readonly hostIp: string;
  readonly podIp: string;
}

const NONE = new Map<never, never>();

/** What an agent reports of a pod all of whose containers have just been started: in the agent's own words, of containers made up. */
export function runningStatus(pod: Pod, { nowMs, hostIp, podIp }: HollowPlace): PodStatus {
  const id = podKey(pod).uid.replaceAll('-', '');
  const observed = (name: string, role: 'sandbox' | 'app', image: string) => ({
    ...{ id: id + id, name, role, image, imageId: `sha256:${id}${id}`, state: 'running' as const },
    ...{ createdAtMs: nowMs, startedAtMs: nowMs, attempt: 0, crashes: 0, specHash: '' },
    ...{ sandboxId: '', sandboxAttempt: 0, ip: podIp },
  });
  const apps = specOf(pod).containers.map((spec) => ({
    ...{ spec, role: 'app' as const, current: observed(spec.name, 'app', spec.image ?? '') },
    ...{ previous: undefined, waiting: undefined, finished: false, resources: spec.resources },
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
    {},
  );
}
