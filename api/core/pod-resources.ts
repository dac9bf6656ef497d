import { addQuantities, compareQuantities } from '../meta/quantity.ts';
import { amountOf } from './amount.ts';
import type { Container } from './container.ts';
import type { Pod } from './pod.ts';
import type { PodSpec } from './pod-spec.ts';
import type { ResourceRequirements } from './resource-requirements.ts';

/** What a pod as a whole asks for and may use ("Sidecar Containers": resource sharing; "Pod Overhead"). */

type Resources = Record<string, string>;
type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const QOS_RESOURCES = ['cpu', 'memory'] as const;

/** An init container that keeps running beside the others. */
export const isSidecar = (container: Pick<Container, 'restartPolicy'>): boolean => container.restartPolicy === 'Always';

const requestsOf = (resources: ResourceRequirements | undefined): Resources => ({
  ...resources?.limits,
  ...resources?.requests,
});
const limitsOf = (resources: ResourceRequirements | undefined): Resources => ({ ...resources?.limits });

function plus(a: Resources, b: Resources): Resources {
  const sum = { ...a };
  for (const [name, amount] of Object.entries(b)) {
    const before = amountOf(sum, name);
    sum[name] = before === undefined ? amount : addQuantities(before, amount);
  }
  return sum;
}

/** The greater amount of each resource. */
export function most(a: Resources, b: Resources): Resources {
  const greater = { ...a };
  for (const [name, amount] of Object.entries(b)) {
    const other = amountOf(greater, name);
    if (other === undefined || compareQuantities(amount, other) > 0) greater[name] = amount;
  }
  return greater;
}

/**
 * Init containers run one after another, each beside the sidecars started before it; then containers and sidecars run
 * together. The pod needs the most that any of these moments needs.
 */
function aggregate(spec: PodSpec, read: (resources: ResourceRequirements | undefined) => Resources): Resources {
  // Most pods have one container, and nothing to add up.
  if (spec.containers?.length === 1 && !spec.initContainers?.length) return read(spec.containers[0]?.resources);
  let sidecars: Resources = {};
  let starting: Resources = {};
  for (const container of spec.initContainers ?? []) {
    const own = read(container.resources);
    if (isSidecar(container)) sidecars = plus(sidecars, own);
    starting = most(starting, isSidecar(container) ? sidecars : plus(sidecars, own));
  }
  const running = (spec.containers ?? []).reduce((sum, container) => plus(sum, read(container.resources)), sidecars);
  return most(running, starting);
}

/** What the containers ask for together, at the moment they ask for the most. */
export const containerRequests = (spec: PodSpec): Resources => aggregate(spec, requestsOf);

/** What is set aside for the pod, by resource name: its containers (limits stand in for missing requests) and its overhead. */
export function podRequests(pod: Pick<Pod, 'spec'>): Resources {
  if (!pod.spec) return {};
  const containers = containerRequests(pod.spec);
  if (!pod.spec.resources && !pod.spec.overhead) return containers;
  return plus({ ...containers, ...requestsOf(pod.spec.resources) }, pod.spec.overhead ?? {});
}

/** The most the pod may use, for the resources that all its containers limit; overhead included. */
export function podLimits(pod: Pick<Pod, 'spec'>): Resources {
  const spec = pod.spec;
  if (!spec) return {};
  const lasting = [...(spec.containers ?? []), ...(spec.initContainers ?? []).filter(isSidecar)];
  const limits: Resources = {};
  for (const [name, amount] of Object.entries(aggregate(spec, limitsOf))) {
    if (lasting.every((container) => amountOf(container.resources?.limits, name) !== undefined)) limits[name] = amount;
  }
  const whole = { ...limits, ...spec.resources?.limits };
  const overhead = Object.entries(spec.overhead ?? {}).filter(([name]) => amountOf(whole, name) !== undefined);
  return plus(whole, Object.fromEntries(overhead));
}

const isSet = (amount: string | undefined): amount is string =>
  amount !== undefined && compareQuantities(amount, '0') > 0;

function isGuaranteed(resources: ResourceRequirements | undefined): boolean {
  return QOS_RESOURCES.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return isSet(limit) && request !== undefined && compareQuantities(request, limit) === 0;
  });
}

const asksForSomething = (resources: ResourceRequirements | undefined): boolean =>
  QOS_RESOURCES.some((name) => isSet(resources?.requests?.[name]) || isSet(resources?.limits?.[name]));

/**
 * Who is ended first when memory runs out ("Pod Quality of Service Classes"): Guaranteed when CPU and memory of every container
 * have equal requests and limits, BestEffort when none has any, else Burstable. Resources of the pod as a whole win.
 */
export function qosClassOf(pod: Pick<Pod, 'spec'>): QosClass {
  const spec = pod.spec;
  const parts = spec?.resources
    ? [spec.resources]
    : [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map((container) => container.resources);
  if (!parts.some(asksForSomething)) return 'BestEffort';
  return parts.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}
