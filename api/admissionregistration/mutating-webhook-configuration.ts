import { defineResource } from '../meta/definition.ts';
import { oneOf, optional, type Static, struct } from '../meta/schema.ts';
import { configurationColumns, configurationFields, setWebhookDefaults, webhookFields } from './webhook.ts';
import { validateWebhooks } from './webhook-validation.ts';

const MutatingWebhookSchema = struct(
  'io.k8s.api.admissionregistration.v1.MutatingWebhook',
  'A program that may change or refuse what is written.',
  {
    ...webhookFields,
    reinvocationPolicy: optional(
      oneOf('Whether it is asked again when others changed the object after it; default Never.', ['IfNeeded', 'Never']),
    ),
  },
);

export const MutatingWebhookConfigurationSchema = struct(
  'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  'Programs that may change or refuse what is written.',
  configurationFields(MutatingWebhookSchema),
);
export type MutatingWebhookConfiguration = Static<typeof MutatingWebhookConfigurationSchema>;

export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  shortNames: [],
  categories: ['api-extensions'],
  namespaced: false,
  schema: MutatingWebhookConfigurationSchema,
  hasStatus: false,
  replacedByRevision: true,
  columns: configurationColumns,
  setDefaults({ webhooks = [] }) {
    for (const webhook of webhooks) {
      setWebhookDefaults(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: validateWebhooks,
});
