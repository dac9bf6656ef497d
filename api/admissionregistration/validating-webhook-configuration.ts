import { defineResource } from '../meta/definition.ts';
import { type Static, struct } from '../meta/schema.ts';
import { configurationColumns, configurationFields, setWebhookDefaults, webhookFields } from './webhook.ts';
import { validateWebhooks } from './webhook-validation.ts';

const ValidatingWebhookSchema = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingWebhook',
  'A program that may refuse what is written.',
  { ...webhookFields },
);

export const ValidatingWebhookConfigurationSchema = struct(
  'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  'Programs that may refuse what is written.',
  configurationFields(ValidatingWebhookSchema),
);
export type ValidatingWebhookConfiguration = Static<typeof ValidatingWebhookConfigurationSchema>;

export const validatingWebhookConfigurations = defineResource<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  shortNames: [],
  categories: ['api-extensions'],
  namespaced: false,
  schema: ValidatingWebhookConfigurationSchema,
  hasStatus: false,
  replacedByRevision: true,
  columns: configurationColumns,
  setDefaults({ webhooks = [] }) {
    for (const webhook of webhooks) setWebhookDefaults(webhook);
  },
  validate: validateWebhooks,
});
