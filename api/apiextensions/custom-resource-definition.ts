import { decodeWith } from '../meta/decode.ts';
import { defineResource } from '../meta/definition.ts';
import { type ApiObject, metaOf } from '../meta/object.ts';
import {
  CLEANUP_FINALIZER,
  type CustomResourceDefinition,
  CustomResourceDefinitionSchema,
} from './definition-schema.ts';
import { definitionFaults, definitionStatusFaults, definitionUpdateFaults } from './definition-validation.ts';
import { readJsonSchema } from './json-schema.ts';

/** As for every kind, with the schemas of the versions read as schemas. */
function decodeDefinition(value: unknown) {
  const { object, unknown, unsupported } = decodeWith(
    CustomResourceDefinitionSchema,
    value,
    'CustomResourceDefinition',
  );
  for (const [index, version] of (object.spec?.versions ?? []).entries()) {
    const schema = version.schema?.openAPIV3Schema;
    if (!version.schema || schema === undefined) continue;
    version.schema.openAPIV3Schema = readJsonSchema(schema, `spec.versions[${index}].schema.openAPIV3Schema`, unknown);
  }
  object.apiVersion = 'apiextensions.k8s.io/v1';
  object.kind = 'CustomResourceDefinition';
  object.metadata ??= {};
  return { object: object as ApiObject, unknown, unsupported };
}

function setDefaults({ spec }: CustomResourceDefinition): void {
  if (!spec) return;
  spec.scope ||= 'Namespaced';
  spec.names.singular ||= spec.names.kind.toLowerCase();
  spec.names.listKind ||= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service && service.port === undefined) service.port = 443;
  if (spec.preserveUnknownFields === false) delete spec.preserveUnknownFields;
}

/** Every version that is or has been the one objects are kept in stays on record, until somebody takes it off. */
function recordStored(object: CustomResourceDefinition): void {
  const storage = object.spec?.versions.find((version) => version.storage)?.name;
  const stored = object.status?.storedVersions ?? [];
  if (storage && !stored.includes(storage)) object.status = { ...object.status, storedVersions: [...stored, storage] };
}

export const customResourceDefinitions = defineResource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  schema: CustomResourceDefinitionSchema,
  hasStatus: true,
  replacedByRevision: true,
  columns: [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'Name.',
      value: (object) => metaOf(object).name ?? '',
    },
    {
      name: 'Created At',
      type: 'date',
      description: 'When it was created.',
      value: (object) => metaOf(object).creationTimestamp ?? '',
    },
  ],
  decode: decodeDefinition,
  setDefaults,
  prepareForCreate(object) {
    metaOf(object).finalizers = [...new Set([...(metaOf(object).finalizers ?? []), CLEANUP_FINALIZER])];
    recordStored(object);
  },
  prepareForUpdate: (next) => recordStored(next),
  validate: definitionFaults,
  validateUpdate: definitionUpdateFaults,
  validateStatus: definitionStatusFaults,
});
