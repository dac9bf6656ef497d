import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { int64, list, optional, type Static, string, struct, time } from '../meta/schema.ts';
import { invalidValue } from '../meta/validation.ts';

/** The body of `serviceaccounts/NAME/token`. */

export const BoundObjectReferenceSchema = struct(
  'io.k8s.api.authentication.v1.BoundObjectReference',
  'The object with which a token ends.',
  {
    apiVersion: optional(string('API version of the object.')),
    kind: optional(string('Pod, Secret or Node.')),
    name: optional(string('Name of the object.')),
    uid: optional(string('UID of the object; default that of the one there is.')),
  },
);
export type BoundObjectReference = Static<typeof BoundObjectReferenceSchema>;

export const TokenRequestSchema = struct(
  'io.k8s.api.authentication.v1.TokenRequest',
  'Asks for a token of a service account.',
  {
    ...typeMeta,
    metadata,
    spec: optional(
      struct('io.k8s.api.authentication.v1.TokenRequestSpec', 'The token wanted.', {
        audiences: optional(list(string('An audience.'), 'For whom the token is meant; default the API itself.')),
        boundObjectRef: optional(BoundObjectReferenceSchema),
        expirationSeconds: optional(int64('Seconds the token lasts; default 3600, at least 600.')),
      }),
    ),
    status: optional(
      struct('io.k8s.api.authentication.v1.TokenRequestStatus', 'The token made.', {
        expirationTimestamp: optional(time('When the token runs out.')),
        token: optional(string('The token.')),
      }),
    ),
  },
);
export type TokenRequest = Static<typeof TokenRequestSchema>;

export const TOKEN_REQUEST = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  plural: 'tokenrequests',
};

const DEFAULT_SECONDS = 3600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;

export function setTokenRequestDefaults(request: TokenRequest): void {
  request.spec = { ...request.spec, expirationSeconds: request.spec?.expirationSeconds ?? DEFAULT_SECONDS };
}

export function validateTokenRequest({ spec = {} }: TokenRequest): FieldError[] {
  const path = 'spec.expirationSeconds';
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  if (seconds < LEAST_SECONDS) return [invalidValue(path, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > MOST_SECONDS)
    return [invalidValue(path, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}
