import { compileExpression } from '../apiextensions/cel.ts';
import { between, each, portNumber, repeated, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import {
  duplicate,
  invalidValue,
  labelKeyFault,
  nameFault,
  notSupported,
  required,
  tooMany,
  validateLabelSelector,
} from '../meta/validation.ts';
import type { RuleWithOperations, Webhook, WebhookClientConfig } from './webhook.ts';

/** Faults of webhooks ("Dynamic Admission Control"), in Kubernetes' words. */

const MAX_MATCH_CONDITIONS = 64;
/** What match conditions speak of. */
export const CONDITION_VARIABLES: readonly string[] = ['object', 'oldObject', 'request', 'authorizer'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];

function nameFaults(name: string, path: string): FieldError[] {
  if (!name) return [required(path)];
  const fault = nameFault('subdomain', name);
  if (fault) return [invalidValue(path, name, fault)];
  return name.split('.').length >= 3
    ? []
    : [invalidValue(path, name, 'should be a domain with at least three segments separated by dots')];
}

function reviewVersionFaults(versions: readonly string[], path: string): FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  return [
    ...each(versions, path, (version, at) => {
      const fault = nameFault('dns-1035-label', version);
      return fault ? [invalidValue(at, version, fault)] : [];
    }),
    ...repeated(versions, (version) => version).map(([version, index]) => duplicate(`${path}[${index}]`, version)),
    ...(versions.some((version) => REVIEW_VERSIONS.includes(version))
      ? []
      : [invalidValue(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)]),
  ];
}

/** What is wrong with an address, if anything. */
function urlFault(text: string): string | undefined {
  if (!URL.canParse(text)) return 'url must be a valid URL: desired format: https://host[/path]';
  const url = new URL(text);
  if (url.protocol !== 'https:') return "'https' is the only allowed URL scheme; desired format: https://host[/path]";
  if (url.username || url.password) return 'user information is not permitted in the URL';
  if (url.hash || text.endsWith('#')) return 'fragments are not permitted in the URL';
  if (url.search || text.endsWith('?')) return 'query parameters are not permitted in the URL';
  return undefined;
}

function pathFault(path: string): string | undefined {
  if (!path.startsWith('/')) return "must start with a '/'";
  const steps = path.replace(/\/$/, '').split('/').slice(1);
  if (path !== '/' && steps.some((step) => step === '')) return 'segment may not be empty';
  return path === '/' ? undefined : steps.map((step) => nameFault('subdomain', step)).find(Boolean);
}

/** Faults of how a webhook is reached; also that of the conversion of custom resources. */
export function validateClientConfig(config: WebhookClientConfig | undefined, path: string): FieldError[] {
  const { url, service } = config ?? {};
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')];
  if (url !== undefined) {
    const fault = urlFault(url);
    return fault ? [invalidValue(`${path}.url`, url, fault)] : [];
  }
  if (!service) return [];
  const at = `${path}.service`;
  const fault = service.path === undefined ? undefined : pathFault(service.path);
  return [
    ...requiredText(`${at}.name`, service.name, 'service name is required'),
    ...requiredText(`${at}.namespace`, service.namespace, 'service namespace is required'),
    ...(fault ? [invalidValue(`${at}.path`, service.path, fault)] : []),
    ...portNumber(`${at}.port`, service.port),
  ];
}

/** A list that says something, in which `*` stands alone. */
function starListFaults(values: readonly string[] = [], path: string, what: string): FieldError[] {
  if (values.length === 0) return [required(path)];
  return values.length > 1 && values.includes('*')
    ? [invalidValue(path, values, `if '*' is present, must not specify other ${what}`)]
    : [];
}

function resourceFaults(resources: readonly string[] = [], path: string): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const everything = resources.includes('*/*');
  return [
    ...(everything && resources.length > 1
      ? [invalidValue(path, resources, "if '*/*' is present, must not specify other resources")]
      : []),
    ...each(resources, path, (resource, at) => (resource === '' ? [required(at)] : [])),
    ...(resources.length > 1 && resources.includes('*') && resources.some((one) => one !== '*' && !one.includes('/'))
      ? [invalidValue(path, resources, "if '*' is present, must not specify other resources without subresources")]
      : []),
  ];
}

const ruleFaults = (rule: RuleWithOperations, path: string): FieldError[] => [
  ...starListFaults(rule.operations, `${path}.operations`, 'operations'),
  ...starListFaults(rule.apiGroups, `${path}.apiGroups`, 'API groups'),
  ...starListFaults(rule.apiVersions, `${path}.apiVersions`, 'API versions'),
  ...each(rule.apiVersions, `${path}.apiVersions`, (version, at) => (version === '' ? [required(at)] : [])),
  ...resourceFaults(rule.resources, `${path}.resources`),
];

function expressionFaults(text: string, path: string): FieldError[] {
  try {
    const { type } = compileExpression(text, CONDITION_VARIABLES);
    return type === 'bool' || type === 'dyn' ? [] : [invalidValue(path, text, 'must evaluate to bool')];
  } catch (error) {
    const [why = ''] = String(error instanceof Error ? error.message : error).split('\n', 1);
    return [invalidValue(path, text, `compilation failed: ${why}`)];
  }
}

const conditionFaults = (conditions: Webhook['matchConditions'] = [], path: string): FieldError[] => [
  ...(conditions.length > MAX_MATCH_CONDITIONS ? [tooMany(path, conditions.length, MAX_MATCH_CONDITIONS)] : []),
  ...each(conditions.slice(0, MAX_MATCH_CONDITIONS), path, ({ name, expression }, at) => {
    const fault = name ? labelKeyFault(name) : undefined;
    return [
      ...requiredText(`${at}.name`, name),
      ...(fault ? [invalidValue(`${at}.name`, name, fault)] : []),
      ...requiredText(`${at}.expression`, expression?.trim()),
      ...(expression?.trim() ? expressionFaults(expression, `${at}.expression`) : []),
    ];
  }),
  ...repeated(conditions, ({ name }) => name).map(([{ name }, index]) => duplicate(`${path}[${index}].name`, name)),
];

const webhookFaults = (webhook: Webhook, path: string): FieldError[] => [
  ...nameFaults(webhook.name ?? '', `${path}.name`),
  ...reviewVersionFaults(webhook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`),
  ...(SIDE_EFFECTS.includes(webhook.sideEffects)
    ? []
    : [notSupported(`${path}.sideEffects`, webhook.sideEffects ?? '', SIDE_EFFECTS)]),
  ...between(`${path}.timeoutSeconds`, webhook.timeoutSeconds, 1, 30),
  ...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`),
  ...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`),
  ...validateClientConfig(webhook.clientConfig, `${path}.clientConfig`),
  ...each(webhook.rules, `${path}.rules`, ruleFaults),
  ...conditionFaults(webhook.matchConditions, `${path}.matchConditions`),
];

export const validateWebhooks = ({ webhooks }: { webhooks?: readonly Webhook[] }): FieldError[] => [
  ...each(webhooks, 'webhooks', webhookFaults),
  ...repeated(webhooks ?? [], ({ name }) => name).map(([{ name }, index]) =>
    duplicate(`webhooks[${index}].name`, name),
  ),
];
