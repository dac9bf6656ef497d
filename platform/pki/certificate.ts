import { createHash, randomBytes, type X509Certificate } from 'node:crypto';
import type * as X509 from '@peculiar/x509';
import type { CertificateRequest } from '../pki.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Certificates are valid a little before they were made: the clock of the machine that checks may be behind. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;

/** Extended key usages (RFC 5280, 4.2.1.12). */
export const USAGE_OIDS = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** SHA-256 of the certificate's DER form, lower-case hex. */
export function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}

/** From when to when a certificate made now is valid. */
export function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - CLOCK_SKEW_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** When a certificate was made, by the beginning of its validity (`X509Certificate.validFrom` and TLS' `valid_from`). In whole seconds. */
export const issuedMsOf = (validFrom: string): number => Date.parse(validFrom) + CLOCK_SKEW_MS;

/** 127 random bits: unique without a register of what was issued, and positive as RFC 5280 (4.1.2.2) demands. */
export function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** The subject of a request, as the library writes names. */
export function subjectOf(request: CertificateRequest): X509.JsonName {
  const name: X509.JsonName = [{ CN: [request.commonName] }];
  for (const organization of request.organizations) name.push({ O: [organization] });
  return name;
}

/** The extensions of a leaf: what the key is for, and under which names. */
export function leafExtensions(x509: typeof X509, request: CertificateRequest): X509.Extension[] {
  const extensions: X509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => USAGE_OIDS[usage])),
  ];
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  return extensions;
}

/** True once less than a third of the certificate's life is left. */
export function nearExpiry(certificate: X509Certificate, nowMs: number): boolean {
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  return to - nowMs < (to - from) / 3;
}
