import { type Endpoints, endpoints } from '../../../api/core/endpoints.ts';
import { pods } from '../../../api/core/pod.ts';
import { type Service, services } from '../../../api/core/service.ts';
import { isHeadless } from '../../../api/core/service-defaults.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Controller, keyOf, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { create, type Decision, remove, update } from '../kit/decision.ts';
import { showsOtherwise } from './backend.ts';
import { Selections, selectorOf } from './selections.ts';
import { subsetsOf } from './subsets.ts';

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
/** Tells proxies that nobody has to route to it. */
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

/**
 * Keeps the Endpoints of services with a selector (Kubernetes docs, "Service", Endpoints). Those of services without are somebody
 * else's: they are left alone, also when the service goes.
 */
export function endpointsController(): Controller {
  const selections = new Selections();
  return {
    name: 'endpoint',
    watches: [
      watch(services, (change, view) => {
        selections.serviceChanged(view, change);
        return [keyOf(change.object)];
      }),
      watch(pods, (change) => selections.podChanged(change, showsOtherwise(change))),
      watchSelf(endpoints),
    ],
    reconcile(view, key) {
      const present = lookUp(view, endpoints, key);
      const service = lookUp(view, services, key);
      if (!service) return present && isOurs(present) ? [remove(endpoints, present)] : [];
      if (!selectorOf(service) || metaOf(service).deletionTimestamp) return [];
      return settle(present, desiredOf(service, subsetsOf(service, selections.podsOf(view, service))));
    },
  };
}

const isOurs = (object: Endpoints): boolean => metaOf(object).labels?.[MANAGED_BY_LABEL] === MANAGER;

function desiredOf(service: Service, { subsets, truncated }: ReturnType<typeof subsetsOf>): Endpoints {
  const { namespace, name, labels } = metaOf(service);
  return {
    metadata: {
      namespace,
      name,
      labels: {
        ...labels,
        [MANAGED_BY_LABEL]: MANAGER,
        ...(service.spec && isHeadless(service.spec) && { [HEADLESS_LABEL]: '' }),
      },
      ...(truncated && { annotations: { [OVER_CAPACITY]: 'truncated' } }),
    },
    ...(subsets.length > 0 && { subsets }),
  };
}

function settle(present: Endpoints | undefined, desired: Endpoints): Decision[] {
  if (!present) return [create(endpoints, desired)];
  const { labels, annotations } = metaOf(desired);
  const overCapacity = annotations?.[OVER_CAPACITY];
  const same =
    sameJson(present.subsets ?? [], desired.subsets ?? []) &&
    sameJson(metaOf(present).labels, labels) &&
    metaOf(present).annotations?.[OVER_CAPACITY] === overCapacity;
  if (same) return [];
  const edit = (current: Endpoints): void => {
    const meta = metaOf(current);
    meta.labels = labels;
    const { [OVER_CAPACITY]: _said, ...others } = meta.annotations ?? {};
    meta.annotations = overCapacity ? { ...others, [OVER_CAPACITY]: overCapacity } : others;
    current.subsets = structuredClone(desired.subsets ?? []);
  };
  return [update(endpoints, present, edit)];
}
