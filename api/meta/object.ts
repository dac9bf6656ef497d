import {
  anyJson,
  atomicMap,
  boolean,
  int64,
  list,
  optional,
  type Static,
  string,
  stringMap,
  struct,
  time,
} from './schema.ts';

export { controllerOf, metaOf, nameOf } from './naming.ts';

/** Shapes every kind shares (Kubernetes API reference, "ObjectMeta" and "TypeMeta"). */

export const OwnerReferenceSchema = atomicMap(
  struct(
    'io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference',
    'Names an object in the same namespace (or a cluster-wide one) that this object belongs to.',
    {
      apiVersion: string('API version of the owner.'),
      kind: string('Kind of the owner.'),
      name: string('Name of the owner.'),
      uid: string('UID of the owner.'),
      controller: optional(boolean('True for the one owner that manages this object.')),
      blockOwnerDeletion: optional(boolean('With foreground deletion, keeps the owner until this reference is gone.')),
    },
  ),
);
export type OwnerReference = Static<typeof OwnerReferenceSchema>;

export const ManagedFieldsEntrySchema = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry',
  'Which fields one manager set, and when.',
  {
    manager: optional(string('Name of the manager.')),
    operation: optional(string('Apply or Update.')),
    apiVersion: optional(string('Version of the resource the field set refers to.')),
    time: optional(time('When the entry was last changed.')),
    fieldsType: optional(string('Format of fieldsV1; always FieldsV1.')),
    fieldsV1: optional(anyJson('The set of fields, as a trie.')),
    subresource: optional(string('Subresource through which the fields were set.')),
  },
);

export const ObjectMetaSchema = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  'Data that every stored object carries.',
  {
    name: optional(string('Unique within its namespace and kind; cannot be changed.')),
    generateName: optional(string('Prefix of a name the server completes when name is empty.')),
    namespace: optional(string('Space within which the name is unique; cannot be changed.')),
    selfLink: optional(string('No longer filled in.')),
    uid: optional(string('Unique in time and space; given by the server.')),
    resourceVersion: optional(string('Opaque version of the object; compare only for equality.')),
    generation: optional(int64('Counts changes of the desired state.')),
    creationTimestamp: optional(time('When the server created the object.')),
    deletionTimestamp: optional(time('When the object is or was due to be removed.')),
    deletionGracePeriodSeconds: optional(int64('Seconds allowed for a graceful end.')),
    labels: optional(stringMap('Keys and values to organise and select objects.')),
    annotations: optional(stringMap('Keys and values kept for tools; not selectable.')),
    ownerReferences: optional(
      list(OwnerReferenceSchema, 'Objects this one depends on; when all are gone it is collected.', {
        type: 'map',
        keys: ['uid'],
        mergeKey: 'uid',
      }),
    ),
    finalizers: optional(
      list(string('A finalizer.'), 'Must be empty before the object is removed.', {
        type: 'set',
        patchStrategy: 'merge',
      }),
    ),
    managedFields: optional(list(ManagedFieldsEntrySchema, 'Who set which fields.')),
  },
);
export type ObjectMeta = Static<typeof ObjectMetaSchema>;

/** Fields that open every kind's schema. */
export const typeMeta = {
  apiVersion: optional(string('Version of the schema of this object.')),
  kind: optional(string('Kind of this object.')),
};

export const metadata = optional(ObjectMetaSchema);

/** Any stored object after decoding: `metadata` is always present, `apiVersion` and `kind` are always set. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}
