import type { FieldError } from '../meta/errors.ts';
import { compareQuantities, quantityValue } from '../meta/quantity.ts';
import { invalidValue, labelKeyFault, required } from '../meta/validation.ts';
import { each } from './checks.ts';
import type { ResourceQuota, ScopeRequirement } from './resource-quota.ts';
import { isScopedQuotaName, isStandardQuotaName, isWholeQuotaName, quotaUnits } from './resource-quota-names.ts';

/** Faults of resource quotas ("Resource Quotas"), in Kubernetes' words. */

/** Scopes that exclude each other. */
const CONTRARY = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
/** Scopes that have values to select by. */
const VALUED = ['PriorityClass', 'VolumeAttributesClass'];
const MOST_UNITS = Number.MAX_SAFE_INTEGER;

function nameFaults(name: string, path: string): FieldError[] {
  const fault = labelKeyFault(name);
  if (fault) return [invalidValue(path, name, fault)];
  return name.includes('/') || isStandardQuotaName(name)
    ? []
    : [invalidValue(path, name, 'must be a standard resource type or fully qualified')];
}

function amountFaults(name: string, amount: string, path: string): FieldError[] {
  if (compareQuantities(amount, '0') < 0) return [invalidValue(path, amount, 'must be greater than or equal to 0')];
  if (isWholeQuotaName(name) && compareQuantities(String(quantityValue(amount)), amount) !== 0)
    return [invalidValue(path, amount, 'must be an integer')];
  return quotaUnits(name, amount) > MOST_UNITS
    ? [invalidValue(path, amount, `must be less than or equal to ${MOST_UNITS}`)]
    : [];
}

/** Scopes must be able to hold for one object together, and for what is limited. */
function scopeFaults(scopes: readonly string[], names: readonly string[], path: string): FieldError[] {
  const value = [...scopes].sort();
  const bestEffort = scopes.includes('BestEffort');
  const unfit = scopes.includes('VolumeAttributesClass')
    ? []
    : names.filter((name) => scopes.length > 0 && !isScopedQuotaName(name, bestEffort));
  return [
    ...(unfit.length > 0 ? [invalidValue(path, value, 'unsupported scope applied to resource')] : []),
    ...CONTRARY.filter((pair) => pair.every((one) => scopes.includes(one))).map(() =>
      invalidValue(path, value, 'conflicting scopes'),
    ),
  ];
}

function requirementFaults({ scopeName, operator, values = [] }: ScopeRequirement, path: string): FieldError[] {
  if (!scopeName) return [required(`${path}.scopeName`)];
  const errors: FieldError[] = [];
  if (!VALUED.includes(scopeName) && operator !== 'Exists')
    errors.push(
      invalidValue(
        `${path}.operator`,
        operator,
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  const takesValues = operator === 'In' || operator === 'NotIn';
  if (takesValues && values.length === 0)
    errors.push(
      required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
    );
  if (!takesValues && values.length > 0)
    errors.push(
      invalidValue(
        `${path}.values`,
        values,
        "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector",
      ),
    );
  if (!operator) errors.push(required(`${path}.operator`));
  return errors;
}

export function validateResourceQuota({ spec = {} }: ResourceQuota): FieldError[] {
  const { hard = {}, scopes = [], scopeSelector } = spec;
  const names = Object.keys(hard);
  const requirements = scopeSelector?.matchExpressions ?? [];
  const path = 'spec.scopeSelector.matchExpressions';
  return [
    ...Object.entries(hard).flatMap(([name, amount]) => [
      ...nameFaults(name, `spec.hard[${name}]`),
      ...amountFaults(name, amount, `spec.hard[${name}]`),
    ]),
    ...scopeFaults(scopes, names, 'spec.scopes'),
    ...each(requirements, path, requirementFaults),
    ...scopeFaults(
      requirements.map(({ scopeName }) => scopeName),
      names,
      path,
    ),
  ];
}

/** The same pods count as long as a quota lives. */
export function validateResourceQuotaUpdate(next: ResourceQuota, previous: ResourceQuota): FieldError[] {
  const [after, before] = [next, previous].map(({ spec }) => [...new Set(spec?.scopes)].sort().join(',')) as [
    string,
    string,
  ];
  return after === before ? [] : [invalidValue('spec.scopes', next.spec?.scopes ?? [], 'field is immutable')];
}
