import type { FieldError } from '../meta/errors.ts';
import { invalidValue, labelKeyFault, notSupported, required } from '../meta/validation.ts';
import { configKeyFault, each, faultOf, requiredName, requiredText } from './checks.ts';
import type { EnvFromSource, EnvVar, EnvVarSource } from './env.ts';

/** Fields of a pod that a container may be told in its environment ("Downward API"). */
const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** The fewer that a file in a volume may hold. */
const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const CONTAINER_RESOURCES = ['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [
  `limits.${name}`,
  `requests.${name}`,
]);

/** Any printable ASCII but `=` (the relaxed rule). */
export const envNameFault = (name: string): string | undefined =>
  /^[ -<>-~]+$/.test(name)
    ? undefined
    : "a valid environment variable name must consist only of printable ASCII characters other than '='";

/** `metadata.labels['key']` and `metadata.annotations['key']`. */
function subscriptFaults(fieldPath: string, path: string): FieldError[] | undefined {
  const match = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (!match) return undefined;
  const key = match[2] ?? '';
  return faultOf(path, key, labelKeyFault(match[1] === 'annotations' ? key.toLowerCase() : key));
}

export function validateFieldRef(
  fieldRef: NonNullable<EnvVarSource['fieldRef']>,
  path: string,
  where: 'env' | 'file',
): FieldError[] {
  const at = `${path}.fieldPath`;
  if (!fieldRef.fieldPath) return [required(at)];
  const allowed = where === 'env' ? ENV_FIELDS : FILE_FIELDS;
  if (allowed.includes(fieldRef.fieldPath)) return [];
  return subscriptFaults(fieldRef.fieldPath, at) ?? [notSupported(at, fieldRef.fieldPath, allowed)];
}

export function validateResourceFieldRef(
  reference: NonNullable<EnvVarSource['resourceFieldRef']>,
  path: string,
  where: 'env' | 'file',
): FieldError[] {
  const isKnown =
    CONTAINER_RESOURCES.includes(reference.resource) || /^(limits|requests)\.hugepages-/.test(reference.resource);
  return [
    ...(where === 'file' ? requiredText(`${path}.containerName`, reference.containerName) : []),
    ...(reference.resource
      ? isKnown
        ? []
        : [notSupported(`${path}.resource`, reference.resource, CONTAINER_RESOURCES)]
      : [required(`${path}.resource`)]),
  ];
}

function keyRefFaults(reference: { name?: string; key: string }, path: string): FieldError[] {
  return [
    ...requiredText(`${path}.name`, reference.name),
    ...(reference.key
      ? faultOf(`${path}.key`, reference.key, configKeyFault(reference.key))
      : [required(`${path}.key`)]),
  ];
}

function sourceFaults(source: EnvVarSource, value: string | undefined, path: string): FieldError[] {
  const set = Object.values(source).filter((member) => member !== undefined).length;
  const errors: FieldError[] = [];
  if (set === 0)
    errors.push(
      invalidValue(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  else if (value) errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  else if (set > 1) errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, 'env'));
  if (resourceFieldRef) errors.push(...validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, 'env'));
  if (configMapKeyRef) errors.push(...keyRefFaults(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...keyRefFaults(secretKeyRef, `${path}.secretKeyRef`));
  if (fileKeyRef) {
    errors.push(
      ...requiredText(`${path}.fileKeyRef.volumeName`, fileKeyRef.volumeName),
      ...requiredText(`${path}.fileKeyRef.path`, fileKeyRef.path),
      ...requiredText(`${path}.fileKeyRef.key`, fileKeyRef.key),
    );
  }
  return errors;
}

export const validateEnv = (env: readonly EnvVar[] | undefined, path: string): FieldError[] =>
  each(env, path, (variable, at) => [
    ...(variable.name ? faultOf(`${at}.name`, variable.name, envNameFault(variable.name)) : [required(`${at}.name`)]),
    ...(variable.valueFrom ? sourceFaults(variable.valueFrom, variable.value, `${at}.valueFrom`) : []),
  ]);

export const validateEnvFrom = (sources: readonly EnvFromSource[] | undefined, path: string): FieldError[] =>
  each(sources, path, ({ prefix, configMapRef, secretRef }, at) => {
    const errors = prefix ? faultOf(`${at}.prefix`, prefix, envNameFault(prefix)) : [];
    if (!configMapRef && !secretRef)
      return [...errors, invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`')];
    if (configMapRef && secretRef)
      return [...errors, invalidValue(at, '', 'may not have more than one field specified at a time')];
    return [
      ...errors,
      ...(configMapRef ? requiredName('subdomain', `${at}.configMapRef.name`, configMapRef.name) : []),
      ...(secretRef ? requiredName('subdomain', `${at}.secretRef.name`, secretRef.name) : []),
    ];
  });
