import { validateAmounts } from '../core/resource-validation.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { optional, quantityMap, type Static, string, struct, time } from '../meta/schema.ts';
import {
  podGroupColumns,
  podGroupSpecFields,
  podGroupStatusFields,
  validatePodGroup,
  X_POD_GROUP_API_GROUP,
} from './pod-group.ts';

/**
 * The PodGroup of the Kubernetes scheduler plugins ("Coscheduling"), so that training operators which make one find it. Means the
 * same as our own; `minResources` is kept and, since the pods themselves say what they need, not looked at.
 */
export const XPodGroupSchema = struct(
  'io.x-k8s.scheduling.v1alpha1.PodGroup',
  'Pods that are placed together or not at all; they name it in the label scheduling.x-k8s.io/pod-group.',
  {
    ...typeMeta,
    metadata,
    spec: optional(
      struct('io.x-k8s.scheduling.v1alpha1.PodGroupSpec', 'What the group needs.', {
        ...podGroupSpecFields,
        minResources: optional(quantityMap('What its pods need together at the least; not looked at.')),
      }),
    ),
    status: optional(
      struct('io.x-k8s.scheduling.v1alpha1.PodGroupStatus', 'How far the group is.', {
        ...podGroupStatusFields,
        occupiedBy: optional(string('Owner of its pods.')),
        scheduleStartTime: optional(time('When the first of its pods was placed.')),
      }),
    ),
  },
);
export type XPodGroup = Static<typeof XPodGroupSchema>;

export const xPodGroups = defineResource<XPodGroup>({
  group: X_POD_GROUP_API_GROUP,
  version: 'v1alpha1',
  kind: 'PodGroup',
  plural: 'podgroups',
  singular: 'podgroup',
  shortNames: ['pg', 'pgs'],
  categories: [],
  namespaced: true,
  schema: XPodGroupSchema,
  hasStatus: true,
  columns: podGroupColumns,
  setDefaults() {},
  validate: (group) => [...validatePodGroup(group), ...validateAmounts(group.spec?.minResources, 'spec.minResources')],
  warnings: ({ spec }) =>
    spec?.minResources ? ['spec.minResources: kept but not looked at; the pods say what they need'] : [],
});
