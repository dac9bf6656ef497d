import type { PartRules } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { duplicate, forbiddenField, invalidValue, notSupported } from '../meta/validation.ts';
import { each, repeated } from './checks.ts';
import type { Container } from './container.ts';
import { isMirror } from './mirror-pod.ts';
import type { Pod } from './pod.ts';
import { isSidecar, qosClassOf } from './pod-resources.ts';
import { amountOf, type ResourceRequirements } from './resource-requirements.ts';

/**
 * What a write of the subresource `resize` may change: CPU and memory of containers that run (Kubernetes docs, "Resize CPU and
 * Memory Resources assigned to Containers", "Limitations").
 */

const KINDS = ['requests', 'limits'] as const;

const sameNames = (one: readonly Container[] = [], other: readonly Container[] = []): boolean =>
  equalJson(
    one.map(({ name }) => name),
    other.map(({ name }) => name),
  );

/** The containers as they were, with the resources of the others. */
const withResources = (containers: readonly Container[], wanted: readonly Container[]): Container[] =>
  containers.map((container, index) => {
    const { resources: _before, ...rest } = container;
    const resources = wanted[index]?.resources;
    return { ...rest, ...(resources && { resources }) };
  });

/** Amounts by name that differ in either direction. */
function changed(next: ResourceRequirements, previous: ResourceRequirements, kind: (typeof KINDS)[number]): string[] {
  const names = new Set([...Object.keys(next[kind] ?? {}), ...Object.keys(previous[kind] ?? {})]);
  return [...names].filter((name) => amountOf(next[kind], name) !== amountOf(previous[kind], name));
}

/** Memory that is in use cannot be taken away from a container that goes on running. */
function lowersMemory(container: Container, next: ResourceRequirements, previous: ResourceRequirements): boolean {
  const [after, before] = [amountOf(next.limits, 'memory'), amountOf(previous.limits, 'memory')];
  if (after === undefined || before === undefined || compareQuantities(after, before) >= 0) return false;
  return !container.resizePolicy?.some(
    ({ resourceName, restartPolicy }) => resourceName === 'memory' && restartPolicy === 'RestartContainer',
  );
}

function containerFaults(container: Container, previous: Container | undefined, path: string): FieldError[] {
  const [after, before] = [container.resources ?? {}, previous?.resources ?? {}];
  const removed = KINDS.flatMap((kind) =>
    changed(after, before, kind)
      .filter((name) => amountOf(after[kind], name) === undefined)
      .map((name) => forbiddenField(`${path}.${kind}[${name}]`, `resource ${kind} cannot be removed`)),
  );
  if (removed.length > 0) return removed;
  const others = KINDS.flatMap((kind) => changed(after, before, kind)).filter((name) => !/^(cpu|memory)$/.test(name));
  if (others.length > 0 || !equalJson(after.claims, before.claims))
    return [forbiddenField(path, 'only cpu and memory resources are mutable')];
  if (!lowersMemory(container, after, before)) return [];
  const why = 'memory limits cannot be decreased unless resizePolicy is RestartContainer';
  return [forbiddenField(`${path}.limits[memory]`, why)];
}

function initFaults(container: Container, previous: Container | undefined, path: string): FieldError[] {
  if (isSidecar(container)) return containerFaults(container, previous, path);
  if (equalJson(container.resources, previous?.resources)) return [];
  return [forbiddenField(path, 'resources for non-sidecar init containers are immutable')];
}

/** Who is ended first when memory runs out is settled when a pod is made. */
function classFaults(next: Pod, previous: Pod): FieldError[] {
  const [before, after] = [previous.status?.qosClass ?? qosClassOf(previous), qosClassOf(next)];
  if (before === after) return [];
  return [invalidValue('metadata', after, `Pod QOS Class may not change as a result of resizing; it is ${before}`)];
}

export const podResizeRules: PartRules<Pod> = {
  prepareForUpdate(next, previous) {
    const { containers = [], initContainers } = next.spec ?? {};
    const before = previous.spec ?? { containers: [] };
    next.status = previous.status;
    next.metadata = { ...previous.metadata, managedFields: next.metadata?.managedFields };
    // Containers that do not pair up are left for the rules of the change to refuse.
    const pairs = sameNames(containers, before.containers) && sameNames(initContainers, before.initContainers);
    next.spec = {
      ...before,
      containers: pairs ? withResources(before.containers, containers) : containers,
      ...(before.initContainers && {
        initContainers: pairs ? withResources(before.initContainers, initContainers ?? []) : initContainers,
      }),
    };
  },
  validateUpdate(next, previous) {
    const [spec, before] = [next.spec ?? { containers: [] }, previous.spec ?? { containers: [] }];
    if (isMirror(previous)) return [forbiddenField('metadata', 'static pods cannot be resized')];
    if (before.resources)
      return [forbiddenField('spec.resources', 'pods with resources of the pod as a whole cannot be resized')];
    if (!sameNames(spec.containers, before.containers) || !sameNames(spec.initContainers, before.initContainers))
      return [forbiddenField('spec.containers', 'pod resize may not add, remove, rename or reorder containers')];
    const faults = [
      ...each(spec.containers, 'spec.containers', (container, at, index) =>
        containerFaults(container, before.containers[index], `${at}.resources`),
      ),
      ...each(spec.initContainers, 'spec.initContainers', (container, at, index) =>
        initFaults(container, before.initContainers?.[index], `${at}.resources`),
      ),
    ];
    return faults.length > 0 ? faults : classFaults(next, previous);
  },
};

const RESIZABLE = ['cpu', 'memory'];

/** Faults of what a container says on changes of its resources; `podRestartPolicy`: of its pod. */
export function validateResizePolicy(
  { resizePolicy }: Container,
  podRestartPolicy: string | undefined,
  path: string,
): FieldError[] {
  const at = `${path}.resizePolicy`;
  return [
    ...each(resizePolicy, at, ({ resourceName, restartPolicy }, one) => [
      ...(RESIZABLE.includes(resourceName) ? [] : [notSupported(`${one}.resourceName`, resourceName, RESIZABLE)]),
      ...(podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired'
        ? [invalidValue(`${one}.restartPolicy`, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
        : []),
    ]),
    ...repeated(resizePolicy ?? [], ({ resourceName }) => resourceName).map(([{ resourceName }, index]) =>
      duplicate(`${at}[${index}]`, resourceName),
    ),
  ];
}
