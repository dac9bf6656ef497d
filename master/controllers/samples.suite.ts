import type { Deployment, DeploymentSpec } from '../../api/apps/deployment.ts';
import type { Job, JobSpec } from '../../api/batch/job.ts';
import { type Pod, type PodSpec, pods } from '../../api/core/pod.ts';
import { metaOf } from '../../api/meta/object.ts';
import { timestamp } from '../../platform/clock.ts';
import type { World } from './kit/world.suite.ts';

/** Objects as tests like them, and what an agent would report of pods. */

export const podSpec = (image = 'shop:1'): PodSpec => ({ containers: [{ name: 'main', image }] }) as PodSpec;

export function deploymentOf(name: string, spec: Partial<DeploymentSpec> & { image?: string } = {}): Deployment {
  const { image, ...rest } = spec;
  const labels = { app: name };
  return {
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(image) },
      ...rest,
    },
  };
}

export function jobOf(name: string, spec: Partial<JobSpec> = {}): Job {
  return {
    metadata: { name, namespace: 'shop' },
    spec: { template: { spec: { ...podSpec(), restartPolicy: 'Never' } }, ...spec },
  };
}

/** The scheduler has found a place for it. */
export function bind(world: World, pod: Pod, nodeName = 'n1'): void {
  world.update(pods, pod, (next) => {
    next.spec!.nodeName ??= nodeName;
  });
}

/** The agent says: it runs and is ready (or no longer is). */
export function reportReady(world: World, pod: Pod, ready = true): void {
  bind(world, pod);
  const condition = {
    type: 'Ready',
    status: ready ? ('True' as const) : ('False' as const),
    lastTransitionTime: timestamp(world.nowMs),
  };
  world.setStatus(pods, pod, { phase: 'Running', conditions: [condition] });
}

/** The agent says: its containers have ended. */
export function reportEnd(world: World, pod: Pod, phase: 'Succeeded' | 'Failed'): void {
  const state = { terminated: { exitCode: phase === 'Failed' ? 1 : 0, finishedAt: timestamp(world.nowMs) } };
  const status = { name: 'main', image: 'shop:1', imageID: '', ready: false, restartCount: 0, state };
  world.setStatus(pods, pod, { phase, conditions: [], containerStatuses: [status] });
}

/** The agent has ended a pod that is being deleted. */
export function confirmGone(world: World, pod: Pod): void {
  world.delete(pods, pod, { gracePeriodSeconds: 0 });
}

export const names = (objects: readonly { metadata?: { name?: string } }[]): string[] =>
  objects.map((object) => metaOf(object).name ?? '').sort();
