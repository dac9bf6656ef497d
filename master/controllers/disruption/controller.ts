import { type Pod, pods } from '../../../api/core/pod.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { formatLabelSelector } from '../../../api/meta/selector.ts';
import { type PodDisruptionBudget, podDisruptionBudgets } from '../../../api/policy/pod-disruption-budget.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Controller, keyOf, lookUp, type Watch, watch } from '../kit/controller.ts';
import { type Decision, event, updateStatus, wake } from '../kit/decision.ts';
import { BudgetedPods } from './budgeted-pods.ts';
import { type Expectation, expectationOf, type KindFinder } from './expected-pods.ts';
import { assess } from './status.ts';

const COMPONENT = 'disruption-controller';

/**
 * Keeps the figures of PodDisruptionBudgets, by which evictions are granted (Kubernetes docs, "Disruptions"). Kinds with a
 * scale say how many pods there should be.
 */
export function disruptionController(kindOf: KindFinder): Controller {
  const budgeted = new BudgetedPods();
  const rescaled = (resource: ResourceDefinition): Watch =>
    watch(resource, ({ type, object, previous }) => {
      const replicas = resource.scale?.specReplicas;
      const changed = type === 'modified' && previous && replicas?.(object) !== replicas?.(previous);
      return changed ? budgeted.keysIn(metaOf(object).namespace ?? '') : [];
    });
  return {
    name: 'disruption',
    watchKind: (resource) => (resource.scale ? rescaled(resource) : undefined),
    watches: [
      watch(podDisruptionBudgets, (change, view) => {
        budgeted.budgetChanged(view, change);
        return [keyOf(change.object)];
      }),
      watch(pods, (change) => budgeted.podChanged(change)),
    ],
    reconcile(view, key, nowMs) {
      const budget = lookUp(view, podDisruptionBudgets, key);
      if (!budget) return [];
      const selected = budgeted.podsOf(view, budget);
      const expectation = expectationOf(budget.spec ?? {}, selected, view, kindOf);
      return decisionsFor(budget, selected, expectation, nowMs);
    },
  };
}

function decisionsFor(
  budget: PodDisruptionBudget,
  selected: readonly Pod[],
  expectation: Expectation,
  nowMs: number,
): Decision[] {
  const { status, spared, nextMs } = assess(budget, selected, expectation, nowMs);
  const wakes = nextMs === undefined ? [] : [wake(nextMs - nowMs)];
  if (sameJson(status, budget.status)) return wakes;
  return [
    // Exactly on what was read: an eviction granted meanwhile must not be forgotten.
    updateStatus(
      podDisruptionBudgets,
      budget,
      (current) => {
        current.status = status;
      },
      { exact: true },
    ),
    ...remarks(budget, selected, expectation, spared),
    ...wakes,
  ];
}

/** What a person should know of the budget, told when its figures change. */
function remarks(
  budget: PodDisruptionBudget,
  selected: readonly Pod[],
  expectation: Expectation,
  spared: readonly string[],
): Decision[] {
  const say = (
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    about: PodDisruptionBudget | Pod = budget,
  ) => event({ about, component: COMPONENT, type, reason, message });
  const decisions = selected
    .filter((pod) => spared.includes(metaOf(pod).name ?? ''))
    .map((pod) =>
      say('Warning', 'NotDeleted', `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`, pod),
    );
  if (!expectation.known) return [...decisions, say('Warning', 'CalculateExpectedPodCountFailed', expectation.why)];
  if (selected.length === 0) decisions.push(say('Normal', 'NoPods', 'No matching pods found'));
  if (expectation.unmanaged.length > 0) {
    const { length } = expectation.unmanaged;
    const selector = formatLabelSelector(budget.spec?.selector);
    const message = `${length} of the selected pods (selector: ${selector}) have no controller and are not counted; set spec.minAvailable to a number to count them`;
    decisions.push(say('Warning', 'UnmanagedPods', message));
  }
  return decisions;
}
