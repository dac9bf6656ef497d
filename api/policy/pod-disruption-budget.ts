import { validateAtMostWhole, validateCountOrPercent } from '../apps/percent.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { conditionList } from '../core/conditions.ts';
import { ConditionSchema } from '../core/service.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import {
  described,
  int32,
  int64,
  intOrString,
  oneOf,
  optional,
  patchStrategy,
  type Static,
  stringMap,
  struct,
  type TSchema,
  time,
} from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';
import { invalidValue, validateLabelSelector } from '../meta/validation.ts';

/** How many pods of an application must stay up when people or programs evict some ("Specifying a Disruption Budget"). */

/** Names to times. */
const timeMap = (description: string) => ({
  ...stringMap(description),
  additionalProperties: time('A time.') as TSchema,
});

export const PodDisruptionBudgetSpecSchema = struct(
  'io.k8s.api.policy.v1.PodDisruptionBudgetSpec',
  'How many pods must stay up; one of minAvailable and maxUnavailable is set.',
  {
    maxUnavailable: optional(intOrString('Most pods that may be down after an eviction, as a count or a share (25%).')),
    minAvailable: optional(intOrString('Least pods that must be up after an eviction, as a count or a share (75%).')),
    selector: optional(
      patchStrategy(
        described(
          LabelSelectorSchema,
          'Pods it speaks of; an empty selector means all of the namespace, none means none.',
        ),
        'replace',
      ),
    ),
    unhealthyPodEvictionPolicy: optional(
      oneOf('When a running pod that is not ready may be evicted: while the application is up (default), or always.', [
        'AlwaysAllow',
        'IfHealthyBudget',
      ]),
    ),
  },
);
export type PodDisruptionBudgetSpec = Static<typeof PodDisruptionBudgetSpecSchema>;

export const PodDisruptionBudgetStatusSchema = struct(
  'io.k8s.api.policy.v1.PodDisruptionBudgetStatus',
  'How many pods may go.',
  {
    conditions: optional(conditionList(ConditionSchema)),
    currentHealthy: optional(int32('Pods that are up.')),
    desiredHealthy: optional(int32('Least pods that must be up.')),
    disruptedPods: optional(
      timeMap('Pods whose eviction was granted and that are not being deleted yet, and when it was granted.'),
    ),
    disruptionsAllowed: optional(int32('Pods that may be evicted now.')),
    expectedPods: optional(int32('Pods that there should be.')),
    observedGeneration: optional(int64('Generation the figures speak of.')),
  },
);
export type PodDisruptionBudgetStatus = Static<typeof PodDisruptionBudgetStatusSchema>;

export const PodDisruptionBudgetSchema = struct(
  'io.k8s.api.policy.v1.PodDisruptionBudget',
  'Limits how many pods of an application are down because of evictions.',
  {
    ...typeMeta,
    metadata,
    spec: optional(PodDisruptionBudgetSpecSchema),
    status: optional(PodDisruptionBudgetStatusSchema),
  },
);
export type PodDisruptionBudget = Static<typeof PodDisruptionBudgetSchema>;

function validatePodDisruptionBudget({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector } = spec;
  const counts = Object.entries({ minAvailable, maxUnavailable });
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...counts.flatMap(([field, value]) => [
      ...validateCountOrPercent(value, `spec.${field}`),
      ...validateAtMostWhole(value, `spec.${field}`),
    ]),
    ...validateLabelSelector(selector, 'spec.selector'),
  ];
}

const column = (
  name: string,
  description: string,
  value: (spec: PodDisruptionBudgetSpec) => number | string | undefined,
): Column<PodDisruptionBudget> => ({
  name,
  type: 'string',
  description,
  value: ({ spec }) => value(spec ?? {}) ?? 'N/A',
});

export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  categories: [],
  namespaced: true,
  schema: PodDisruptionBudgetSchema,
  hasStatus: true,
  replacedByRevision: true,
  columns: [
    nameColumn,
    column('Min Available', 'Least pods that must be up.', ({ minAvailable }) => minAvailable),
    column('Max Unavailable', 'Most pods that may be down.', ({ maxUnavailable }) => maxUnavailable),
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'Pods that may be evicted now.',
      value: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
  setDefaults() {},
  validate: validatePodDisruptionBudget,
});
