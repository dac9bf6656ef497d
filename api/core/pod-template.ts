import { ObjectMetaSchema } from '../meta/object.ts';
import { described, optional, type Static, struct } from '../meta/schema.ts';
import { PodSpecSchema } from './pod-spec.ts';

export const PodTemplateSpecSchema = struct(
  'io.k8s.api.core.v1.PodTemplateSpec',
  'What the pods made from a template look like.',
  {
    metadata: optional(described(ObjectMetaSchema, 'Labels and annotations of the pods.')),
    spec: optional(described(PodSpecSchema, 'Spec of the pods.')),
  },
);
export type PodTemplateSpec = Static<typeof PodTemplateSpecSchema>;
