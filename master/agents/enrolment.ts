import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { badRequest } from '../../api/meta/errors.ts';
import { nameFault } from '../../api/meta/validation.ts';
import type { Authority, CertificateRequest } from '../../platform/pki.ts';
import { AGENTS_SERVER_NAME, type EnrolResponse, NODE_GROUP, NODE_USER_PREFIX } from '../../proto/enrolment.ts';
import type { Credential } from '../auth/authentication/credential.ts';
import type { User } from '../user.ts';
import { type RequestContext, requestedCertificate } from './requested-certificate.ts';

const CERTIFICATE_DAYS = 365;
const MAX_CSR_LENGTH = 16 * 1024;
const MAX_ADDRESSES = 16;
/** Names under which the master itself is known; a node of that name could pass for it. */
const MASTER_NAMES = [AGENTS_SERVER_NAME, 'kubernetes', 'localhost'];

export interface EnrolOptions {
  readonly authority: Authority;
  /** The master's own join token, whole. */
  readonly token: string;
  /** Who asks, by another credential that lets agents ask for certificates. Rejects with 401 or 403. */
  readonly identify: (call: Pick<EnrolCall, 'credential'>, bearer: string | undefined) => Promise<User>;
  readonly context: RequestContext;
}

/** An HTTP request at `ENROL_PATH`, as far as enrolment looks at it. */
export interface EnrolCall {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** What the connection proves. */
  readonly credential: Credential;
  readonly signal: AbortSignal;
  /** The body, parsed as JSON. */
  readonly body: unknown;
}

/**
 * Gives a machine a certificate for the node it says it is. The master's own join token buys it at once; a bootstrap token, or the
 * certificate that a node has, makes a request of which the cell's controllers decide (`controllers/certificates/approval.ts`). Rejects
 * with `ApiError`: 401 for a token that is no good, 400 for a request that makes no sense, 403 where it is denied.
 */
export async function enrol(options: EnrolOptions, call: EnrolCall): Promise<EnrolResponse> {
  const { authority, token, identify, context } = options;
  const bearer = /^Bearer +(\S+)$/i.exec(call.authorization ?? '')?.[1];
  const caPem = authority.certPem;
  if (bearer !== undefined && isSame(token, bearer)) {
    const { nodeName, csrPem, addresses } = checked(call.body);
    return { certPem: await signed(authority, csrPem, nodeCertificate(nodeName, addresses)), caPem };
  }
  const user = await identify(call, bearer && bootstrapTokenIn(bearer));
  return { certPem: await requestedCertificate(context, user, checked(call.body), call.signal), caPem };
}

const signed = (authority: Authority, csrPem: string, request: CertificateRequest): Promise<string> =>
  authority.sign(csrPem, request).catch((cause: Error) => {
    throw badRequest(`csrPem: ${cause.message}`, cause);
  });

/** `abcdef.0123456789abcdef` of `stw1.FINGERPRINT.abcdef.0123456789abcdef`; other texts as they are. */
const bootstrapTokenIn = (bearer: string): string => bearer.replace(/^stw1\.[^.]*\./, '');

/** What a node's certificate says. An agent is a client of the master and serves its own metrics, hence both usages. */
export function nodeCertificate(nodeName: string, addresses: readonly string[]): CertificateRequest {
  return {
    commonName: `${NODE_USER_PREFIX}${nodeName}`,
    organizations: [NODE_GROUP],
    usages: ['client', 'server'],
    dnsNames: [nodeName],
    ipAddresses: [...new Set(['127.0.0.1', ...addresses])],
    validDays: CERTIFICATE_DAYS,
  };
}

/** Digests are compared, so that neither the time taken nor a length tells anything of the token. */
function isSame(token: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function checked(body: unknown): { nodeName: string; csrPem: string; addresses: string[] } {
  const { nodeName, csrPem, addresses = [] } = (body ?? {}) as Record<string, unknown>;
  if (typeof nodeName !== 'string') throw badRequest('nodeName: must be a string, the name of the node to be');
  const fault = nameFault('subdomain', nodeName);
  if (fault) throw badRequest(`nodeName: ${JSON.stringify(nodeName)} cannot name a node: ${fault}`);
  if (MASTER_NAMES.includes(nodeName))
    throw badRequest(`nodeName: ${nodeName} is a name of the master; choose another`);
  if (typeof csrPem !== 'string' || csrPem.length > MAX_CSR_LENGTH) {
    throw badRequest(`csrPem: must be a PKCS#10 request in PEM of at most ${MAX_CSR_LENGTH} characters`);
  }
  if (!Array.isArray(addresses) || addresses.length > MAX_ADDRESSES || !addresses.every(isAddress)) {
    throw badRequest(`addresses: must be at most ${MAX_ADDRESSES} IP addresses`);
  }
  return { nodeName, csrPem, addresses };
}

const isAddress = (value: unknown): value is string => typeof value === 'string' && isIP(value) !== 0;
