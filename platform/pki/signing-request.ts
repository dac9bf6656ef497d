import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { newKeyPem } from './keys.ts';

/**
 * A new key, and a PKCS#10 request for it (both PEM; RFC 2986). Who signs it decides on subject and usages. Written out here, since
 * the library that could do it takes 22 MB of every agent that has just joined.
 */
export async function createCertificateRequest(commonName: string): Promise<{ keyPem: string; csrPem: string }> {
  const keyPem = await newKeyPem();
  const key = createPrivateKey(keyPem);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName)))));
  const info = der(SEQUENCE, der(INTEGER, Buffer.of(0)), name, publicKey, der(ATTRIBUTES));
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', info, key));
  const base64 = der(SEQUENCE, info, der(SEQUENCE, ECDSA_WITH_SHA256), signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    keyPem,
    csrPem: ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n'),
  };
}

/** Tags of DER (ITU-T X.690). */
const [INTEGER, BIT_STRING, UTF8_STRING, SEQUENCE, SET, ATTRIBUTES] = [0x02, 0x03, 0x0c, 0x30, 0x31, 0xa0] as const;
/** Object identifiers 2.5.4.3 and 1.2.840.10045.4.3.2. */
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), derLength(content.length), content]);
}

const derLength = (length: number): Buffer => {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
};
