import { type Pod, pods } from '../../../api/core/pod.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import { type LabelQuery, labelQueryOf } from '../../../api/meta/selector.ts';
import type { PodDisruptionBudget } from '../../../api/policy/pod-disruption-budget.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { keyOf } from '../kit/controller.ts';
import { isReady } from '../pods/pod-state.ts';

interface Selection {
  readonly selector: unknown;
  readonly query: LabelQuery;
  /** Names of pods: what they are now is read where it is needed. */
  readonly names: Set<string>;
}

/**
 * Which pods each budget speaks of, so that neither a change of a pod nor a look at a budget goes through all pods.
 *
 * Owns: one selection per budget, by namespace. Invariant, once told of every budget and every pod: a selection has exactly the
 * pods of its namespace that its selector matches.
 */
export class BudgetedPods {
  readonly #namespaces = new Map<string, Map<string, Selection>>();

  /** Takes in a budget's change; the pods of the namespace are gone through only when its selector is new. */
  budgetChanged(view: CacheReader, { type, object }: Change<PodDisruptionBudget>): void {
    const { namespace = '' } = metaOf(object);
    const selections = this.#namespaces.get(namespace) ?? new Map<string, Selection>();
    const selector = object.spec?.selector;
    if (type === 'deleted') selections.delete(keyOf(object));
    else if (!equalJson(selections.get(keyOf(object))?.selector, selector ?? null))
      selections.set(keyOf(object), select(view, namespace, selector));
    if (selections.size > 0) this.#namespaces.set(namespace, selections);
    else this.#namespaces.delete(namespace);
  }

  /** Takes in a pod's change; the keys of the budgets whose figures it may change. */
  podChanged({ type, object, previous }: Change<Pod>): string[] {
    const { namespace = '', name = '', labels } = metaOf(object);
    const same = type === 'modified' && previous && equalJson(labels, metaOf(previous).labels);
    if (same && !countsOtherwise(object, previous)) return [];
    const keys: string[] = [];
    for (const [key, { query, names }] of this.#namespaces.get(namespace) ?? []) {
      const was = names.has(name);
      const is = type !== 'deleted' && query.matches(labels);
      if (is) names.add(name);
      else names.delete(name);
      if (was !== is || (is && countsOtherwise(object, previous))) keys.push(key);
    }
    return keys;
  }

  /** Budgets of a namespace. */
  keysIn(namespace: string): string[] {
    return [...(this.#namespaces.get(namespace)?.keys() ?? [])];
  }

  /** The pods of a budget as they are now. */
  podsOf(view: CacheReader, budget: PodDisruptionBudget): Pod[] {
    const { namespace = '' } = metaOf(budget);
    const names = this.#namespaces.get(namespace)?.get(keyOf(budget))?.names ?? [];
    return [...names].map((name) => view.get(pods, namespace, name)).filter((pod) => pod !== undefined);
  }
}

function select(
  view: CacheReader,
  namespace: string,
  selector: NonNullable<PodDisruptionBudget['spec']>['selector'],
): Selection {
  const query = labelQueryOf(selector);
  const matching = view.list(pods, namespace).filter((pod) => query.matches(metaOf(pod).labels));
  return { selector: selector ?? null, query, names: new Set(matching.map((pod) => metaOf(pod).name ?? '')) };
}

/** Whether what a budget looks at has changed; addresses, restarts and the like have nothing to do with it. */
function countsOtherwise(pod: Pod, previous: Pod | undefined): boolean {
  return (
    !previous ||
    metaOf(pod).uid !== metaOf(previous).uid ||
    isReady(pod) !== isReady(previous) ||
    metaOf(pod).deletionTimestamp !== metaOf(previous).deletionTimestamp ||
    controllerOf(pod)?.uid !== controllerOf(previous)?.uid
  );
}
