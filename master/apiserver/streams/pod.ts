import { type Pod, pods } from '../../../api/core/pod.ts';
import { badRequest, notFound } from '../../../api/meta/errors.ts';
import type { PodRef } from '../../../proto/messages.ts';
import type { ApiContext, ResourceCall } from '../context.ts';
import { freshen } from '../freshness.ts';

export interface PlacedPod {
  readonly pod: Pod;
  readonly ref: PodRef;
  readonly nodeName: string;
}

/** The pod that a request for a stream is about. Throws 404, and 400 while no node has it. */
export async function placedPod(context: ApiContext, { target }: ResourceCall, name: string): Promise<PlacedPod> {
  const { namespace = '' } = target;
  await freshen(context, undefined);
  const pod = context.cache.get(pods, namespace, name);
  if (!pod) throw notFound(pods, name);
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  return { pod, nodeName, ref: { namespace, name, uid: pod.metadata?.uid ?? '' } };
}

/** Throws 400 for a container that has no process to talk to. */
export function requireRunning(pod: Pod, container: string): void {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const state = all.find(({ name }) => name === container)?.state;
  if (state?.running) return;
  const what = `container "${container}" in pod "${pod.metadata?.name}" is not running`;
  if (state?.terminated) {
    throw badRequest(`${what}: it has ended (${state.terminated.reason}, exit code ${state.terminated.exitCode})`);
  }
  throw badRequest(`${what}: it waits to start (${state?.waiting?.reason ?? 'ContainerCreating'})`);
}
