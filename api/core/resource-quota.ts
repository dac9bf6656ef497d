import { type Column, defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { atomicMap, list, oneOf, optional, quantityMap, type Static, string, struct } from '../meta/schema.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { validateResourceQuota, validateResourceQuotaUpdate } from './resource-quota-validation.ts';

/** How much a namespace may use ("Resource Quotas"). */

export const QUOTA_SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
] as const;
export type QuotaScope = (typeof QUOTA_SCOPES)[number];

const scope = oneOf('Which objects count, such as BestEffort, Terminating or PriorityClass.', QUOTA_SCOPES);

export const ScopeRequirementSchema = struct(
  'io.k8s.api.core.v1.ScopedResourceSelectorRequirement',
  'A scope, and values that objects in it must have.',
  {
    operator: oneOf('In, NotIn, Exists or DoesNotExist.', ['DoesNotExist', 'Exists', 'In', 'NotIn']),
    scopeName: scope,
    values: optional(list(string('A value.'), 'Values for In and NotIn: names of priority classes.')),
  },
);
export type ScopeRequirement = Static<typeof ScopeRequirementSchema>;

export const ResourceQuotaSpecSchema = struct('io.k8s.api.core.v1.ResourceQuotaSpec', 'What a namespace may use.', {
  hard: optional(quantityMap('Most that may be used, by name: requests.cpu, pods, count/deployments.apps.')),
  scopeSelector: optional(
    atomicMap(
      struct('io.k8s.api.core.v1.ScopeSelector', 'Which objects count; all requirements must hold.', {
        matchExpressions: optional(list(ScopeRequirementSchema, 'Scopes with their values.')),
      }),
    ),
  ),
  scopes: optional(list(scope, 'Which objects count; they must be in every scope. Cannot be changed.')),
});

export const ResourceQuotaStatusSchema = struct('io.k8s.api.core.v1.ResourceQuotaStatus', 'What a namespace uses.', {
  hard: optional(quantityMap('Most that may be used, as it is enforced.')),
  used: optional(quantityMap('What is used.')),
});

export const ResourceQuotaSchema = struct('io.k8s.api.core.v1.ResourceQuota', 'Limits what a namespace uses.', {
  ...typeMeta,
  metadata,
  spec: optional(ResourceQuotaSpecSchema),
  status: optional(ResourceQuotaStatusSchema),
});
export type ResourceQuota = Static<typeof ResourceQuotaSchema>;

/** `pods: 2/5, requests.cpu: 1/2` for all names that are, or are not, limits. */
const usedColumn = (name: string, description: string, isLimit: boolean): Column<ResourceQuota> => ({
  name,
  type: 'string',
  description,
  value: ({ status }) =>
    Object.entries(status?.hard ?? {})
      .filter(([resource]) => resource.startsWith('limits.') === isLimit)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([resource, hard]) => `${resource}: ${ownAmount(status?.used, resource)}/${hard}`)
      .join(', '),
});

const ownAmount = (amounts: Record<string, string> | undefined, name: string): string =>
  amounts && Object.hasOwn(amounts, name) ? (amounts[name] ?? '0') : '0';

export const resourceQuotas = defineResource<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  categories: [],
  namespaced: true,
  schema: ResourceQuotaSchema,
  hasStatus: true,
  showsDeleted: true,
  columns: [
    nameColumn,
    usedColumn('Request', 'What is used of what may be, but for limits.', false),
    usedColumn('Limit', 'How high limits are of how high they may be, together.', true),
    ageColumn,
  ],
  setDefaults() {},
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
});
