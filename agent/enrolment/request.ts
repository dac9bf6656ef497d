import type { Identity } from '../../platform/pki.ts';
import { ENROL_PATH, type EnrolRequest, type EnrolResponse } from '../../proto/enrolment.ts';
import { callMaster } from '../master-call.ts';
import { MasterRefused, MasterUnreachable } from '../transport.ts';

/** What entitles to a certificate: the join token, or the certificate before this one. */
export type EnrolmentProof = { readonly token: string } | { readonly identity: Identity };

interface Enrolling {
  readonly masterUrl: string;
  readonly proof: EnrolmentProof;
  /** The authority that the token pins. */
  readonly caPem: string;
  readonly signal: AbortSignal;
}

/** Asks the master for a certificate. Rejects with `MasterUnreachable` or `MasterRefused`. */
export async function requestCertificate(enrolling: Enrolling, body: EnrolRequest): Promise<EnrolResponse> {
  const { masterUrl, proof, caPem, signal } = enrolling;
  const call = { masterUrl, path: ENROL_PATH, ...proof, caPem, body, signal };
  const {
    code,
    text: whole,
    value,
  } = await callMaster(call).catch((cause: Error) => {
    if (signal.aborted) throw signal.reason;
    throw new MasterUnreachable(`cannot ask the master at ${masterUrl} for a certificate: ${cause.message}`, { cause });
  });
  if (code === 200 && typeof value.certPem === 'string' && typeof value.caPem === 'string') {
    return { certPem: value.certPem, caPem: value.caPem };
  }
  const said = typeof value.message === 'string' ? value.message : whole.slice(0, 200);
  const text = `the master at ${masterUrl} gave no certificate for ${body.nodeName} (HTTP ${code}): ${said}`;
  if (code >= 500 || code === 429) throw new MasterUnreachable(text);
  throw new MasterRefused(
    code === 401
      ? `${text}; the token may have run out or been revoked: \`stowctl token create\` makes a new one`
      : text,
  );
}
