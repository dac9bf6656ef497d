import { scaledCount } from '../../../api/apps/percent.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, controllerOf, metaOf } from '../../../api/meta/object.ts';
import type { PodDisruptionBudgetSpec } from '../../../api/policy/pod-disruption-budget.ts';
import type { CacheReader } from '../../store/cache.ts';

/** Finds a kind by the `apiVersion` and `kind` of a reference. */
export type KindFinder = (apiVersion: string, kind: string) => ResourceDefinition | undefined;

/** How many pods there should be, and how many of them must be up; or why that cannot be told. */
export type Expectation =
  | { readonly known: true; readonly expected: number; readonly desired: number; readonly unmanaged: readonly string[] }
  | { readonly known: false; readonly why: string };

/**
 * Kubernetes docs, "Specifying a Disruption Budget for your Application": a plain `minAvailable` is meant of the pods there are; a
 * share, and any `maxUnavailable`, of the pods that those who control them want. Shares are rounded up.
 */
export function expectationOf(
  spec: PodDisruptionBudgetSpec,
  pods: readonly Pod[],
  view: CacheReader,
  kinds: KindFinder,
): Expectation {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable === undefined && minAvailable === undefined) return known(0, 0);
  if (maxUnavailable === undefined && typeof minAvailable === 'number') return known(pods.length, minAvailable);
  const wanted = wantedPods(pods, view, kinds);
  if (!wanted.known) return wanted;
  const { expected, unmanaged } = wanted;
  if (maxUnavailable === undefined) return known(expected, scaledCount(minAvailable ?? 0, expected, 'up'), unmanaged);
  return known(expected, Math.max(0, expected - scaledCount(maxUnavailable, expected, 'up')), unmanaged);
}

const known = (expected: number, desired: number, unmanaged: readonly string[] = []): Expectation => ({
  known: true,
  expected,
  desired,
  unmanaged,
});

/** The sum of what the controllers of the pods want, each counted once. Pods that nobody controls add nothing. */
function wantedPods(pods: readonly Pod[], view: CacheReader, kinds: KindFinder): Expectation {
  const unmanaged: string[] = [];
  const replicas = new Map<string, number>();
  const seen = new Set<string>();
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (!controller) unmanaged.push(metaOf(pod).name ?? '');
    if (!controller || seen.has(controller.uid)) continue;
    seen.add(controller.uid);
    const top = topmostScalable(pod, view, kinds);
    if (!top) {
      const why = `found no scale of ${controller.kind} ${controller.name}, which controls pod ${metaOf(pod).name}; set spec.minAvailable to a number instead`;
      return { known: false, why };
    }
    replicas.set(metaOf(top.object).uid ?? '', top.resource.scale?.specReplicas(top.object) ?? 0);
  }
  const expected = [...replicas.values()].reduce((sum, count) => sum + count, 0);
  return known(expected, 0, unmanaged);
}

interface Owner {
  readonly resource: ResourceDefinition;
  readonly object: ApiObject;
}

/** Who says how many there are: a ReplicaSet, or the Deployment that scales it. */
function topmostScalable(pod: Pod, view: CacheReader, kinds: KindFinder): Owner | undefined {
  let top: Owner | undefined;
  let next = scalableOwner(pod, view, kinds);
  // Owners may refer to each other in a circle.
  const passed = new Set<ApiObject>();
  while (next && !passed.has(next.object)) {
    passed.add(next.object);
    top = next;
    next = scalableOwner(top.object, view, kinds);
  }
  return top;
}

function scalableOwner(object: ApiObject, view: CacheReader, kinds: KindFinder): Owner | undefined {
  const reference = controllerOf(object);
  const resource = reference && kinds(reference.apiVersion, reference.kind);
  if (!reference || !resource?.scale) return undefined;
  const owner = view.get(resource, resource.namespaced ? metaOf(object).namespace : undefined, reference.name);
  return owner && metaOf(owner).uid === reference.uid ? { resource, object: owner } : undefined;
}
