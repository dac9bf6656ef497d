import type { CertificateSigningRequest } from '../../../api/certificates/certificate-signing-request.ts';
import { readRequest, requestPem } from '../../../api/certificates/pkcs10.ts';
import { signers } from '../../../api/certificates/signers.ts';
import { hasCondition } from '../../../api/core/conditions.ts';
import type { CertificateRequest } from '../../../platform/pki.ts';

/** What a signer does about a request: nothing, sign it, or say why it cannot. */
export type Signing =
  | { readonly type: 'none' }
  | { readonly type: 'sign'; readonly csrPem: string; readonly request: CertificateRequest }
  | { readonly type: 'fail'; readonly message: string };

/** As long as Kubernetes' own signers sign for, and the most anybody gets. */
const MAX_DAYS = 365;
const DAY_SECONDS = 86_400;
const NONE: Signing = { type: 'none' };

/**
 * Decides on a request: one that is approved and not done with yet is signed if its signer is the cell's and lets it pass. (Kubernetes
 * docs, "Certificate Signing Requests", Kubernetes signers.)
 */
export function signingOf({ spec, status }: CertificateSigningRequest): Signing {
  const has = (type: string) => hasCondition(status?.conditions, type);
  const signer = signers.get(spec?.signerName ?? '');
  if (!signer || !has('Approved') || has('Denied') || has('Failed') || status?.certificate) return NONE;
  const csrPem = requestPem(spec.request);
  const names = readRequest(csrPem);
  if ('fault' in names) return { type: 'fail', message: names.fault };
  const refusal = signer.refuse(names, spec.usages ?? []);
  if (refusal) return { type: 'fail', message: refusal };
  const wantedDays = (spec.expirationSeconds ?? Number.POSITIVE_INFINITY) / DAY_SECONDS;
  const { commonName, organizations } = names;
  const serves = signer.purposes.includes('server');
  const others = serves ? { dnsNames: names.dnsNames, ipAddresses: names.ipAddresses } : {};
  const validDays = Math.min(MAX_DAYS, wantedDays);
  return {
    type: 'sign',
    csrPem,
    request: { commonName, organizations, usages: signer.purposes, ...others, validDays },
  };
}
