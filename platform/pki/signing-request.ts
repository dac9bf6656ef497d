import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { newKeyPem } from './keys.ts';

/** What a request for a certificate asks to be called. */
export interface WishedNames {
  readonly commonName: string;
  readonly organization?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/**
 * A new key, and a PKCS#10 request for it (both PEM; RFC 2986). Who signs it decides on subject and usages. Written out here, since
 * the library that could do it takes 22 MB of every agent that has just joined.
 */
export async function createCertificateRequest(names: WishedNames): Promise<{ keyPem: string; csrPem: string }> {
  const keyPem = await newKeyPem();
  const key = createPrivateKey(keyPem);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const attributes = der(ATTRIBUTES, ...alternativeNames(names));
  const info = der(SEQUENCE, der(INTEGER, Buffer.of(0)), subject(names), publicKey, attributes);
  const signature = der(BIT_STRING, Buffer.of(0), sign('sha256', info, key));
  const base64 = der(SEQUENCE, info, der(SEQUENCE, ECDSA_WITH_SHA256), signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    keyPem,
    csrPem: ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n'),
  };
}

function subject({ commonName, organization }: WishedNames): Buffer {
  const attribute = (type: Buffer, text: string) => der(SET, der(SEQUENCE, type, der(UTF8_STRING, Buffer.from(text))));
  const groups = organization === undefined ? [] : [attribute(ORGANIZATION, organization)];
  return der(SEQUENCE, ...groups, attribute(COMMON_NAME, commonName));
}

/** The attribute that asks for a subjectAltName (RFC 2985, 5.4.2; RFC 5280, 4.2.1.6), or none. */
function alternativeNames({ dnsNames = [], ipAddresses = [] }: WishedNames): Buffer[] {
  if (dnsNames.length + ipAddresses.length === 0) return [];
  const names = [
    ...dnsNames.map((name) => der(DNS_NAME, Buffer.from(name))),
    ...ipAddresses.map((address) => der(IP_ADDRESS, addressBytes(address))),
  ];
  const extension = der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, der(SEQUENCE, ...names)));
  return [der(SEQUENCE, EXTENSION_REQUEST, der(SET, der(SEQUENCE, extension)))];
}

/** Four or sixteen bytes. Throws where the text is no IP address. */
function addressBytes(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text)) throw new RangeError(`"${text}" is no IP address`);
  // The parser of URLs writes every address of version 6 in one form, with no dots in it.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return Buffer.from([...first, ...zeros, ...last].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** Tags of DER (ITU-T X.690). */
const [INTEGER, BIT_STRING, OCTET_STRING, UTF8_STRING, SEQUENCE, SET, ATTRIBUTES] = [
  0x02, 0x03, 0x04, 0x0c, 0x30, 0x31, 0xa0,
] as const;
/** Tags of the kinds of names in a subjectAltName. */
const [DNS_NAME, IP_ADDRESS] = [0x82, 0x87] as const;
/** Object identifiers 2.5.4.3, 2.5.4.10, 1.2.840.113549.1.9.14, 2.5.29.17 and 1.2.840.10045.4.3.2. */
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const ORGANIZATION = Buffer.from('060355040a', 'hex');
const EXTENSION_REQUEST = Buffer.from('06092a864886f70d01090e', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), derLength(content.length), content]);
}

const derLength = (length: number): Buffer => {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
};
