import type { RuleWithOperations } from '../../../api/admissionregistration/webhook.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What is done to which part of objects of which resource. */
export interface Target {
  readonly operation: Operation;
  readonly resource: ResourceDefinition;
  readonly subresource?: string;
}

const has = (values: readonly string[] | undefined, value: string): boolean =>
  values !== undefined && (values.includes('*') || values.includes(value));

/** Whether a rule is about this (Kubernetes docs, "Dynamic Admission Control", matching requests: rules). */
export const matchesRule = (rule: RuleWithOperations, { operation, resource, subresource = '' }: Target): boolean =>
  has(rule.operations, operation) &&
  has(rule.apiGroups, resource.group) &&
  has(rule.apiVersions, resource.version) &&
  (rule.scope === undefined || rule.scope === '*' || (rule.scope === 'Namespaced') === resource.namespaced) &&
  (rule.resources ?? []).some((name) => {
    const [plural, part = ''] = name.split('/', 2);
    return (plural === '*' || plural === resource.plural) && (part === '*' || part === subresource);
  });
