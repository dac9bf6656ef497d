import { ageColumn, nameColumn } from '../core/columns.ts';
import { conditionStatus } from '../core/conditions.ts';
import { shortDuration } from '../meta/age.ts';
import { type Column, defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import {
  bytes,
  int32,
  list,
  oneOf,
  optional,
  type Static,
  string,
  stringMap,
  struct,
  type TSchema,
  time,
} from '../meta/schema.ts';
import { validateCertificateSigningRequest, validateRequestStatus } from './certificate-signing-request-validation.ts';

/** A wish for a certificate, which somebody approves and a signer fulfils ("Certificate Signing Requests"). */

/** Usages of keys (RFC 5280, 4.2.1.3 and 4.2.1.12). */
export const KEY_USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
] as const;

/** Names to lists of texts. */
const textsMap = (description: string) => ({
  ...stringMap(description),
  additionalProperties: list(string('A value.'), 'Values.') as TSchema,
});

export const CertificateSigningRequestSpecSchema = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequestSpec',
  'What is asked for, and by whom. Cannot be changed.',
  {
    expirationSeconds: optional(int32('Seconds for which the certificate should be valid, at least 600.')),
    extra: optional(textsMap('What else is known of who asks; filled in.')),
    groups: optional(list(string('A group.'), 'Groups of who asks; filled in.')),
    request: bytes('The PKCS#10 request, in PEM.'),
    signerName: string('Who is to sign it, such as kubernetes.io/kube-apiserver-client.'),
    uid: optional(string('UID of who asks; filled in.')),
    usages: optional(list(oneOf('A usage, such as client auth.', KEY_USAGES), 'What the key is for.')),
    username: optional(string('Name of who asks; filled in.')),
  },
);

const ConditionSchema = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequestCondition',
  'What was decided, or went wrong.',
  {
    lastTransitionTime: optional(time('When the status last changed.')),
    lastUpdateTime: optional(time('When the condition was last written.')),
    message: optional(string('Why, for people.')),
    reason: optional(string('Why, in one CamelCase word.')),
    status: conditionStatus,
    type: string('Approved, Denied or Failed.'),
  },
);

export const CertificateSigningRequestStatusSchema = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequestStatus',
  'What became of a request.',
  {
    certificate: optional(bytes('The certificate and those that vouch for it, in PEM.')),
    conditions: optional(
      list(ConditionSchema, 'What was decided, or went wrong, one entry per type.', { type: 'map', keys: ['type'] }),
    ),
  },
);

export const CertificateSigningRequestSchema = struct(
  'io.k8s.api.certificates.v1.CertificateSigningRequest',
  'A wish for a certificate.',
  {
    ...typeMeta,
    metadata,
    spec: CertificateSigningRequestSpecSchema,
    status: optional(CertificateSigningRequestStatusSchema),
  },
);
export type CertificateSigningRequest = Static<typeof CertificateSigningRequestSchema>;
export type RequestCondition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number];

/** Nothing but conditions may change. Their status changed when they were written, unless it is said otherwise. */
function keepAllButConditions(next: CertificateSigningRequest, previous: CertificateSigningRequest): void {
  const conditions = next.status?.conditions?.map((condition) => ({
    ...condition,
    lastTransitionTime: condition.lastTransitionTime ?? condition.lastUpdateTime,
  }));
  next.spec = previous.spec;
  next.status = { ...previous.status, conditions };
}

/** `Approved,Issued`, `Denied`, `Pending`. */
function stateOf({ status }: CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type);
  const verdict = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [verdict, ...(has('Failed') ? ['Failed'] : []), ...(status?.certificate ? ['Issued'] : [])].join(',');
}

const column = (
  name: string,
  description: string,
  value: (request: CertificateSigningRequest) => string,
): Column<CertificateSigningRequest> => ({ name, type: 'string', description, value });

export const certificateSigningRequests = defineResource<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  categories: [],
  namespaced: false,
  nameRule: 'path-segment',
  schema: CertificateSigningRequestSchema,
  hasStatus: true,
  subresources: { approval: ['get', 'patch', 'update'] },
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', 'Who is to sign it.', ({ spec }) => spec?.signerName || '<none>'),
    column('Requestor', 'Who asks for it.', ({ spec }) => spec?.username ?? ''),
    column('RequestedDuration', 'How long the certificate should be valid.', ({ spec }) =>
      spec?.expirationSeconds === undefined ? '<none>' : shortDuration(spec.expirationSeconds * 1000),
    ),
    column('Condition', 'What was decided, and whether it was signed.', stateOf),
  ],
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  setDefaults() {},
  prepareForUpdate(next, previous) {
    next.spec = previous.spec;
  },
  prepareForApproval: keepAllButConditions,
  validate: validateCertificateSigningRequest,
  validateStatus: validateRequestStatus,
});
