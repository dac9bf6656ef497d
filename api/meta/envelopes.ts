import type { ResourceDefinition } from './definition.ts';
import { typeMeta } from './object.ts';
import {
  boolean,
  described,
  int32,
  int64,
  list,
  optional,
  type Static,
  string,
  struct,
  type TSchema,
} from './schema.ts';

/** What surrounds objects on the wire: lists, options, statuses (Kubernetes API reference, "Common Definitions"). */

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export const ListMetaSchema = struct(`${META}.ListMeta`, 'Data that every list carries.', {
  continue: optional(string('Token with which the next page is asked for; empty on the last.')),
  remainingItemCount: optional(int64('How many items follow on further pages, where that is known.')),
  resourceVersion: optional(string('Version of the cell the list was read at.')),
  selfLink: optional(string('No longer filled in.')),
});

export const PreconditionsSchema = struct(
  `${META}.Preconditions`,
  'What must hold of the object for a change to happen.',
  {
    resourceVersion: optional(string('Version it must have.')),
    uid: optional(string('UID it must have.')),
  },
);

export const DeleteOptionsSchema = struct(`${META}.DeleteOptions`, 'How to delete.', {
  ...typeMeta,
  dryRun: optional(list(string('Only All.'), 'With All, every check runs and nothing is stored.')),
  gracePeriodSeconds: optional(int64('Seconds allowed for a graceful end; 0 ends at once.')),
  ignoreStoreReadErrorWithClusterBreakingPotential: optional(boolean('Not supported.')),
  orphanDependents: optional(boolean('Old form of propagationPolicy.')),
  preconditions: optional(PreconditionsSchema),
  propagationPolicy: optional(string('What happens to dependents: Orphan, Background or Foreground.')),
});
export type DeleteOptions = Static<typeof DeleteOptionsSchema>;

export const StatusCauseSchema = struct(`${META}.StatusCause`, 'One fault among those of a failed request.', {
  field: optional(string('Path of the field at fault.')),
  message: optional(string('What is wrong, for people.')),
  reason: optional(string('What is wrong, for programs.')),
});

export const StatusDetailsSchema = struct(`${META}.StatusDetails`, 'What a status is about.', {
  causes: optional(list(StatusCauseSchema, 'All faults found.')),
  group: optional(string('API group of the resource.')),
  kind: optional(string('The resource.')),
  name: optional(string('Name of the object.')),
  retryAfterSeconds: optional(int32('Seconds to wait before trying again.')),
  uid: optional(string('UID of the object.')),
});

export const StatusSchema = struct(`${META}.Status`, 'Outcome of a request that returns no object.', {
  ...typeMeta,
  code: optional(int32('HTTP status code.')),
  details: optional(StatusDetailsSchema),
  message: optional(string('The outcome, for people.')),
  metadata: optional(ListMetaSchema),
  reason: optional(string('The outcome, for programs.')),
  status: optional(string('Success or Failure.')),
});

/** The name under which a struct stands in OpenAPI. */
export function definitionName(schema: TSchema): string {
  const name = (schema as { 'x-definition'?: string })['x-definition'];
  if (!name) throw new TypeError('a kind needs a schema made by struct() of schema.ts, which names it');
  return name;
}

/** Schema of the list of a kind (`PodList`). */
export const listSchemaOf = (resource: ResourceDefinition<never> | ResourceDefinition): TSchema =>
  struct(`${definitionName(resource.schema)}List`, `A list of ${resource.plural}.`, {
    ...typeMeta,
    items: list(resource.schema, `The ${resource.plural}.`),
    metadata: optional(described(ListMetaSchema, 'Data of the list itself.')),
  });
