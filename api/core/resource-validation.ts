import type { FieldError } from '../meta/errors.ts';
import { compareQuantities, quantityValue } from '../meta/quantity.ts';
import { duplicate, invalidValue, labelKeyFault, required } from '../meta/validation.ts';
import { each, repeated, requiredText } from './checks.ts';
import { containerRequests } from './pod-resources.ts';
import type { PodSpec } from './pod-spec.ts';
import { amountOf, type ResourceRequirements } from './resource-requirements.ts';
import { unitsOf } from './resource-units.ts';

/** Requests and limits ("Resource Management for Pods and Containers", "Extended resources"). */

const OVERCOMMITTABLE = new Set(['cpu', 'memory', 'ephemeral-storage']);
const WHOLE_POD = new Set(['cpu', 'memory']);
const HUGE_PAGES = 'hugepages-';

const isHugePages = (name: string) => name.startsWith(HUGE_PAGES);
const isNative = (name: string) => !name.includes('/') || name.split('/')[0]?.endsWith('kubernetes.io');

/** Amounts of these may exceed what a machine has when limits are added up; all others are handed out whole and once. */
const isOvercommittable = (name: string) => OVERCOMMITTABLE.has(name);

function nameFaults(name: string, path: string, isPodLevel: boolean): FieldError[] {
  const fault = labelKeyFault(name);
  if (fault) return [invalidValue(path, name, fault)];
  if (isPodLevel)
    return WHOLE_POD.has(name) || isHugePages(name)
      ? []
      : [invalidValue(path, name, 'must be a standard resource for pods: cpu, memory or hugepages-*')];
  if (name.includes('/')) return [];
  if (isOvercommittable(name) || isHugePages(name)) return [];
  return [
    invalidValue(path, name, 'must be a standard resource type or fully qualified'),
    invalidValue(path, name, 'must be a standard resource for containers'),
  ];
}

/** Whoever adds amounts up does so in `unitsOf` them: beyond this, numbers are no longer exact. */
const MOST_UNITS = Number.MAX_SAFE_INTEGER;

const isWhole = (amount: string): boolean => compareQuantities(String(quantityValue(amount)), amount) === 0;

/** Amounts of one resource list: no negative ones, none beyond counting, whole ones where a part makes no sense. */
export function validateAmounts(amounts: Record<string, string> | undefined, path: string): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const at = `${path}[${name}]`;
    if (compareQuantities(amount, '0') < 0) return [invalidValue(at, amount, 'must be greater than or equal to 0')];
    if (unitsOf(name, amount) > MOST_UNITS)
      return [invalidValue(at, amount, `must be less than or equal to ${MOST_UNITS}${name === 'cpu' ? 'm' : ''}`)];
    if ((isNative(name) && name !== 'pods') || isWhole(amount)) return [];
    return [invalidValue(at, amount, 'must be an integer')];
  });
}

function requestFaults(name: string, request: string, limit: string | undefined, path: string): FieldError[] {
  if (limit === undefined)
    return isOvercommittable(name) ? [] : [required(path, 'Limit must be set for non overcommitable resources')];
  const order = compareQuantities(request, limit);
  if (order !== 0 && !isOvercommittable(name))
    return [invalidValue(path, request, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [invalidValue(path, request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

/** What a runtime class adds to its pods: resources that containers may ask for too. */
export const validateOverhead = (overhead: Record<string, string> | undefined, path: string): FieldError[] => [
  ...Object.keys(overhead ?? {}).flatMap((name) => nameFaults(name, `${path}[${name}]`, false)),
  ...validateAmounts(overhead, path),
];

/**
 * A pod as a whole gets no less than its containers ask for together, and none of them may use more than the pod may
 * ("Resource Management for Pods and Containers", pod-level resource specification).
 */
export function validateWholeAndParts(spec: PodSpec, path: string): FieldError[] {
  if (!spec.resources) return [];
  const { requests = {}, limits = {} } = spec.resources;
  const parts = containerRequests(spec);
  return [
    ...Object.entries(requests).flatMap(([name, whole]) => {
      const sum = amountOf(parts, name) ?? '0';
      const why = `must be greater than or equal to aggregate container requests of ${sum}`;
      return compareQuantities(sum, whole) > 0 ? [invalidValue(`${path}.resources.requests[${name}]`, whole, why)] : [];
    }),
    ...each(spec.containers, `${path}.containers`, ({ resources }, at) =>
      Object.entries(resources?.limits ?? {}).flatMap(([name, limit]) => {
        const whole = amountOf(limits, name);
        if (whole === undefined || compareQuantities(limit, whole) <= 0) return [];
        return [
          invalidValue(
            `${at}.resources.limits[${name}]`,
            limit,
            `must be less than or equal to pod limits of ${whole}`,
          ),
        ];
      }),
    ),
  ];
}

export function validateResources(
  resources: ResourceRequirements | undefined,
  path: string,
  isPodLevel = false,
): FieldError[] {
  if (!resources) return [];
  const { limits = {}, requests = {}, claims = [] } = resources;
  return [
    ...Object.keys(limits).flatMap((name) => nameFaults(name, `${path}.limits[${name}]`, isPodLevel)),
    ...validateAmounts(limits, `${path}.limits`),
    ...Object.keys(requests).flatMap((name) => nameFaults(name, `${path}.requests[${name}]`, isPodLevel)),
    ...validateAmounts(requests, `${path}.requests`),
    ...Object.entries(requests).flatMap(([name, request]) =>
      requestFaults(name, request, amountOf(limits, name), `${path}.requests`),
    ),
    ...claims.flatMap((claim, index) => requiredText(`${path}.claims[${index}].name`, claim.name)),
    ...repeated(claims, (claim) => `${claim.name}/${claim.request ?? ''}`).map(([claim, index]) =>
      duplicate(`${path}.claims[${index}]`, claim.name),
    ),
  ];
}
