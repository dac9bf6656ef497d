import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../../api/certificates/certificate-signing-request.ts';
import { type Controller, lookUp, watchSelf } from '../kit/controller.ts';
import { remove, wake } from '../kit/decision.ts';

const HOUR_MS = 3_600_000;
/** How long requests are kept, as in Kubernetes: those that nobody decides on for a day. */
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

/** Removes requests for certificates that are done with, or that nobody ever decided on. */
export const certificateRequestCleaner: Controller = {
  name: 'certificate-request-cleaner',
  watches: [watchSelf(certificateSigningRequests)],
  reconcile(view, key, nowMs) {
    const request = lookUp(view, certificateSigningRequests, key);
    if (!request || request.metadata?.deletionTimestamp) return [];
    const leftMs = dueMs(request) - nowMs;
    return leftMs > 0 ? [wake(leftMs)] : [remove(certificateSigningRequests, request)];
  },
};

/** When nobody needs it any more. An approved request that no signer has answered yet counts as undecided. */
function dueMs({ metadata, status }: CertificateSigningRequest): number {
  const isAnswered = (type: string) =>
    type === 'Denied' || type === 'Failed' || (type === 'Approved' && status?.certificate);
  const decided = status?.conditions?.find(({ type }) => isAnswered(type));
  const bornMs = Date.parse(metadata?.creationTimestamp ?? '') || 0;
  if (!decided) return bornMs + PENDING_MS;
  return (Date.parse(decided.lastUpdateTime ?? decided.lastTransitionTime ?? '') || bornMs) + DECIDED_MS;
}
