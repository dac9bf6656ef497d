import { ageColumn, nameColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import { type ApiObject, metadata, typeMeta } from '../meta/object.ts';
import {
  bytes,
  described,
  int32,
  list,
  oneOf,
  optional,
  type Static,
  string,
  struct,
  type TSchema,
} from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';

/** Programs that are asked about writes ("Dynamic Admission Control"): what both kinds of webhooks have. */

export const FAILURE_POLICIES = ['Fail', 'Ignore'] as const;
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'] as const;

const ServiceReferenceSchema = struct('io.k8s.api.admissionregistration.v1.ServiceReference', 'Names a service.', {
  name: string('Name of the service.'),
  namespace: string('Namespace of the service.'),
  path: optional(string('Path of the requests; default /.')),
  port: optional(int32('Port of the service; default 443.')),
});

const WebhookClientConfigSchema = struct(
  'io.k8s.api.admissionregistration.v1.WebhookClientConfig',
  'How to reach a webhook: by url, or by service.',
  {
    caBundle: optional(bytes('Authorities whose certificates it may show, in PEM; default those of the system.')),
    service: optional(ServiceReferenceSchema),
    url: optional(string('Address of the webhook: https, without user, query and fragment.')),
  },
);
export type WebhookClientConfig = Static<typeof WebhookClientConfigSchema>;

const RuleWithOperationsSchema = struct(
  'io.k8s.api.admissionregistration.v1.RuleWithOperations',
  'Requests that a webhook is asked about; every part must match.',
  {
    apiGroups: optional(list(string('A group.'), 'API groups; * for all.')),
    apiVersions: optional(list(string('A version.'), 'API versions; * for all.')),
    operations: optional(
      list(oneOf('CREATE, UPDATE, DELETE, CONNECT or *.', OPERATIONS), 'What is done; * for everything.'),
    ),
    resources: optional(
      list(
        string('A resource.'),
        'Resources, such as pods, pods/log, pods/*, */scale; * for all without subresources.',
      ),
    ),
    scope: optional(
      oneOf('Whether the resources are in namespaces or not; default * for both.', ['*', 'Cluster', 'Namespaced']),
    ),
  },
);
export type RuleWithOperations = Static<typeof RuleWithOperationsSchema>;

const MatchConditionSchema = struct(
  'io.k8s.api.admissionregistration.v1.MatchCondition',
  'A condition that a request must meet for the webhook to be asked.',
  {
    expression: string('Condition in CEL.'),
    name: string('Name of the condition, unique within the webhook.'),
  },
);

/** Fields of webhooks of both kinds. */
export const webhookFields = {
  admissionReviewVersions: list(
    string('A version.'),
    'Versions of AdmissionReview it understands; the first known is sent.',
  ),
  clientConfig: WebhookClientConfigSchema,
  failurePolicy: optional(
    oneOf('Whether a request is refused (Fail, default) when the webhook cannot be asked.', FAILURE_POLICIES),
  ),
  matchConditions: optional(
    list(MatchConditionSchema, 'Conditions that must all be met for it to be asked, at most 64.', {
      type: 'map',
      keys: ['name'],
      mergeKey: 'name',
    }),
  ),
  matchPolicy: optional(
    oneOf('Whether requests for other versions of a resource count (Equivalent, default) or not.', [
      'Equivalent',
      'Exact',
    ]),
  ),
  name: string('Name of the webhook, with at least three parts: check.example.com.'),
  namespaceSelector: optional(described(LabelSelectorSchema, 'Namespaces it is asked about; default all.')),
  objectSelector: optional(described(LabelSelectorSchema, 'Objects it is asked about; default all.')),
  rules: optional(list(RuleWithOperationsSchema, 'Requests it is asked about; one must match.')),
  sideEffects: oneOf('What it does besides answering: nothing (None), or nothing for dry runs (NoneOnDryRun).', [
    'None',
    'NoneOnDryRun',
    'Some',
    'Unknown',
  ]),
  timeoutSeconds: optional(int32('Seconds it has to answer, 1 to 30; default 10.')),
};
const WebhookSchema = struct('io.k8s.api.admissionregistration.v1.Webhook', 'A webhook.', webhookFields);
export type Webhook = Static<typeof WebhookSchema>;

/** Fields of a configuration with such webhooks. */
export const configurationFields = <T extends TSchema>(webhook: T) => ({
  ...typeMeta,
  metadata,
  webhooks: optional(
    list(webhook, 'The webhooks, each with its own rules.', { type: 'map', keys: ['name'], mergeKey: 'name' }),
  ),
});

/** What Kubernetes fills in. */
export function setWebhookDefaults(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
}

/** Columns of configurations of both kinds. */
export const configurationColumns: readonly Column<ApiObject & { webhooks?: readonly unknown[] }>[] = [
  nameColumn,
  {
    name: 'Webhooks',
    type: 'integer',
    description: 'How many webhooks it has.',
    value: ({ webhooks }) => webhooks?.length ?? 0,
  },
  ageColumn,
];
