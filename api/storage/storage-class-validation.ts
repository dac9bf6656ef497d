import { each, faultOf, repeated, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import {
  duplicate,
  forbiddenField,
  invalidValue,
  labelKeyFault,
  notSupported,
  required,
  tooMany,
} from '../meta/validation.ts';
import type { StorageClass } from './storage-class.ts';

/** Faults of storage classes ("Storage Classes"). */

const MAX_PARAMETERS = 512;
/** Recycling is for volumes that people make. */
const RECLAIM_POLICIES = ['Delete', 'Retain'];

type Term = NonNullable<StorageClass['allowedTopologies']>[number];

/** Provisioners are named like labels: `example.com/disk`. Case does not matter. */
export const provisionerFaults = (provisioner: string | undefined, path: string): FieldError[] => [
  ...requiredText(path, provisioner),
  ...(provisioner ? faultOf(path, provisioner, labelKeyFault(provisioner.toLowerCase())) : []),
];

function parameterFaults(parameters: StorageClass['parameters']): FieldError[] {
  const names = Object.keys(parameters ?? {});
  const errors = names.length > MAX_PARAMETERS ? [tooMany('parameters', names.length, MAX_PARAMETERS)] : [];
  return names.includes('') ? [...errors, invalidValue('parameters', '', 'field can not be empty.')] : errors;
}

const termFaults = (term: Term, path: string): FieldError[] => {
  const at = `${path}.matchLabelExpressions`;
  const requirements = term.matchLabelExpressions ?? [];
  return [
    ...each(requirements, at, ({ key, values }, place) => [
      ...faultOf(`${place}.key`, key, labelKeyFault(key)),
      ...(values.length === 0 ? [required(`${place}.values`)] : []),
      ...repeated(values, (value) => value).map(([value, index]) => duplicate(`${place}.values[${index}]`, value)),
    ]),
    ...repeated(requirements, ({ key }) => key).map(([{ key }, index]) => duplicate(`${at}[${index}].key`, key)),
  ];
};

export const validateStorageClass = (found: StorageClass): FieldError[] => [
  ...provisionerFaults(found.provisioner, 'provisioner'),
  ...parameterFaults(found.parameters),
  ...(found.reclaimPolicy === 'Recycle' ? [notSupported('reclaimPolicy', found.reclaimPolicy, RECLAIM_POLICIES)] : []),
  ...each(found.allowedTopologies, 'allowedTopologies', termFaults),
];

/** What a class means for the volumes already made may not change. */
export function validateStorageClassUpdate(next: StorageClass, previous: StorageClass): FieldError[] {
  const errors: FieldError[] = [];
  if (!equalJson(next.parameters, previous.parameters))
    errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
  for (const field of ['provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const)
    if (next[field] !== previous[field]) errors.push(invalidValue(field, next[field], 'field is immutable'));
  return errors;
}
