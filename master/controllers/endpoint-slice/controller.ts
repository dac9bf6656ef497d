import { type Node, nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { type Service, services } from '../../../api/core/service.ts';
import {
  type EndpointSlice,
  endpointSlices,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
} from '../../../api/discovery/endpoint-slice.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { familiesOf, showsOtherwise } from '../endpoints/backend.ts';
import { Selections, selectorOf } from '../endpoints/selections.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { type Decision, remove } from '../kit/decision.ts';
import { shortHash } from '../kit/short-hash.ts';
import { portGroups, ZONE_LABEL } from './endpoint.ts';
import { MANAGER, settle } from './slices.ts';

const FAMILIES = ['IPv4', 'IPv6'] as const;
/** A name may be this long with the hash behind it (a DNS subdomain). */
const MAX_STEM = 240;

/**
 * Keeps the EndpointSlices of services with a selector (Kubernetes docs, "EndpointSlices"). Slices that somebody else manages are left
 * alone; when a service goes, the garbage collector takes its slices along.
 */
export function endpointSliceController(): Controller {
  const selections = new Selections();
  const ofNode = (view: CacheReader, { name = '' }: { name?: string }): string[] =>
    selections.isEmpty ? [] : (view.podsOn(name) as Pod[]).flatMap((pod) => selections.keysOf(pod));
  return {
    name: 'endpointslice',
    watches: [
      watch(services, (change, view) => {
        selections.serviceChanged(view, change);
        return [keyOf(change.object)];
      }),
      watch(pods, (change) => selections.podChanged(change, showsOtherwise(change))),
      watch(nodes, (change, view) => (zoneMoved(change) ? ofNode(view, metaOf(change.object)) : [])),
      watch(endpointSlices, ({ object, previous }) => [object, previous].flatMap((slice) => serviceKey(slice))),
    ],
    reconcile(view, key) {
      const service = lookUp(view, services, key);
      if (!service || !selectorOf(service) || metaOf(service).deletionTimestamp) return [];
      return decisionsFor(view, service, selections.podsOf(view, service));
    },
  };
}

const zoneOf = (node: Node | undefined): string | undefined => node && metaOf(node).labels?.[ZONE_LABEL];
const zoneMoved = ({ object, previous }: Change<Node>): boolean => zoneOf(object) !== zoneOf(previous);

const isOurs = (slice: EndpointSlice): boolean => metaOf(slice).labels?.[MANAGED_BY_LABEL] === MANAGER;

function serviceKey(slice: EndpointSlice | undefined): string[] {
  const { namespace = '', labels } = slice ? metaOf(slice) : {};
  const name = labels?.[SERVICE_NAME_LABEL];
  return slice && name && isOurs(slice) ? [`${namespace}/${name}`] : [];
}

function decisionsFor(view: CacheReader, service: Service, selected: readonly Pod[]): Decision[] {
  const owned = view.ownedBy(endpointSlices, metaOf(service).uid ?? '').filter(isOurs);
  const wanted = familiesOf(service);
  const newName = namer(view, service);
  return FAMILIES.flatMap((family) => {
    const present = owned.filter(({ addressType }) => addressType === family);
    if (!wanted.includes(family)) return present.map((slice) => remove(endpointSlices, slice));
    return settle(service, family, present, portGroups(view, service, selected, family), newName);
  });
}

/** Names that follow from the service alone, so that two who decide the same make the same slice. */
function namer(view: CacheReader, service: Service): () => string {
  const { namespace = '', name = '', uid = '' } = metaOf(service);
  let next = 0;
  return () => {
    for (;;) {
      const candidate = `${name.slice(0, MAX_STEM)}-${shortHash(`${uid}#${next++}`)}`;
      if (!view.get(endpointSlices, namespace, candidate)) return candidate;
    }
  };
}
