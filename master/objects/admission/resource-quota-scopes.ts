import type { Pod } from '../../../api/core/pod.ts';
import { qosClassOf } from '../../../api/core/pod-resources.ts';
import type { QuotaScope, ResourceQuota, ScopeRequirement } from '../../../api/core/resource-quota.ts';

/** Which objects a resource quota is about ("Resource Quotas", quota scopes). */

/** The scopes that mean anything for a kind, and of these the ones an object is in, with its value there. */
export interface Scoping {
  readonly known: readonly QuotaScope[];
  readonly inside: ReadonlyMap<QuotaScope, string>;
}

/** Of kinds that no scope is about. */
export const UNSCOPED: Scoping = { known: [], inside: new Map() };

const POD_SCOPES: readonly QuotaScope[] = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
];
const CLAIM_SCOPES: readonly QuotaScope[] = ['VolumeAttributesClass'];

/** Parts of a spec by which a pod is in a scope or not. */
export const SCOPING_PARTS = ['activeDeadlineSeconds', 'affinity', 'priorityClassName'] as const;

export function scopingOfPod(pod: Pod): Scoping {
  const { activeDeadlineSeconds: deadline, priorityClassName } = pod.spec ?? {};
  const inside = new Map<QuotaScope, string>([
    [deadline !== undefined && deadline >= 0 ? 'Terminating' : 'NotTerminating', ''],
    [qosClassOf(pod) === 'BestEffort' ? 'BestEffort' : 'NotBestEffort', ''],
  ]);
  if (priorityClassName) inside.set('PriorityClass', priorityClassName);
  if (looksElsewhere(pod)) inside.set('CrossNamespacePodAffinity', '');
  return { known: POD_SCOPES, inside };
}

export const scopingOfClaim = (attributesClass: string | undefined): Scoping => ({
  known: CLAIM_SCOPES,
  inside: new Map(attributesClass ? [['VolumeAttributesClass', attributesClass]] : []),
});

/** Whether what the pod wants to be near to, or far from, may be in other namespaces. */
function looksElsewhere({ spec }: Pod): boolean {
  return [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].some((affinity) =>
    [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
    ].some((term) => term.namespaceSelector !== undefined || (term.namespaces?.length ?? 0) > 0),
  );
}

/** Whether a quota is about an object. */
export function isAbout({ spec }: ResourceQuota, { known, inside }: Scoping): boolean {
  const named = (spec?.scopes ?? []).every((scope) => inside.has(scope));
  return (
    named &&
    (spec?.scopeSelector?.matchExpressions ?? []).every(
      (requirement) => known.includes(requirement.scopeName) && meets(requirement, inside.get(requirement.scopeName)),
    )
  );
}

function meets({ operator, values = [] }: ScopeRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    default:
      return false;
  }
}
