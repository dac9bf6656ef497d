import { compareQuantities } from '../meta/quantity.ts';
import { amountOf } from './amount.ts';
import type { Container } from './container.ts';
import type { ContainerStatus } from './container-status.ts';
import type { Pod } from './pod.ts';
import { isSidecar, most } from './pod-resources.ts';
import type { PodSpec } from './pod-spec.ts';

type Amounts = Record<string, string>;

/**
 * The spec with what the pod holds on its node in the place of what it asks for, while it is being resized: the most of what is
 * asked for, granted and in force; what is asked for does not count while the node says that it can never grant it ("Resize CPU
 * and Memory Resources assigned to Containers"). The same object where these do not differ, as with nearly all pods.
 */
export function specAsHeld({ spec, status }: Pod): PodSpec {
  const { containers, initContainers } = spec!;
  const refused = status?.conditions?.some(
    ({ type, status: holds, reason }) => type === 'PodResizePending' && holds === 'True' && reason === 'Infeasible',
  );
  const running = asHeld(containers, status?.containerStatuses, refused);
  const starting = initContainers && asHeld(initContainers, status?.initContainerStatuses, refused, isSidecar);
  if (running === containers && starting === initContainers) return spec!;
  return { ...spec!, containers: running, initContainers: starting };
}

/** Only of those that last: what others held while the pod started they have given back. */
function asHeld(
  containers: Container[],
  statuses: readonly ContainerStatus[] | undefined,
  refused = false,
  lasts: (container: Container) => boolean = () => true,
): Container[] {
  if (!statuses?.length) return containers;
  let changed: Container[] | undefined;
  for (const [index, container] of containers.entries()) {
    const status = statuses.find(({ name }) => name === container.name);
    const { allocatedResources: granted, resources } = status ?? {};
    const asked = container.resources?.requests;
    if (!lasts(container) || (holds(asked, granted) && holds(asked, resources?.requests))) continue;
    const held = most(granted ?? {}, resources?.requests ?? {});
    const requests = refused ? { ...asked, ...held } : most(asked ?? {}, held);
    changed ??= [...containers];
    changed[index] = { ...container, resources: { ...container.resources, requests } };
  }
  return changed ?? containers;
}

/** Whether nothing but what was asked for is held. */
function holds(asked: Amounts | undefined, held: Amounts | undefined): boolean {
  for (const name in held) {
    const [before, now] = [amountOf(asked, name), held[name]!];
    if (before !== now && (before === undefined || compareQuantities(before, now) !== 0)) return false;
  }
  return true;
}
