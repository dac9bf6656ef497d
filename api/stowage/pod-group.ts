import { nonNegative } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { conditionFields, conditionList } from '../core/conditions.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { type ApiObject, metadata, typeMeta } from '../meta/object.ts';
import { int32, int64, oneOf, optional, type Static, struct } from '../meta/schema.ts';
import { invalidValue } from '../meta/validation.ts';

/** Pods that are placed together or not at all, and how a pod says that it belongs to such a group. */

/** Label or annotation of a pod: the name of a `stowage.dev` PodGroup in its namespace. */
export const POD_GROUP_KEY = 'stowage.dev/pod-group';
/** Label of a pod: the name of a `scheduling.x-k8s.io` PodGroup. */
export const X_POD_GROUP_LABEL = 'scheduling.x-k8s.io/pod-group';
/** The same in older releases of the scheduler plugins, which tools set as a label and as an annotation. */
export const OLD_POD_GROUP_KEY = 'pod-group.scheduling.sigs.k8s.io';

export const POD_GROUP_API_GROUP = 'stowage.dev';
export const X_POD_GROUP_API_GROUP = 'scheduling.x-k8s.io';

export interface PodGroupReference {
  readonly apiGroup: typeof POD_GROUP_API_GROUP | typeof X_POD_GROUP_API_GROUP;
  /** In the pod's own namespace. */
  readonly name: string;
}

/** The group a pod belongs to, if any. Our own key wins over the plugins', a label over an annotation. */
export function podGroupOf({ metadata: meta }: ApiObject): PodGroupReference | undefined {
  const { labels, annotations } = meta ?? {};
  const own = labels?.[POD_GROUP_KEY] || annotations?.[POD_GROUP_KEY];
  if (own) return { apiGroup: POD_GROUP_API_GROUP, name: own };
  const other = labels?.[X_POD_GROUP_LABEL] || labels?.[OLD_POD_GROUP_KEY] || annotations?.[OLD_POD_GROUP_KEY];
  return other ? { apiGroup: X_POD_GROUP_API_GROUP, name: other } : undefined;
}

const PHASES = ['Pending', 'PreScheduling', 'Scheduling', 'Scheduled', 'Running', 'Unknown', 'Finished', 'Failed'];

/** Fields that both kinds have. */
export const podGroupSpecFields = {
  minMember: int32('Pods that must be placed together, at least 1; fewer are not placed at all.'),
  scheduleTimeoutSeconds: optional(int32('Seconds of waiting after which the group is told that its time is out.')),
};
export const podGroupStatusFields = {
  failed: optional(int32('Pods that have failed.')),
  phase: optional(oneOf('How far the group is.', PHASES)),
  running: optional(int32('Pods that run.')),
  scheduled: optional(int32('Pods that have a node.')),
  succeeded: optional(int32('Pods that have succeeded.')),
};

/** What both kinds look like to those who judge and print them. */
interface AnyPodGroup extends ApiObject {
  spec?: { minMember: number; scheduleTimeoutSeconds?: number };
  status?: { phase?: string; scheduled?: number; running?: number };
}

export function validatePodGroup({ spec }: AnyPodGroup): FieldError[] {
  const minMember = spec?.minMember ?? 0;
  return [
    ...(minMember >= 1 ? [] : [invalidValue('spec.minMember', minMember, 'must be greater than or equal to 1')]),
    ...nonNegative('spec.scheduleTimeoutSeconds', spec?.scheduleTimeoutSeconds),
  ];
}

const count = (name: string, description: string, value: Column<AnyPodGroup>['value']): Column<AnyPodGroup> => ({
  name,
  type: 'integer',
  description,
  value,
});

export const podGroupColumns: readonly Column<AnyPodGroup>[] = [
  nameColumn,
  {
    name: 'Phase',
    type: 'string',
    description: 'How far the group is.',
    value: ({ status }) => status?.phase || 'Pending',
  },
  count('MinMember', 'Pods that must be placed together.', ({ spec }) => spec?.minMember ?? 0),
  count('Scheduled', 'Pods that have a node.', ({ status }) => status?.scheduled ?? 0),
  count('Running', 'Pods that run.', ({ status }) => status?.running ?? 0),
  ageColumn,
];

export const PodGroupSchema = struct(
  'dev.stowage.v1.PodGroup',
  'Pods that are placed together or not at all; they name it in the label stowage.dev/pod-group.',
  {
    ...typeMeta,
    metadata,
    spec: optional(struct('dev.stowage.v1.PodGroupSpec', 'What the group needs.', podGroupSpecFields)),
    status: optional(
      struct('dev.stowage.v1.PodGroupStatus', 'How far the group is.', {
        ...podGroupStatusFields,
        conditions: optional(
          conditionList(
            struct('dev.stowage.v1.PodGroupCondition', 'Something that is or is not true of a group.', {
              ...conditionFields,
              observedGeneration: optional(int64('Generation of the group it was said of.')),
            }),
          ),
        ),
      }),
    ),
  },
);
export type PodGroup = Static<typeof PodGroupSchema>;

export const podGroups = defineResource<PodGroup>({
  group: POD_GROUP_API_GROUP,
  version: 'v1',
  kind: 'PodGroup',
  plural: 'podgroups',
  singular: 'podgroup',
  shortNames: ['pg'],
  categories: [],
  namespaced: true,
  schema: PodGroupSchema,
  hasStatus: true,
  columns: podGroupColumns,
  setDefaults() {},
  validate: validatePodGroup,
});
