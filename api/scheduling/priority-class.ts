import { ageColumn, nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, int32, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { forbiddenField, invalidValue } from '../meta/validation.ts';
import { HIGHEST_USER_PRIORITY, SYSTEM_CLASSES } from './bands.ts';

export const PriorityClassSchema = struct(
  'io.k8s.api.scheduling.v1.PriorityClass',
  'Gives a name to a priority of pods.',
  {
    ...typeMeta,
    description: optional(string('What the class is for.')),
    globalDefault: optional(boolean('Whether pods that name no class get this one; default false.')),
    metadata,
    preemptionPolicy: optional(
      oneOf('Whether pods of the class may push out others; default PreemptLowerPriority.', [
        'PreemptLowerPriority',
        'Never',
      ]),
    ),
    value: int32('The priority; larger is more important. Cannot be changed.'),
  },
);
export type PriorityClass = Static<typeof PriorityClassSchema>;

/** Names with this prefix, and values above those of users, are the system's own. */
const SYSTEM_PREFIX = 'system-';

function validatePriorityClass(found: PriorityClass): FieldError[] {
  const name = found.metadata?.name ?? '';
  if (name.startsWith(SYSTEM_PREFIX)) {
    const value = SYSTEM_CLASSES.get(name);
    const isKnown = value !== undefined && value === found.value && !found.globalDefault;
    return isKnown
      ? []
      : [
          forbiddenField(
            'metadata.name',
            `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only`,
          ),
        ];
  }
  return found.value > HIGHEST_USER_PRIORITY
    ? [forbiddenField('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`)]
    : [];
}

function validatePriorityClassUpdate(next: PriorityClass, previous: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if (next.value !== previous.value) errors.push(forbiddenField('value', 'may not be changed in an update.'));
  if (next.preemptionPolicy !== previous.preemptionPolicy)
    errors.push(invalidValue('preemptionPolicy', next.preemptionPolicy ?? '', 'field is immutable'));
  return errors;
}

export const priorityClasses = defineResource<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  categories: [],
  namespaced: false,
  schema: PriorityClassSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    { name: 'Value', type: 'integer', description: 'The priority.', value: (found) => found.value ?? 0 },
    {
      name: 'Global-Default',
      type: 'boolean',
      description: 'Whether pods that name no class get this one.',
      value: (found) => found.globalDefault ?? false,
    },
    ageColumn,
    {
      name: 'PreemptionPolicy',
      type: 'string',
      description: 'Whether its pods may push out others.',
      value: (found) => found.preemptionPolicy ?? '',
    },
  ],
  setDefaults(found) {
    found.preemptionPolicy ||= 'PreemptLowerPriority';
  },
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
});
