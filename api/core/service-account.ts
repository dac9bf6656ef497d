import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, list, optional, type Static, struct } from '../meta/schema.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { LocalObjectReferenceSchema, ObjectReferenceSchema } from './references.ts';

export const ServiceAccountSchema = struct('io.k8s.api.core.v1.ServiceAccount', 'Who a pod is when it uses the API.', {
  ...typeMeta,
  automountServiceAccountToken: optional(boolean('Whether pods get a token mounted; they can say otherwise.')),
  imagePullSecrets: optional(list(LocalObjectReferenceSchema, 'Secrets pods use to fetch images.')),
  metadata,
  secrets: optional(
    list(ObjectReferenceSchema, 'Secrets pods of this account may use.', {
      type: 'map',
      keys: ['name'],
      mergeKey: 'name',
    }),
  ),
});
export type ServiceAccount = Static<typeof ServiceAccountSchema>;

export const serviceAccounts = defineResource<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  categories: [],
  namespaced: true,
  schema: ServiceAccountSchema,
  hasStatus: false,
  showsDeleted: true,
  subresources: { token: ['create'] },
  columns: [
    nameColumn,
    {
      name: 'Secrets',
      type: 'string',
      description: 'How many secrets it lists.',
      value: (account) => account.secrets?.length ?? 0,
    },
    ageColumn,
  ],
  setDefaults() {},
  validate: () => [],
});
