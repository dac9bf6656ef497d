/**
 * Certificates of a cell: one authority per cell, kept in its data directory. The contract stands here; the parts are in pki/.
 */

export { openAuthority } from './pki/authority.ts';
export { issuedMsOf } from './pki/certificate.ts';
export { type Identity, readIdentity, renewalDue, writeIdentity } from './pki/identity.ts';
export { formatJoinToken, type JoinToken, newBootstrapToken, newJoinSecret, parseJoinToken } from './pki/join-token.ts';
export { kubeconfig } from './pki/kubeconfig.ts';
export { ensureCertificate } from './pki/leaf.ts';
export { createCertificateRequest, type WishedNames } from './pki/signing-request.ts';

export interface KeyPair {
  /** PEM; the leaf first, then the authority, so that a peer sees the whole chain. */
  readonly certPem: string;
  readonly keyPem: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Kubernetes groups: `system:masters`, `system:nodes`. */
  readonly organizations: readonly string[];
  readonly usages: readonly ('client' | 'server')[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly validDays: number;
}

export interface Authority {
  readonly certPem: string;
  /** SHA-256 of the DER certificate, lower-case hex: what a join token pins. */
  readonly fingerprint: string;
  /** Makes a key and a certificate for it. */
  issue(request: CertificateRequest): Promise<KeyPair>;
  /** Certifies the key of a PKCS#10 request (PEM); subject and usages come from `request`, never from the CSR. */
  sign(csrPem: string, request: CertificateRequest): Promise<string>;
}
