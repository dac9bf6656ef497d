import { parse } from 'yaml';
import { Misconfigured } from '../../../platform/misconfigured.ts';
import { AUDIT_LEVELS, AUDIT_STAGES, type AuditedResources, type AuditPolicy, type AuditRule } from './policy.ts';

type Fields = Readonly<Record<string, unknown>>;
type Fail = (why: string) => Error;

const TEXT_LISTS = ['users', 'userGroups', 'verbs', 'namespaces', 'nonResourceURLs'] as const;
const RULE_FIELDS = ['level', 'resources', 'omitStages', 'omitManagedFields', ...TEXT_LISTS];
const RESOURCE_FIELDS = ['group', 'resources', 'resourceNames'];

/** Reads a policy in Kubernetes' form (`kind: Policy`, `audit.k8s.io/v1`). Throws one sentence that names the place. */
export function readAuditPolicy(text: string, file: string): AuditPolicy {
  const fail: Fail = (why) => new Misconfigured(`the audit policy ${file} ${why}`);
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw fail(`is not YAML: ${String((error as Error).message).split('\n', 1)[0]}`);
  }
  if (!isMap(value) || value.kind !== 'Policy' || value.apiVersion !== 'audit.k8s.io/v1')
    throw fail('must have `apiVersion: audit.k8s.io/v1` and `kind: Policy`');
  const { rules } = value;
  if (!Array.isArray(rules) || rules.length === 0) throw fail('needs at least one rule in `rules`');
  return {
    rules: rules.map((rule, at) => readRule(rule, `rules[${at}]`, fail)),
    omitStages: choices(value.omitStages, AUDIT_STAGES, 'omitStages', fail),
    omitManagedFields: value.omitManagedFields === true,
  };
}

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function readRule(rule: unknown, path: string, fail: Fail): AuditRule {
  if (!isMap(rule)) throw fail(`has no map at ${path}`);
  refuseUnknown(rule, RULE_FIELDS, path, fail);
  const [level] = choices([rule.level], AUDIT_LEVELS, `${path}.level`, fail);
  const lists = TEXT_LISTS.map((name) => [name, texts(rule[name], `${path}.${name}`, fail)] as const);
  const resources = list(rule.resources, `${path}.resources`, fail).map((each, at) =>
    readResources(each, `${path}.resources[${at}]`, fail),
  );
  const { omitManagedFields } = rule;
  if (
    texts(rule.nonResourceURLs, path, fail).length > 0 &&
    (resources.length > 0 || list(rule.namespaces, path, fail).length > 0)
  )
    throw fail(`speaks at ${path} of resources and of nonResourceURLs: make two rules of it`);
  return {
    level: level!,
    ...Object.fromEntries(lists),
    resources,
    omitStages: choices(rule.omitStages, AUDIT_STAGES, `${path}.omitStages`, fail),
    ...(typeof omitManagedFields === 'boolean' && { omitManagedFields }),
  };
}

function readResources(value: unknown, path: string, fail: Fail): AuditedResources {
  if (!isMap(value)) throw fail(`has no map at ${path}`);
  refuseUnknown(value, RESOURCE_FIELDS, path, fail);
  const { group = '' } = value;
  if (typeof group !== 'string') throw fail(`has at ${path}.group no text`);
  const resources = texts(value.resources, `${path}.resources`, fail);
  const resourceNames = texts(value.resourceNames, `${path}.resourceNames`, fail);
  if (resourceNames.length > 0 && resources.length === 0)
    throw fail(`names objects at ${path}.resourceNames, and not of which resources`);
  return { group, resources, resourceNames };
}

function refuseUnknown(value: Fields, known: readonly string[], path: string, fail: Fail): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw fail(`has the unknown field ${path}.${unknown}: known are ${known.join(', ')}`);
}

function list(value: unknown, path: string, fail: Fail): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw fail(`has no list at ${path}`);
  return value;
}

const texts = (value: unknown, path: string, fail: Fail): string[] =>
  list(value, path, fail).map((each) => {
    if (typeof each === 'string') return each;
    throw fail(`has ${JSON.stringify(each)} in ${path}, which is no text`);
  });

const choices = <const T extends string>(value: unknown, allowed: readonly T[], path: string, fail: Fail): T[] =>
  list(value, path, fail).map((each) => {
    const found = allowed.find((one) => one === each);
    if (found !== undefined) return found;
    throw fail(`has ${JSON.stringify(each) ?? 'nothing'} at ${path}: it must be one of ${allowed.join(', ')}`);
  });
