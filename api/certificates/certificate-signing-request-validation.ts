import { each, repeated, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { duplicate, forbiddenField, invalidValue, nameFault, required } from '../meta/validation.ts';
import type { CertificateSigningRequest } from './certificate-signing-request.ts';
import { readRequest, requestPem } from './pkcs10.ts';

/** Faults of requests for certificates ("Certificate Signing Requests"), in Kubernetes' words. */

const LEAST_SECONDS = 600;
const LONGEST_SIGNER = 571;
const VERDICTS = ['Approved', 'Denied'];
const DECISIVE = ['Approved', 'Denied', 'Failed'];

function signerFaults(name: string | undefined, path: string): FieldError[] {
  if (!name) return [required(path)];
  const [domain = '', ...rest] = name.split('/');
  if (rest.length !== 1 || !rest[0])
    return [
      invalidValue(path, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"'),
    ];
  const fault = nameFault('subdomain', domain) ?? nameFault('subdomain', rest[0].replaceAll(':', '-'));
  if (fault) return [invalidValue(path, name, fault)];
  if (name.length > LONGEST_SIGNER)
    return [invalidValue(path, name, `must be no more than ${LONGEST_SIGNER} characters`)];
  return domain.includes('.')
    ? []
    : [invalidValue(path, name, 'should be a domain with at least two segments separated by dots')];
}

export function validateCertificateSigningRequest({ spec }: CertificateSigningRequest): FieldError[] {
  if (!spec) return [required('spec')];
  const { request, usages = [], expirationSeconds: seconds } = spec;
  const read = readRequest(requestPem(request));
  return [
    ...requiredText('spec.request', request),
    ...(request && 'fault' in read ? [invalidValue('spec.request', request, read.fault)] : []),
    ...(usages.length === 0 ? [required('spec.usages')] : []),
    ...repeated(usages, (usage) => usage).map(([usage, index]) => duplicate(`spec.usages[${index}]`, usage)),
    ...signerFaults(spec.signerName, 'spec.signerName'),
    ...(seconds !== undefined && seconds < LEAST_SECONDS
      ? [
          invalidValue(
            'spec.expirationSeconds',
            seconds,
            `may not specify a duration less than ${LEAST_SECONDS} seconds (10 minutes)`,
          ),
        ]
      : []),
  ];
}

/** A request is approved or denied, never both; and that only through the subresource `approval`, to which `previous` is not given. */
export function validateRequestStatus(
  { status }: CertificateSigningRequest,
  previous?: CertificateSigningRequest,
): FieldError[] {
  const conditions = status?.conditions ?? [];
  const path = 'status.conditions';
  const types = conditions.map(({ type }) => type);
  return [
    ...(previous ? verdictFaults(types, previous, path) : []),
    ...each(conditions, path, ({ type, status: value }, at) => {
      if (!type) return [required(`${at}.type`)];
      return DECISIVE.includes(type) && value !== 'True'
        ? [invalidValue(`${at}.status`, value ?? '', `Approved, Denied and Failed conditions must have status True`)]
        : [];
    }),
    ...repeated(conditions, ({ type }) => type).map(([{ type }, index]) => duplicate(`${path}[${index}].type`, type)),
    ...(types.includes('Approved') && types.includes('Denied')
      ? [invalidValue(path, 'Denied', 'Approved and Denied conditions are mutually exclusive')]
      : []),
  ];
}

/** Who reports on a request does not decide it. */
function verdictFaults(types: readonly string[], previous: CertificateSigningRequest, path: string): FieldError[] {
  const before = (previous.status?.conditions ?? []).map(({ type }) => type);
  return VERDICTS.filter((type) => types.includes(type) !== before.includes(type)).map((type) =>
    forbiddenField(path, `updates may not ${types.includes(type) ? 'add' : 'remove'} a condition of type "${type}"`),
  );
}
