import { NAMESPACE_FINALIZER, type Namespace, namespaces } from '../../api/core/namespace.ts';
import { type Catalogue, keptResources } from '../../api/meta/catalogue.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { timestamp } from '../../platform/clock.ts';
import type { CacheReader } from '../store/cache.ts';
import { sameJson } from './kit/canonical-json.ts';
import { withCondition } from './kit/conditions.ts';
import { type Controller, watch, watchSelf } from './kit/controller.ts';
import { bounded, type Decision, remove, update, updateStatus } from './kit/decision.ts';

interface Content {
  readonly resource: ResourceDefinition;
  readonly objects: readonly ApiObject[];
}

/**
 * Empties a namespace that is being deleted, then lets it go (Kubernetes docs, "Namespaces"). Nothing new can be made in it
 * meanwhile: admission sees to that.
 */
export function namespaceController(catalogue: Catalogue): Controller {
  return {
    name: 'namespace',
    watches: [watchSelf(namespaces)],
    watchKind: (resource) =>
      resource.namespaced
        ? watch(resource, ({ object }, view) => {
            const { namespace = '' } = metaOf(object);
            return isEnding(view.get(namespaces, undefined, namespace)) ? [namespace] : [];
          })
        : undefined,
    reconcile(view, key, nowMs) {
      const namespace = view.get(namespaces, undefined, key);
      if (!namespace || !isEnding(namespace) || !namespace.spec?.finalizers?.includes(NAMESPACE_FINALIZER)) return [];
      const contents = contentsOf(view, keptResources(catalogue.resources), key);
      if (contents.length === 0) return [letGo(namespace)];
      const removals = contents.flatMap(({ resource, objects }) =>
        objects
          .filter((object) => !metaOf(object).deletionTimestamp)
          .map((object) => remove(resource, object, { propagationPolicy: 'Background' })),
      );
      return [...bounded(removals), ...report(namespace, contents, nowMs)];
    },
  };
}

const isEnding = (namespace: Namespace | undefined): boolean => !!namespace?.metadata?.deletionTimestamp;

function contentsOf(view: CacheReader, resources: readonly ResourceDefinition[], namespace: string): Content[] {
  return resources
    .filter(({ namespaced }) => namespaced)
    .map((resource) => ({ resource, objects: view.list(resource, namespace) }))
    .filter(({ objects }) => objects.length > 0);
}

const letGo = (namespace: Namespace): Decision =>
  update(
    namespaces,
    namespace,
    (current) => {
      const left = current.spec?.finalizers?.filter((finalizer) => finalizer !== NAMESPACE_FINALIZER) ?? [];
      current.spec = { ...current.spec, finalizers: left.length > 0 ? left : undefined };
    },
    { part: 'finalize' },
  );

/** Says in the namespace's conditions what is still there and which finalizers hold it. */
function report(namespace: Namespace, contents: readonly Content[], nowMs: number): Decision[] {
  const held = contents.flatMap(({ objects }) => objects.flatMap((object) => metaOf(object).finalizers ?? []));
  const kinds = contents.map(({ resource }) =>
    resource.group ? `${resource.plural}.${resource.group}` : resource.plural,
  );
  const nowText = timestamp(nowMs);
  const remaining = {
    type: 'NamespaceContentRemaining',
    status: 'True' as const,
    reason: 'SomeResourcesRemain',
    message: `Still there: ${kinds.join(', ')}`,
  };
  const finalizers = {
    type: 'NamespaceFinalizersRemaining',
    status: held.length > 0 ? ('True' as const) : ('False' as const),
    reason: held.length > 0 ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers',
    message:
      held.length > 0 ? `Finalizers that hold content: ${[...new Set(held)].join(', ')}` : 'No finalizer holds content',
  };
  const conditions = [remaining, finalizers].reduce(
    (list, condition) => withCondition(list, condition, nowText),
    namespace.status?.conditions ?? [],
  );
  if (sameJson(conditions, namespace.status?.conditions) && namespace.status?.phase === 'Terminating') return [];
  return [
    updateStatus(namespaces, namespace, (current) => {
      current.status = { ...current.status, phase: 'Terminating', conditions };
    }),
  ];
}
