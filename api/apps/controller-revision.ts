import { nonNegative } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { controllerOf, metadata, typeMeta } from '../meta/object.ts';
import { anyJson, int64, optional, type Static, struct } from '../meta/schema.ts';
import { invalidValue, required } from '../meta/validation.ts';

/** A template that a stateful set or daemon set has or once had, for rollback ("ControllerRevision" of the API reference). */

export const ControllerRevisionSchema = struct(
  'io.k8s.api.apps.v1.ControllerRevision',
  'A state that a controller can go back to; it never changes.',
  {
    ...typeMeta,
    data: optional(anyJson('The state.')),
    metadata,
    revision: int64('Number of the state; the highest is the present one.'),
  },
);
export type ControllerRevision = Static<typeof ControllerRevisionSchema>;

/** `statefulset.apps/web` */
function controllerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision);
  if (!owner) return '<none>';
  const version = owner.apiVersion ?? '';
  const group = version.includes('/') ? `.${version.split('/')[0]}` : '';
  return `${`${owner.kind}${group}`.toLowerCase()}/${owner.name}`;
}

const validateRevision = ({ data, revision }: ControllerRevision): FieldError[] => [
  ...(data === undefined ? [required('data', 'data is mandatory')] : []),
  ...nonNegative('revision', revision),
];

export const controllerRevisions = defineResource<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  shortNames: [],
  categories: [],
  namespaced: true,
  schema: ControllerRevisionSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    { name: 'Controller', type: 'string', description: 'Whose state it is.', value: controllerText },
    { name: 'Revision', type: 'string', description: 'Number of the state.', value: ({ revision }) => revision ?? 0 },
    ageColumn,
  ],
  setDefaults() {},
  validate: validateRevision,
  validateUpdate: (next, previous) =>
    equalJson(next.data, previous.data) ? [] : [invalidValue('data', next.data, 'field is immutable')],
});
