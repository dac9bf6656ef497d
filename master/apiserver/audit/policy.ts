import type { User } from '../../user.ts';
import type { RequestInfo, ResourceRequest } from '../request.ts';

/** What is written of which request (Kubernetes docs, "Auditing": audit policy). */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** From nothing to everything; each holds what those before it hold. */
export const AUDIT_LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type AuditLevel = (typeof AUDIT_LEVELS)[number];

export const AUDIT_STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof AUDIT_STAGES)[number];

/** An absent or empty list means: any. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly resources?: readonly AuditedResources[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

export interface AuditedResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What is known of a request when it is decided how much of it is written. */
export interface AuditedRequest {
  readonly info: RequestInfo;
  readonly verb: string;
  readonly path: string;
  readonly user?: User;
}

export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

/** Without a policy: who did what, once it is done. */
export const DEFAULT_POLICY: AuditPolicy = { rules: [{ level: 'Metadata' }], omitStages: ['RequestReceived'] };

const NOTHING: AuditDecision = { level: 'None', omitStages: new Set(), omitManagedFields: false };

/** Whose bodies hold what nobody should read in a log: only a rule that names them gets them. */
const CONFIDENTIAL: ReadonlySet<string> = new Set([
  '/secrets',
  '/serviceaccounts/token',
  'authentication.k8s.io/tokenreviews',
]);

/** The first rule that is about the request decides; where there is none, nothing is written. */
export function decideAudit(policy: AuditPolicy, request: AuditedRequest): AuditDecision {
  const rule = policy.rules.find((each) => isAbout(each, request));
  if (!rule) return NOTHING;
  return {
    level: mayShowBodies(rule, request) ? rule.level : 'Metadata',
    omitStages: new Set([...(policy.omitStages ?? []), ...(rule.omitStages ?? [])]),
    omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

const allows = <T>(list: readonly T[] | undefined, value: T | undefined): boolean =>
  !list?.length || (value !== undefined && list.includes(value));

function isAbout(rule: AuditRule, { info, verb, path, user }: AuditedRequest): boolean {
  if (!allows(rule.users, user?.name) || !(allows(rule.verbs, verb) || rule.verbs?.includes('*'))) return false;
  if (rule.userGroups?.length && !user?.groups.some((group) => rule.userGroups?.includes(group))) return false;
  if (rule.namespaces?.length || rule.resources?.length) return info.type === 'resource' && isAboutResource(rule, info);
  if (!rule.nonResourceURLs?.length) return true;
  return info.type !== 'resource' && rule.nonResourceURLs.some((pattern) => matchesPath(pattern, path));
}

const matchesPath = (pattern: string, path: string): boolean =>
  pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;

function isAboutResource({ namespaces, resources }: AuditRule, target: ResourceRequest): boolean {
  if (namespaces?.length && !namespaces.includes(namespaceOf(target) ?? '')) return false;
  if (!resources?.length) return true;
  return resources.some(
    ({ group = '', resources: names, resourceNames }) =>
      group === target.group &&
      (!names?.length || (names.some((name) => matchesResource(name, target)) && allows(resourceNames, target.name))),
  );
}

/** What is asked of a namespace is asked in it. */
export const namespaceOf = ({ group, plural, name, namespace }: ResourceRequest): string | undefined =>
  group === '' && plural === 'namespaces' ? name : namespace;

function matchesResource(pattern: string, { plural, subresource }: ResourceRequest): boolean {
  if (pattern === '*' || pattern === combined(plural, subresource)) return true;
  if (pattern.startsWith('*/')) return subresource === pattern.slice(2);
  return pattern.endsWith('/*') && plural === pattern.slice(0, -2);
}

const combined = (plural: string, subresource: string | undefined): string =>
  subresource ? `${plural}/${subresource}` : plural;

function mayShowBodies(rule: AuditRule, { info }: AuditedRequest): boolean {
  if (rule.level === 'None' || rule.level === 'Metadata' || info.type !== 'resource') return true;
  const name = combined(info.plural, info.subresource);
  if (!CONFIDENTIAL.has(`${info.group}/${name}`) && !CONFIDENTIAL.has(`${info.group}/${info.plural}`)) return true;
  return (rule.resources ?? []).some(({ group = '', resources }) => group === info.group && resources?.includes(name));
}
