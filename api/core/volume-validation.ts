import type { FieldError } from '../meta/errors.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../meta/validation.ts';
import { configKeyFault, each, faultOf, insidePath, requiredName, requiredText } from './checks.ts';
import { validateFieldRef, validateResourceFieldRef } from './env-validation.ts';
import { HOST_PATH_TYPES, type Volume } from './volume.ts';

/** Volumes of a pod ("Volumes"). */

const MAX_MODE = 0o777;
const MIN_TOKEN_LIFE_SECONDS = 600;

type Source<K extends keyof Volume> = NonNullable<Volume[K]>;
type Item = { key: string; path: string; mode?: number };
type FieldItem = NonNullable<Source<'downwardAPI'>['items']>[number];
type Projection = NonNullable<Source<'projected'>['sources']>[number];

const modeFaults = (path: string, mode: number | undefined): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > MAX_MODE)
    ? [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];

/** A file a volume makes; those whose names start with two dots are the volume's own. */
function filePathFaults(path: string, value: string): FieldError[] {
  if (!value) return [required(path)];
  if (value.startsWith('..') && !value.startsWith('../'))
    return [invalidValue(path, value, "must not start with '..'")];
  return insidePath(path, value);
}

const itemFaults = (items: readonly Item[] | undefined, path: string): FieldError[] =>
  each(items, path, (item, at) => [
    ...(item.key ? faultOf(`${at}.key`, item.key, configKeyFault(item.key)) : [required(`${at}.key`)]),
    ...filePathFaults(`${at}.path`, item.path),
    ...modeFaults(`${at}.mode`, item.mode),
  ]);

const fieldItemFaults = (items: readonly FieldItem[] | undefined, path: string): FieldError[] =>
  each(items, path, (item, at) => {
    const errors = [...filePathFaults(`${at}.path`, item.path), ...modeFaults(`${at}.mode`, item.mode)];
    if (item.fieldRef && item.resourceFieldRef)
      errors.push(invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    else if (item.fieldRef) errors.push(...validateFieldRef(item.fieldRef, `${at}.fieldRef`, 'file'));
    else if (item.resourceFieldRef)
      errors.push(...validateResourceFieldRef(item.resourceFieldRef, `${at}.resourceFieldRef`, 'file'));
    else errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
    return errors;
  });

function projectionFaults(projection: Projection, path: string): FieldError[] {
  const set = Object.values(projection).filter((member) => member !== undefined).length;
  if (set > 1) return [forbiddenField(path, 'may not specify more than 1 volume type')];
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection;
  const errors: FieldError[] = [];
  if (configMap)
    errors.push(
      ...requiredText(`${path}.configMap.name`, configMap.name),
      ...itemFaults(configMap.items, `${path}.configMap.items`),
    );
  if (secret)
    errors.push(
      ...requiredText(`${path}.secret.name`, secret.name),
      ...itemFaults(secret.items, `${path}.secret.items`),
    );
  if (downwardAPI) errors.push(...fieldItemFaults(downwardAPI.items, `${path}.downwardAPI.items`));
  if (serviceAccountToken) {
    const { expirationSeconds = MIN_TOKEN_LIFE_SECONDS } = serviceAccountToken;
    errors.push(...filePathFaults(`${path}.serviceAccountToken.path`, serviceAccountToken.path));
    if (expirationSeconds < MIN_TOKEN_LIFE_SECONDS)
      errors.push(
        invalidValue(
          `${path}.serviceAccountToken.expirationSeconds`,
          expirationSeconds,
          'may not specify a duration less than 10 minutes',
        ),
      );
  }
  return errors;
}

function hostPathFaults(source: Source<'hostPath'>, path: string): FieldError[] {
  const errors = requiredText(`${path}.path`, source.path);
  if (source.path?.split('/').includes('..'))
    errors.push(invalidValue(`${path}.path`, source.path, "must not contain '..'"));
  if (source.type && !HOST_PATH_TYPES.includes(source.type as (typeof HOST_PATH_TYPES)[number]))
    errors.push(notSupported(`${path}.type`, source.type, HOST_PATH_TYPES));
  return errors;
}

function sourceFaults(volume: Volume, path: string): FieldError[] {
  const { emptyDir, hostPath, secret, configMap, downwardAPI, projected, nfs, persistentVolumeClaim, image } = volume;
  const errors: FieldError[] = [];
  if (emptyDir?.sizeLimit && compareQuantities(emptyDir.sizeLimit, '0') < 0)
    errors.push(forbiddenField(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  if (hostPath) errors.push(...hostPathFaults(hostPath, `${path}.hostPath`));
  if (secret)
    errors.push(
      ...requiredText(`${path}.secret.secretName`, secret.secretName),
      ...modeFaults(`${path}.secret.defaultMode`, secret.defaultMode),
      ...itemFaults(secret.items, `${path}.secret.items`),
    );
  if (configMap)
    errors.push(
      ...requiredText(`${path}.configMap.name`, configMap.name),
      ...modeFaults(`${path}.configMap.defaultMode`, configMap.defaultMode),
      ...itemFaults(configMap.items, `${path}.configMap.items`),
    );
  if (downwardAPI)
    errors.push(
      ...modeFaults(`${path}.downwardAPI.defaultMode`, downwardAPI.defaultMode),
      ...fieldItemFaults(downwardAPI.items, `${path}.downwardAPI.items`),
    );
  if (projected)
    errors.push(
      ...modeFaults(`${path}.projected.defaultMode`, projected.defaultMode),
      ...each(projected.sources, `${path}.projected.sources`, projectionFaults),
    );
  if (nfs)
    errors.push(...requiredText(`${path}.nfs.server`, nfs.server), ...requiredText(`${path}.nfs.path`, nfs.path));
  if (persistentVolumeClaim)
    errors.push(...requiredText(`${path}.persistentVolumeClaim.claimName`, persistentVolumeClaim.claimName));
  if (image) errors.push(...requiredText(`${path}.image.reference`, image.reference));
  return errors;
}

/** Faults of the volumes; each must have its own name and exactly one source. */
export function validateVolumes(volumes: readonly Volume[] | undefined, path: string): FieldError[] {
  const names = new Set<string>();
  return each(volumes, path, (volume, at) => {
    const sources = Object.entries(volume).filter(([field, value]) => field !== 'name' && value !== undefined).length;
    const errors = requiredName('label', `${at}.name`, volume.name);
    if (names.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
    names.add(volume.name);
    if (sources === 0) errors.push(required(at, 'must specify a volume type'));
    if (sources > 1) errors.push(forbiddenField(at, 'may not specify more than 1 volume type'));
    return [...errors, ...sourceFaults(volume, at)];
  });
}
