import type { ResourceDefinition } from './definition.ts';
import type { FieldError } from './errors.ts';
import { labelKeyFault, labelValueFault, type NameRule, nameFault } from './names.ts';
import type { ApiObject, OwnerReference } from './object.ts';
import type { LabelSelector } from './selector.ts';

export { labelKeyFault, labelValueFault, type NameRule, nameFault };

/** Makers of field errors in Kubernetes' wording, and the checks every kind shares (Kubernetes docs, "Object Names and IDs"). */

/** A faulty value is quoted up to this many characters, so that an error is never as long as the body that caused it. */
const LONGEST_QUOTED = 1024;
const LONGEST_ANNOTATIONS_BYTES = 256 * 1024;

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > LONGEST_QUOTED ? `${text.slice(0, LONGEST_QUOTED)}...` : text;
}

export const required = (path: string, detail?: string): FieldError => ({
  type: 'FieldValueRequired',
  path,
  message: detail ? `Required value: ${detail}` : 'Required value',
});
export const invalidValue = (path: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  path,
  message: `Invalid value: ${quoted(value)}: ${detail}`,
});
export const notSupported = (path: string, value: unknown, allowed: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  path,
  message: `Unsupported value: ${quoted(value)}: supported values: ${allowed.map((item) => JSON.stringify(item)).join(', ')}`,
});
export const forbiddenField = (path: string, detail: string): FieldError => ({
  type: 'FieldValueForbidden',
  path,
  message: `Forbidden: ${detail}`,
});
export const duplicate = (path: string, value: unknown): FieldError => ({
  type: 'FieldValueDuplicate',
  path,
  message: `Duplicate value: ${quoted(value)}`,
});
/** `max` in bytes. */
export const tooLong = (path: string, max: number): FieldError => ({
  type: 'FieldValueTooLong',
  path,
  message: `Too long: may not be more than ${max} bytes`,
});
/** `max` in list items. */
export const tooMany = (path: string, found: number, max: number): FieldError => ({
  type: 'FieldValueTooMany',
  path,
  message: `Too many: ${found}: must have at most ${max} items`,
});

/** Length in bytes of UTF-8 text. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Keys must be qualified names, values at most 63 characters of a small alphabet. */
export function validateLabels(labels: Record<string, string> | undefined, path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    const keyFault = labelKeyFault(key);
    const valueFault = labelValueFault(value);
    return [
      ...(keyFault ? [invalidValue(path, key, keyFault)] : []),
      ...(valueFault ? [invalidValue(path, value, valueFault)] : []),
    ];
  });
}

/** Keys must be qualified names (case does not matter); all keys and values together at most 256 KiB. */
export function validateAnnotations(annotations: Record<string, string> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    const fault = labelKeyFault(key.toLowerCase());
    if (fault) errors.push(invalidValue(path, key, fault));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > LONGEST_ANNOTATIONS_BYTES) errors.push(tooLong(path, LONGEST_ANNOTATIONS_BYTES));
  return errors;
}

/** Checks the selector's keys, operators and values. An absent selector has no faults. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  const errors = validateLabels(selector?.matchLabels, `${path}.matchLabels`);
  for (const [index, requirement] of (selector?.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const values = requirement.values ?? [];
    if (requirement.operator === 'In' || requirement.operator === 'NotIn') {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (requirement.operator === 'Exists' || requirement.operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.push(
          forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
    } else {
      errors.push(invalidValue(`${at}.operator`, requirement.operator, 'not a valid selector operator'));
    }
    const keyFault = labelKeyFault(requirement.key ?? '');
    if (keyFault) errors.push(invalidValue(`${at}.key`, requirement.key ?? '', keyFault));
    for (const [position, value] of values.entries()) {
      const fault = labelValueFault(value);
      if (fault) errors.push(invalidValue(`${at}.values[${position}]`, value, fault));
    }
  }
  return errors;
}

function validateName(rule: NameRule, meta: { name?: string; generateName?: string }): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) {
    // A dash at the end of the prefix is fine: characters will follow it.
    const fault = nameFault(rule, meta.generateName.replace(/-$/, 'a'));
    if (fault) errors.push(invalidValue('metadata.generateName', meta.generateName, fault));
  }
  if (!meta.name) return [...errors, required('metadata.name', 'name or generateName is required')];
  const fault = nameFault(rule, meta.name);
  if (fault) errors.push(invalidValue('metadata.name', meta.name, fault));
  return errors;
}

function validateNamespace(namespaced: boolean, namespace: string | undefined): FieldError[] {
  const path = 'metadata.namespace';
  if (!namespaced) return namespace ? [forbiddenField(path, 'not allowed on this type')] : [];
  if (!namespace) return [required(path)];
  const fault = nameFault('label', namespace);
  return fault ? [invalidValue(path, namespace, fault)] : [];
}

function validateOwners(owners: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, owner] of owners.entries()) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (owner[field]) continue;
      const word = field === 'apiVersion' ? 'version' : field;
      errors.push(
        invalidValue(`metadata.ownerReferences[${index}].${field}`, owner[field] ?? '', `${word} must not be empty`),
      );
    }
  }
  const controllers = owners.filter((owner) => owner.controller);
  if (controllers.length > 1) {
    const names = controllers.map((owner) => `${owner.kind}/${owner.name}`).join(' and ');
    errors.push(invalidValue('metadata.ownerReferences', names, 'Only one reference can have Controller set to true'));
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  const errors = finalizers.flatMap((finalizer) => {
    const fault = labelKeyFault(finalizer);
    return fault ? [invalidValue('metadata.finalizers', finalizer, fault)] : [];
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(
      invalidValue('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'),
    );
  return errors;
}

/** Faults of `metadata`, for every kind. Expects the name to be settled (generated names are filled in before). */
export function validateMetadata<T extends ApiObject>(
  resource: Pick<ResourceDefinition<T>, 'namespaced' | 'nameRule'>,
  object: T,
): FieldError[] {
  const meta = object.metadata ?? {};
  return [
    ...validateName(resource.nameRule ?? 'subdomain', meta),
    ...validateNamespace(resource.namespaced, meta.namespace),
    ...((meta.generation ?? 0) < 0
      ? [invalidValue('metadata.generation', meta.generation, 'must be greater than or equal to 0')]
      : []),
    ...validateLabels(meta.labels, 'metadata.labels'),
    ...validateAnnotations(meta.annotations, 'metadata.annotations'),
    ...validateOwners(meta.ownerReferences ?? []),
    ...validateFinalizers(meta.finalizers ?? []),
  ];
}
