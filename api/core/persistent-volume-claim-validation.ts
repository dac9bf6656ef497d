import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { forbiddenField, invalidValue, required, validateLabelSelector } from '../meta/validation.ts';
import { optionalName, requiredText } from './checks.ts';
import { validateAccessModes, validateVolumeMode } from './persistent-volume-access.ts';
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts';

/** Faults of claims, and what is carried from one of their fields to another ("Persistent Volumes"). */

type Spec = NonNullable<PersistentVolumeClaim['spec']>;

/** Both fields for the source of the contents say the same; the newer one can say more (another namespace). */
export function prepareClaim({ spec }: PersistentVolumeClaim): void {
  const { dataSource, dataSourceRef } = spec ?? {};
  if (!spec) return;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { apiGroup, kind, name } = dataSourceRef;
    spec.dataSource = { apiGroup, kind, name };
  }
}

function dataSourceFaults({ dataSource, dataSourceRef }: Spec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [field, source] of Object.entries({ dataSource, dataSourceRef })) {
    if (!source) continue;
    const at = `${path}.${field}`;
    errors.push(...requiredText(`${at}.name`, source.name), ...requiredText(`${at}.kind`, source.kind));
    if (!source.apiGroup && source.kind && source.kind !== 'PersistentVolumeClaim')
      errors.push(
        invalidValue(at, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
      );
  }
  if (!dataSource || !dataSourceRef) return errors;
  if (dataSourceRef.namespace)
    return [
      ...errors,
      invalidValue(path, field(dataSource), 'may not be specified when dataSourceRef.namespace is specified'),
    ];
  return equalJson(field(dataSource), field(dataSourceRef))
    ? errors
    : [...errors, invalidValue(path, field(dataSource), 'must match dataSourceRef')];
}

const field = ({ apiGroup = '', kind, name }: NonNullable<Spec['dataSource']>) => ({ apiGroup, kind, name });

export function validatePersistentVolumeClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  if (!spec) return [required('spec')];
  const storage = spec.resources?.requests?.storage;
  const storagePath = 'spec.resources[storage]';
  return [
    ...validateAccessModes(spec.accessModes, 'spec.accessModes'),
    ...validateLabelSelector(spec.selector, 'spec.selector'),
    ...(storage === undefined ? [required(storagePath)] : []),
    ...(storage !== undefined && compareQuantities(storage, '0') <= 0
      ? [invalidValue(storagePath, storage, 'must be greater than zero')]
      : []),
    ...optionalName('subdomain', 'spec.storageClassName', spec.storageClassName),
    ...optionalName('subdomain', 'spec.volumeAttributesClassName', spec.volumeAttributesClassName),
    ...validateVolumeMode(spec.volumeMode, 'spec.volumeMode'),
    ...dataSourceFaults(spec, 'spec'),
  ];
}

/**
 * A claim's spec stays as it is, but for its volume, which may be filled in once; its class, as long as it has none and is not
 * bound; and, once it is bound, its size and attributes class.
 */
export function validatePersistentVolumeClaimUpdate(
  next: PersistentVolumeClaim,
  previous: PersistentVolumeClaim,
): FieldError[] {
  const after = next.spec ?? {};
  const before: Spec = { ...previous.spec };
  const isBound = previous.status?.phase === 'Bound' && !!before.volumeName;
  if (!before.volumeName) {
    before.volumeName = after.volumeName;
    before.storageClassName ??= after.storageClassName;
  }
  if (isBound) {
    before.resources = { ...before.resources, requests: after.resources?.requests };
    if (after.volumeAttributesClassName) before.volumeAttributesClassName = after.volumeAttributesClassName;
  }
  if (!equalJson(plain(after), plain(before)))
    return [
      forbiddenField(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    ];
  return shrinkFaults(next, previous);
}

/** Without what is absent. */
const plain = (spec: Spec): unknown => JSON.parse(JSON.stringify(spec));

/** A request may come back down after a failed resize, but never below what the claim has. */
function shrinkFaults(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): FieldError[] {
  const [wanted, had] = [next, previous].map(({ spec }) => spec?.resources?.requests?.storage ?? '0') as [
    string,
    string,
  ];
  const got = previous.status?.capacity?.storage;
  if (compareQuantities(wanted, had) >= 0 || (got && compareQuantities(wanted, got) > 0)) return [];
  return [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}
