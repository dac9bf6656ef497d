import type { Container } from '../../../api/core/container.ts';
import type { LimitRangeItem } from '../../../api/core/limit-range.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { containerRequests } from '../../../api/core/pod-resources.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { amountOf } from '../../../api/core/resource-requirements.ts';
import { isSameResource, type ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { compareQuantities, quantityMilli } from '../../../api/meta/quantity.ts';

type Amounts = Readonly<Record<string, string>>;

/** What one thing that limit ranges are about asks for. */
export interface Wish {
  readonly type: string;
  readonly requests: Amounts;
  /** Claims are given what they ask for, and limit nothing. */
  readonly limits?: Amounts;
}

export function wishesOf(resource: ResourceDefinition, object: ApiObject): Wish[] {
  if (!isSameResource(resource, pods)) {
    const { spec } = object as PersistentVolumeClaim;
    return [{ type: 'PersistentVolumeClaim', requests: spec?.resources?.requests ?? {} }];
  }
  const spec = (object as Pod).spec ?? { containers: [] };
  const ofContainer = ({ resources }: Container): Wish => ({
    type: 'Container',
    requests: resources?.requests ?? {},
    limits: resources?.limits ?? {},
  });
  return [...spec.containers.map(ofContainer), ...(spec.initContainers ?? []).map(ofContainer), ofPod(spec)];
}

/** Containers together, at the moment they ask for the most; what is said of the pod as a whole wins. */
function ofPod(spec: PodSpec): Wish {
  const asLimits = (container: Container): Container => ({
    ...container,
    resources: { requests: container.resources?.limits },
  });
  const limited = {
    ...spec,
    containers: spec.containers.map(asLimits),
    initContainers: spec.initContainers?.map(asLimits),
  };
  return {
    type: 'Pod',
    requests: { ...containerRequests(spec), ...spec.resources?.requests },
    limits: { ...containerRequests(limited), ...spec.resources?.limits },
  };
}

/** What of a wish is out of bounds, in Kubernetes' words. */
export const boundFaults = (item: LimitRangeItem, wish: Wish): string[] => [
  ...Object.entries(item.min ?? {}).flatMap(([name, least]) => leastFaults(name, least, wish)),
  ...Object.entries(item.max ?? {}).flatMap(([name, most]) => mostFaults(name, most, wish)),
  ...Object.entries(item.maxLimitRequestRatio ?? {}).flatMap(([name, ratio]) => ratioFaults(name, ratio, wish)),
];

function leastFaults(name: string, least: string, { type, requests, limits }: Wish): string[] {
  const [request, limit] = [amountOf(requests, name), amountOf(limits, name)];
  const bound = `minimum ${name} usage per ${type} is ${least}`;
  if (request === undefined) return [`${bound}.  No request is specified`];
  if (compareQuantities(request, least) < 0) return [`${bound}, but request is ${request}`];
  return limit !== undefined && compareQuantities(limit, least) < 0 ? [`${bound}, but limit is ${limit}`] : [];
}

function mostFaults(name: string, most: string, { type, requests, limits }: Wish): string[] {
  const [request, limit] = [amountOf(requests, name), limits && amountOf(limits, name)];
  const bound = `maximum ${name} usage per ${type} is ${most}`;
  if (limits && limit === undefined) return [`${bound}.  No limit is specified`];
  if (!limits && request === undefined) return [`${bound}.  No request is specified`];
  if (limit !== undefined && compareQuantities(limit, most) > 0) return [`${bound}, but limit is ${limit}`];
  return request !== undefined && compareQuantities(request, most) > 0 ? [`${bound}, but request is ${request}`] : [];
}

function ratioFaults(name: string, most: string, { type, requests, limits }: Wish): string[] {
  const request = quantityMilli(amountOf(requests, name) ?? '0');
  const limit = quantityMilli(amountOf(limits, name) ?? '0');
  const bound = `${name} max limit to request ratio per ${type} is ${most}`;
  if (request === 0) return [`${bound}, but no request is specified or request is 0`];
  if (limit === 0) return [`${bound}, but no limit is specified or limit is 0`];
  const ratio = limit / request;
  return ratio > quantityMilli(most) / 1000 ? [`${bound}, but provided ratio is ${ratio.toFixed(6)}`] : [];
}
