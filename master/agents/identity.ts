import type { PeerCertificate } from 'node:tls';
import { MASTER_GROUP, NODE_GROUP, NODE_USER_PREFIX } from '../../proto/enrolment.ts';

/** The node that a verified client certificate speaks for; `undefined` when it is no agent's (an administrator's, say). */
export function nodeOf(certificate: PeerCertificate | undefined): string | undefined {
  const { CN } = subjectOf(certificate);
  if (!isOf(certificate, NODE_GROUP) || typeof CN !== 'string' || !CN.startsWith(NODE_USER_PREFIX)) return undefined;
  return CN.slice(NODE_USER_PREFIX.length) || undefined;
}

/** Whether a verified client certificate is that of a master of the cell. */
export const isMaster = (certificate: PeerCertificate | undefined): boolean => isOf(certificate, MASTER_GROUP);

const subjectOf = (certificate: PeerCertificate | undefined) =>
  (certificate?.subject ?? {}) as { CN?: string | string[]; O?: string | string[] };

function isOf(certificate: PeerCertificate | undefined, group: string): boolean {
  const { O } = subjectOf(certificate);
  return O === group || (Array.isArray(O) && O.includes(group));
}
