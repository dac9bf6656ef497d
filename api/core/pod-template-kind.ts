import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { described, optional, type Static, struct } from '../meta/schema.ts';
import { formatLabelSelector } from '../meta/selector.ts';
import { containerColumns, nameColumn } from './columns.ts';
import { setTemplateDefaults } from './pod-defaults.ts';
import { PodTemplateSpecSchema } from './pod-template.ts';
import { validatePodTemplate } from './pod-template-validation.ts';
import { podWarnings } from './pod-warnings.ts';

/** A pod template kept by itself ("PodTemplate" of the API reference); templates inside other kinds are in pod-template.ts. */
export const PodTemplateSchema = struct('io.k8s.api.core.v1.PodTemplate', 'A template to make pods from.', {
  ...typeMeta,
  metadata,
  template: optional(described(PodTemplateSpecSchema, 'What the pods look like.')),
});
export type PodTemplate = Static<typeof PodTemplateSchema>;

export const podTemplates = defineResource<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  shortNames: [],
  categories: [],
  namespaced: true,
  schema: PodTemplateSchema,
  hasStatus: false,
  showsDeleted: true,
  columns: [
    nameColumn,
    ...containerColumns<PodTemplate>(({ template }) => template).map((column) => ({ ...column, priority: 0 })),
    {
      name: 'Pod Labels',
      type: 'string',
      description: 'Labels of the pods.',
      value: ({ template }) => formatLabelSelector({ matchLabels: template?.metadata?.labels }) || '<none>',
    },
  ],
  setDefaults(object) {
    object.template ??= {};
    setTemplateDefaults(object.template);
  },
  validate: ({ template }) => validatePodTemplate(template, 'template'),
  warnings: ({ template }) => podWarnings(template?.spec, 'template.spec'),
});
