import type { MutatingWebhookConfiguration } from '../../../api/admissionregistration/mutating-webhook-configuration.ts';
import type { RuleWithOperations, Webhook, WebhookClientConfig } from '../../../api/admissionregistration/webhook.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { type LabelQuery, labelQueryOf } from '../../../api/meta/selector.ts';
import { type Conditions, compileConditions } from './conditions.ts';

/** A webhook of a configuration, read once (Kubernetes docs, "Dynamic Admission Control"). */
export interface Hook {
  readonly type: 'mutating' | 'validating';
  /** Name of the configuration, and its own within it. */
  readonly configuration: string;
  readonly name: string;
  /** Its place among all of its type, for the audit log. */
  readonly index: number;
  readonly rules: readonly RuleWithOperations[];
  /** Whether it is asked about other versions of what its rules name, too. */
  readonly isForEquivalents: boolean;
  readonly namespaces: LabelQuery;
  readonly objects: LabelQuery;
  readonly conditions: Conditions;
  readonly ignoresFailure: boolean;
  readonly timeoutSeconds: number;
  /** Not to be asked about what is only tried. */
  readonly hasSideEffects: boolean;
  readonly isReinvoked: boolean;
  readonly reviewVersion: 'v1' | 'v1beta1';
  readonly client: WebhookClientConfig;
}

const DEFAULT_TIMEOUT_SECONDS = 10;
const EVERYTHING = {};

/** All webhooks of one type in the order in which they are asked: by the name of the configuration, then as they stand in it. */
export function hooksOf(type: Hook['type'], configurations: readonly ApiObject[]): Hook[] {
  const nameOf = (configuration: ApiObject) => metaOf(configuration).name ?? '';
  return [...configurations]
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .flatMap((configuration) =>
      ((configuration as MutatingWebhookConfiguration).webhooks ?? []).map((webhook) => ({
        configuration: nameOf(configuration),
        webhook,
      })),
    )
    .map(({ configuration, webhook }, index) => hookOf(type, configuration, index, webhook));
}

function hookOf(
  type: Hook['type'],
  configuration: string,
  index: number,
  webhook: Webhook & { reinvocationPolicy?: string },
): Hook {
  return {
    type,
    configuration,
    name: webhook.name,
    index,
    rules: webhook.rules ?? [],
    isForEquivalents: webhook.matchPolicy !== 'Exact',
    namespaces: labelQueryOf(webhook.namespaceSelector ?? EVERYTHING),
    objects: labelQueryOf(webhook.objectSelector ?? EVERYTHING),
    conditions: compileConditions(webhook.matchConditions ?? []),
    ignoresFailure: webhook.failurePolicy === 'Ignore',
    timeoutSeconds: webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    hasSideEffects: webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun',
    isReinvoked: webhook.reinvocationPolicy === 'IfNeeded',
    reviewVersion: webhook.admissionReviewVersions.find((version) => version === 'v1' || version === 'v1beta1') as 'v1',
    client: webhook.clientConfig,
  };
}
