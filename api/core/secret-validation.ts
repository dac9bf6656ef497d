import type { FieldError } from '../meta/errors.ts';
import { invalidValue, required } from '../meta/validation.ts';
import { base64Bytes, validateImmutable, validateKeys, validateSize } from './config-data.ts';
import type { Secret } from './secret.ts';

/** Faults of secrets; some types promise certain keys ("Secrets": types of Secret). */

const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** The keys a type promises; one of each group must be there. */
const PROMISED_KEYS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  ['kubernetes.io/basic-auth', [['username', 'password']]],
  ['kubernetes.io/dockercfg', [['.dockercfg']]],
  ['kubernetes.io/dockerconfigjson', [['.dockerconfigjson']]],
  ['kubernetes.io/ssh-auth', [['ssh-privatekey']]],
  ['kubernetes.io/tls', [['tls.crt'], ['tls.key']]],
]);
const JSON_TYPES = new Map([
  ['kubernetes.io/dockercfg', '.dockercfg'],
  ['kubernetes.io/dockerconfigjson', '.dockerconfigjson'],
]);

function isJson(base64: string): boolean {
  try {
    JSON.parse(atob(base64));
    return true;
  } catch {
    return false;
  }
}

function typeFaults(secret: Secret, type: string): FieldError[] {
  const data = secret.data ?? {};
  const missing = (PROMISED_KEYS.get(type) ?? []).filter((keys) => !keys.some((key) => Object.hasOwn(data, key)));
  const errors = missing.map((keys) =>
    required(`data[${keys[0]}]`, keys.length > 1 ? `one of ${keys.join(', ')}` : undefined),
  );
  const jsonKey = JSON_TYPES.get(type);
  const json = jsonKey && data[jsonKey];
  if (jsonKey && json !== undefined && !isJson(json))
    errors.push(invalidValue(`data[${jsonKey}]`, '<secret contents redacted>', 'must be valid JSON'));
  if (type === 'kubernetes.io/service-account-token' && !secret.metadata?.annotations?.[ACCOUNT_ANNOTATION])
    errors.push(required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`));
  return errors;
}

export const validateSecret = (secret: Secret): FieldError[] => [
  ...validateKeys(secret.data, 'data'),
  ...validateSize(base64Bytes(secret.data), 'data'),
  ...typeFaults(secret, secret.type ?? ''),
];

export const validateSecretUpdate = (next: Secret, previous: Secret): FieldError[] => [
  ...(next.type === previous.type ? [] : [invalidValue('type', next.type ?? '', 'field is immutable')]),
  ...validateImmutable(next, previous, ['data']),
];
