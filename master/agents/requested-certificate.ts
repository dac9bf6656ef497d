import { createHash } from 'node:crypto';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../api/certificates/certificate-signing-request.ts';
import { AGENT_SIGNER, AGENT_USAGES } from '../../api/certificates/signers.ts';
import { forbidden, isApiError, unavailable } from '../../api/meta/errors.ts';
import type { MasterContext } from '../context.ts';
import type { User } from '../user.ts';

export type RequestContext = Pick<MasterContext, 'cache' | 'objects' | 'clock'>;

/** How long an agent waits for a decision at a time; it asks again with the same request. */
const PATIENCE_MS = 15_000;
const DIGITS = 10;

/** What came of a request: a certificate (PEM), or why there is none. */
type Outcome = { readonly certPem: string } | { readonly refused: string };

/**
 * Files a CertificateSigningRequest for an agent, in the name of who asks, and waits for what approver and signer (or a person, with
 * `kubectl certificate approve`) make of it. The same request is filed once. Rejects with 403 where it is denied, with 503 where nobody
 * has decided yet.
 */
export async function requestedCertificate(
  context: RequestContext,
  user: User,
  { nodeName, csrPem }: { readonly nodeName: string; readonly csrPem: string },
  signal: AbortSignal,
): Promise<string> {
  const name = `agent-${nodeName}-${createHash('sha256').update(csrPem).digest('hex').slice(0, DIGITS)}`;
  await file(context, user, name, csrPem);
  const outcome = await decided(context, name, signal);
  if (!outcome)
    throw unavailable(`nobody has decided yet: \`kubectl certificate approve ${name}\` lets ${nodeName} in`);
  if ('refused' in outcome) throw forbidden(certificateSigningRequests, name, outcome.refused);
  return outcome.certPem;
}

async function file({ objects }: RequestContext, user: User, name: string, csrPem: string): Promise<void> {
  const spec = { request: Buffer.from(csrPem).toString('base64'), signerName: AGENT_SIGNER, usages: [...AGENT_USAGES] };
  const request: CertificateSigningRequest = { metadata: { name }, spec };
  try {
    await objects.create(certificateSigningRequests, request, { user: user.name, requester: user });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

/** Undefined where there is no decision in time. Rejects when whoever asks has gone. */
function decided({ cache, clock }: RequestContext, name: string, signal: AbortSignal): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    const end = (then: () => void) => {
      unsubscribe();
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const onAbort = () => end(() => reject(signal.reason));
    const timer = clock.setTimer(PATIENCE_MS, () => end(() => resolve(undefined)));
    const look = (request: CertificateSigningRequest | undefined) => {
      const outcome = request && outcomeOf(request);
      if (outcome) end(() => resolve(outcome));
    };
    const unsubscribe = cache.subscribe(certificateSigningRequests, ({ object }) => {
      if (object.metadata?.name === name) look(object);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else look(cache.get(certificateSigningRequests, undefined, name));
  });
}

function outcomeOf({ status }: CertificateSigningRequest): Outcome | undefined {
  if (status?.certificate) return { certPem: Buffer.from(status.certificate, 'base64').toString() };
  const no = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
  return no && { refused: no.message || no.reason || no.type };
}
