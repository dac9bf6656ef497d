import { amountOf } from '../../api/core/amount.ts';
import { podRequests } from '../../api/core/pod-resources.ts';
import { unitsOf } from '../../api/core/resource-units.ts';
import type { Amounts } from '../node-options.ts';
import { type Container, type Pod, type PodStatus, specOf } from '../pod-types.ts';

/** A pod that holds resources of the node, as far as others must know. */
export interface Booked {
  readonly pod: Pod;
  /** In the units of `unitsOf`, with `pods: 1`. */
  readonly requests: Amounts;
}

/** What a pod asks for, in numbers. */
export function requestsOf(pod: Pod): Amounts {
  const asked = Object.entries(podRequests(pod)).map(([name, amount]) => [name, unitsOf(name, amount)]);
  return { ...Object.fromEntries(asked), pods: 1 };
}

/**
 * What is set aside for a pod on its node: what it asks for, but while a greater amount is refused it, what it has been granted.
 * Never more than the master's books say, so that whoever fits there fits here.
 */
export function bookingOf(pod: Pod, status: PodStatus | undefined): Booked {
  return { pod, requests: requestsOf(resizePending(status) ? withAllocated(pod, status) : pod) };
}

export const resizePending = (status: PodStatus | undefined): boolean =>
  status?.conditions?.some(({ type, status: holds }) => type === 'PodResizePending' && holds === 'True') ?? false;

/** The pod with the requests that its running containers were last granted. */
function withAllocated(pod: Pod, status: PodStatus | undefined): Pod {
  const spec = specOf(pod);
  const granted = (container: Container): Container => {
    const requests = allocatedOf(container, status);
    return requests ? { ...container, resources: { ...container.resources, requests } } : container;
  };
  return {
    ...pod,
    spec: { ...spec, containers: spec.containers.map(granted), initContainers: spec.initContainers?.map(granted) },
  };
}

function allocatedOf({ name }: Container, status: PodStatus | undefined): Record<string, string> | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find((one) => one.name === name)?.allocatedResources;
}

const RESIZABLE = ['cpu', 'memory'] as const;

/** The resources of which some container of the pod asks for more than it was last granted. */
export function grown(pod: Pod, status: PodStatus | undefined): string[] {
  const { initContainers = [], containers } = specOf(pod);
  return RESIZABLE.filter((name) =>
    [...initContainers, ...containers].some((container) => {
      const granted = allocatedOf(container, status);
      const before = amountOf(granted, name);
      const asked = container.resources?.requests?.[name];
      return before !== undefined && asked !== undefined && unitsOf(name, asked) > unitsOf(name, before);
    }),
  );
}

/** The sum of what pods hold of one resource. */
export const heldOf = (name: string, booked: Iterable<Booked>): number => {
  let sum = 0;
  for (const { requests } of booked) sum += requests[name] ?? 0;
  return sum;
};
