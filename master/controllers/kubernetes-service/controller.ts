import { leases } from '../../../api/coordination/lease.ts';
import { MASTER_LEASE_NAMESPACE, masterIn } from '../../../api/coordination/master-leases.ts';
import { type Endpoints, endpoints } from '../../../api/core/endpoints.ts';
import { services } from '../../../api/core/service.ts';
import { endpointSlices, MANAGED_BY_LABEL } from '../../../api/discovery/endpoint-slice.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { apiServiceAddress, type NetworkSettings } from '../../network-settings.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Controller, type ControllerView, watch } from '../kit/controller.ts';
import { create, type Decision, remove, update, wake } from '../kit/decision.ts';
import {
  endOf,
  freshService,
  MANAGER,
  type MasterEnd,
  NAME,
  NAMESPACE,
  serviceSpec,
  slicesOf,
  subsetsOf,
} from './desired.ts';

/** Masters say every ten seconds that they are there; two may be missed. */
const SILENCE_MS = 25_000;
const KEY = `${NAMESPACE}/${NAME}`;
const SKIP_MIRROR = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };

/**
 * Keeps the service `kubernetes` with the masters that are there as its endpoints. Time is that of this machine alone: a master is silent
 * when its Lease has not changed for a while, whatever its clock says. Where none seems to be there, what is said stays.
 */
export function kubernetesServiceController(network: NetworkSettings): Controller {
  const clusterIp = apiServiceAddress(network);
  /** When each master's Lease was last seen to be another. */
  const heard = new Map<string, { readonly seenMs: number; readonly atMs: number }>();
  return {
    name: 'kubernetes-service',
    watches: [
      watch(leases, ({ object }) => (masterIn(object) ? [KEY] : [])),
      watch(services, ({ object }) => (isOurs(object.metadata?.namespace, object.metadata?.name) ? [KEY] : [])),
      watch(endpoints, ({ object }) => (isOurs(object.metadata?.namespace, object.metadata?.name) ? [KEY] : [])),
      watch(endpointSlices, ({ object }) => (isManaged(object) ? [KEY] : [])),
    ],
    reconcile(view, _key, nowMs) {
      const ends = listen(view, heard, nowMs);
      const service = reconcileService(view, clusterIp);
      if (ends.length === 0) return service;
      return [...service, ...reconcileEndpoints(view, ends), ...reconcileSlices(view, ends), wake(SILENCE_MS)];
    },
  };
}

const isOurs = (namespace: string | undefined, name: string | undefined): boolean =>
  namespace === NAMESPACE && name === NAME;

const isManaged = (object: { metadata?: { namespace?: string; labels?: Record<string, string> } }): boolean =>
  object.metadata?.namespace === NAMESPACE && object.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;

function listen(
  view: ControllerView,
  heard: Map<string, { readonly seenMs: number; readonly atMs: number }>,
  nowMs: number,
): MasterEnd[] {
  const masters = view.list(leases, MASTER_LEASE_NAMESPACE).flatMap((lease) => masterIn(lease) ?? []);
  for (const { id, seenMs } of masters) if (heard.get(id)?.seenMs !== seenMs) heard.set(id, { seenMs, atMs: nowMs });
  for (const id of heard.keys()) if (!masters.some((master) => master.id === id)) heard.delete(id);
  const alive = masters.filter(({ id }) => nowMs - (heard.get(id)?.atMs ?? 0) <= SILENCE_MS);
  const ends = alive.flatMap(({ url }) => endOf(url) ?? []);
  return [...new Map(ends.map((end) => [`${end.address}:${end.port}`, end])).values()];
}

function reconcileService(view: ControllerView, clusterIp: string): Decision[] {
  const found = view.get(services, NAMESPACE, NAME);
  if (!found) return [create(services, freshService(clusterIp))];
  const wanted = serviceSpec(found.spec?.clusterIP ?? clusterIp);
  if (metaOf(found).deletionTimestamp || sameJson(found.spec?.ports, wanted.ports)) return [];
  return [
    update(services, found, (current) => {
      current.spec = { ...current.spec, ports: wanted.ports };
    }),
  ];
}

function reconcileEndpoints(view: ControllerView, ends: readonly MasterEnd[]): Decision[] {
  const subsets = subsetsOf(ends);
  const found = view.get(endpoints, NAMESPACE, NAME);
  const fresh: Endpoints = { metadata: { namespace: NAMESPACE, name: NAME, labels: SKIP_MIRROR }, subsets };
  if (!found) return [create(endpoints, fresh)];
  if (sameJson(found.subsets, subsets)) return [];
  return [
    update(endpoints, found, (current) => {
      current.subsets = subsets;
    }),
  ];
}

function reconcileSlices(view: ControllerView, ends: readonly MasterEnd[]): Decision[] {
  const wanted = slicesOf(ends);
  const found = view.list(endpointSlices, NAMESPACE).filter(isManaged);
  const decisions = found.flatMap((slice): Decision[] => {
    const fresh = wanted.get(metaOf(slice).name ?? '');
    if (!fresh) return [remove(endpointSlices, slice)];
    if (sameJson([slice.endpoints, slice.ports], [fresh.endpoints, fresh.ports])) return [];
    return [
      update(endpointSlices, slice, (current) => {
        current.endpoints = fresh.endpoints;
        current.ports = fresh.ports;
      }),
    ];
  });
  const names = new Set(found.map((slice) => metaOf(slice).name));
  const missing = [...wanted].filter(([name]) => !names.has(name));
  return [...decisions, ...missing.map(([, slice]) => create(endpointSlices, slice))];
}
