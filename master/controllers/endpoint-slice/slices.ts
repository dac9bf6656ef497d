import { type Service, services } from '../../../api/core/service.ts';
import { isHeadless } from '../../../api/core/service-defaults.ts';
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  endpointSlices,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
} from '../../../api/discovery/endpoint-slice.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Family } from '../endpoints/backend.ts';
import { HEADLESS_LABEL } from '../endpoints/controller.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { create, type Decision, remove, update } from '../kit/decision.ts';
import { controllerReference } from '../kit/ownership.ts';
import { type PortGroup, portsKey } from './endpoint.ts';
import { MAX_ENDPOINTS, pack } from './packing.ts';

export const MANAGER = 'endpointslice-controller.k8s.io';

/** A slice as it should be, and the one it is made from. */
interface Plan {
  readonly slice?: EndpointSlice;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * What to do with a service's slices of one family. A slice keeps its name for as long as anything can be put into it; a service
 * without backends keeps one that is empty, to tell its readers so. `newName` gives a name that nothing has yet.
 */
export function settle(
  service: Service,
  family: Family,
  present: readonly EndpointSlice[],
  groups: ReadonlyMap<string, PortGroup>,
  newName: () => string,
  max: number = MAX_ENDPOINTS,
): Decision[] {
  const plans = [...groups].flatMap(([key, { ports, endpoints }]) => {
    const slices = present.filter((slice) => portsKey(slice.ports) === key);
    return pack(slices, endpoints, max).map((packed) => ({ ...packed, ports }));
  });
  const used = plans.filter(({ endpoints }) => endpoints.length > 0);
  const kept = new Set(used.map(({ slice }) => slice));
  const spare = present.filter((slice) => !kept.has(slice));
  const wanted: Plan[] = used.length > 0 ? used : [{ ports: [], endpoints: [] }];
  const settled = wanted.map((plan) => (plan.slice ? plan : { ...plan, slice: spare.shift() }));
  return [
    ...settled.flatMap((plan) => write(service, family, plan, newName)),
    ...spare.map((slice) => remove(endpointSlices, slice)),
  ];
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...metaOf(service).labels,
    [MANAGED_BY_LABEL]: MANAGER,
    [SERVICE_NAME_LABEL]: metaOf(service).name ?? '',
    ...(service.spec && isHeadless(service.spec) && { [HEADLESS_LABEL]: '' }),
  };
}

function write(service: Service, addressType: Family, plan: Plan, newName: () => string): Decision[] {
  const { slice } = plan;
  const labels = labelsOf(service);
  const ports = structuredClone(plan.ports) as EndpointPort[];
  const endpoints = structuredClone(plan.endpoints) as Endpoint[];
  if (!slice) {
    const { namespace } = metaOf(service);
    const ownerReferences = [controllerReference(services, service)];
    return [
      create(endpointSlices, {
        metadata: { namespace, name: newName(), labels, ownerReferences },
        addressType,
        endpoints,
        ports,
      }),
    ];
  }
  const same =
    sameJson(slice.endpoints ?? [], endpoints) &&
    portsKey(slice.ports) === portsKey(ports) &&
    sameJson(metaOf(slice).labels, labels);
  if (same) return [];
  return [
    update(endpointSlices, slice, (current) => {
      metaOf(current).labels = labels;
      Object.assign(current, { endpoints, ports });
    }),
  ];
}
