import { type LabelQuery, labelQueryOf } from '../../api/meta/selector.ts';
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts';
import type { Peers } from './populations.ts';

export interface Budget {
  readonly name: string;
  readonly query: LabelQuery;
  /** The selector as text: whether a change of the object changes whom it covers. */
  readonly selector: string;
  /** Pods that may go at this time. */
  allowed: number;
}

/** One array for all whom no budget covers. */
const NONE: readonly Budget[] = [];

/**
 * How many pods may be disrupted at this time, by whom they belong to (Kubernetes docs, "Disruptions").
 *
 * Owns: the budgets, by namespace, and which of them cover whom, as far as that was asked.
 */
export class Budgets {
  readonly #byNamespace = new Map<string, Map<string, Budget>>();
  #covering = new WeakMap<Peers, readonly Budget[]>();
  /** Changes when some pod may be covered by other budgets than before. */
  coverageVersion = 0;
  /** Changes when a budget allows more, or less, than before. */
  allowanceVersion = 0;

  set({ metadata, spec, status }: PodDisruptionBudget): void {
    const { namespace = '', name = '' } = metadata ?? {};
    const allowed = status?.disruptionsAllowed ?? 0;
    const selector = JSON.stringify(spec?.selector ?? null);
    const budgets = this.#byNamespace.get(namespace) ?? new Map<string, Budget>();
    const known = budgets.get(name);
    if (known?.selector === selector) {
      if (known.allowed === allowed) return;
      known.allowed = allowed;
      this.allowanceVersion++;
      return;
    }
    budgets.set(name, { name, query: labelQueryOf(spec?.selector), selector, allowed });
    this.#byNamespace.set(namespace, budgets);
    this.#recover();
  }

  remove(namespace: string, name: string): void {
    const budgets = this.#byNamespace.get(namespace);
    if (!budgets?.delete(name)) return;
    if (budgets.size === 0) this.#byNamespace.delete(namespace);
    this.#recover();
  }

  get isEmpty(): boolean {
    return this.#byNamespace.size === 0;
  }

  /** The budgets that cover the pods. */
  covering(pods: Peers): readonly Budget[] {
    const budgets = this.#byNamespace.get(pods.namespace);
    if (!budgets) return NONE;
    let covering = this.#covering.get(pods);
    if (!covering) {
      covering = [...budgets.values()].filter(({ query }) => query.matches(pods.labels));
      this.#covering.set(pods, covering);
    }
    return covering;
  }

  #recover(): void {
    this.#covering = new WeakMap();
    this.coverageVersion++;
  }
}
