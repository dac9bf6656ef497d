import type { PeerCertificate } from 'node:tls';
import { NODE_GROUP, NODE_USER_PREFIX } from '../../proto/enrolment.ts';

/** The node that a verified client certificate speaks for; `undefined` when it is no agent's (an administrator's, say). */
export function nodeOf(certificate: PeerCertificate | undefined): string | undefined {
  const { CN, O } = (certificate?.subject ?? {}) as { CN?: string | string[]; O?: string | string[] };
  const isNode = O === NODE_GROUP || (Array.isArray(O) && O.includes(NODE_GROUP));
  if (!isNode || typeof CN !== 'string' || !CN.startsWith(NODE_USER_PREFIX)) return undefined;
  return CN.slice(NODE_USER_PREFIX.length) || undefined;
}
