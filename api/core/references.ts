import { atomicMap, optional, type Static, string, struct } from '../meta/schema.ts';

/** Ways in which one object names another (Kubernetes API reference, "Common Definitions"). */

export const ObjectReferenceSchema = atomicMap(
  struct('io.k8s.api.core.v1.ObjectReference', 'Names any object, or a part of one.', {
    apiVersion: optional(string('API version of the object.')),
    fieldPath: optional(string('Path of the part that is meant, such as `spec.containers{name}`.')),
    kind: optional(string('Kind of the object.')),
    name: optional(string('Name of the object.')),
    namespace: optional(string('Namespace of the object.')),
    resourceVersion: optional(string('Version of the object that is meant.')),
    uid: optional(string('UID of the object.')),
  }),
);
export type ObjectReference = Static<typeof ObjectReferenceSchema>;

export const LocalObjectReferenceSchema = atomicMap(
  struct('io.k8s.api.core.v1.LocalObjectReference', 'Names an object in the same namespace.', {
    name: optional(string('Name of the object.')),
  }),
);
export type LocalObjectReference = Static<typeof LocalObjectReferenceSchema>;

export const TypedLocalObjectReferenceSchema = atomicMap(
  struct('io.k8s.api.core.v1.TypedLocalObjectReference', 'Names an object of any kind in the same namespace.', {
    apiGroup: optional(string('API group of the object; empty for the core group.')),
    kind: string('Kind of the object.'),
    name: string('Name of the object.'),
  }),
);

export const TypedObjectReferenceSchema = struct(
  'io.k8s.api.core.v1.TypedObjectReference',
  'Names an object of any kind, in this or another namespace.',
  {
    apiGroup: optional(string('API group of the object; empty for the core group.')),
    kind: string('Kind of the object.'),
    name: string('Name of the object.'),
    namespace: optional(string('Namespace of the object; default this one.')),
  },
);
