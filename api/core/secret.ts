import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, bytesMap, optional, type Static, string, stringMap, struct } from '../meta/schema.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { validateSecret, validateSecretUpdate } from './secret-validation.ts';

export const SecretSchema = struct(
  'io.k8s.api.core.v1.Secret',
  'Values for pods to read that not everyone should see.',
  {
    ...typeMeta,
    data: optional(bytesMap('Values, in base64.')),
    immutable: optional(boolean('Whether the values can no longer change.')),
    metadata,
    stringData: optional(stringMap('Values as text; moved into data when written, never shown.')),
    type: optional(string('What the secret is for; default Opaque.')),
  },
);
export type Secret = Static<typeof SecretSchema>;

/** Base64 of the UTF-8 bytes of a text. */
function encodeText(text: string): string {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

export const secrets = defineResource<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  categories: [],
  namespaced: true,
  schema: SecretSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    { name: 'Type', type: 'string', description: 'What it is for.', value: (secret) => secret.type ?? '' },
    {
      name: 'Data',
      type: 'string',
      description: 'How many keys it holds.',
      value: (secret) => Object.keys(secret.data ?? {}).length,
    },
    ageColumn,
  ],
  selectableFields: { type: (secret) => secret.type ?? '' },
  setDefaults(secret) {
    secret.type ||= 'Opaque';
    if (!secret.stringData) return;
    const texts = Object.entries(secret.stringData).map(([key, value]) => [key, encodeText(value)]);
    secret.data = { ...secret.data, ...Object.fromEntries(texts) };
    delete secret.stringData;
  },
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
});
