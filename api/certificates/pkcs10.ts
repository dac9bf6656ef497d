import { type DerValue, hexOf, partsOf, readDer, TAG } from './der.ts';

/** What a request for a certificate asks for (RFC 2986): its subject and its other names. Signatures are not looked at. */
export interface RequestedNames {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Attributes of the subject other than these two, by their object identifier in hex. */
  readonly otherAttributes: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

const PEM = /^\s*-----BEGIN CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----/;

/** Object identifiers, as the bytes of their DER content. */
const OID = {
  commonName: '550403',
  organization: '55040a',
  extensionRequest: '2a864886f70d01090e',
  altNames: '551d11',
};
/** Tags of the kinds of names in a subjectAltName (RFC 5280, 4.2.1.6). */
const NAME_TAG = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 };
const ATTRIBUTES_TAG = 0xa0;

export const decodeBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** The PEM text that the field `request` of a CertificateSigningRequest holds in base64; empty when it is no base64. */
export function requestPem(request: string | undefined): string {
  try {
    return new TextDecoder().decode(decodeBase64(request ?? ''));
  } catch {
    return '';
  }
}

/** Reads a request in PEM. Says what is wrong instead when it cannot be read. */
export function readRequest(pem: string): RequestedNames | { readonly fault: string } {
  const body = PEM.exec(pem)?.[1];
  if (!body) return { fault: 'PEM block type must be CERTIFICATE REQUEST' };
  try {
    const [request] = readDer(decodeBase64(body.replace(/\s/g, '')));
    const [info] = partsOf(request, TAG.sequence);
    const [, subject, , attributes] = partsOf(info, TAG.sequence);
    return { ...subjectOf(subject), ...otherNamesOf(attributes) };
  } catch (error) {
    return { fault: `the request is not PKCS#10: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const textOf = ({ content }: DerValue): string => new TextDecoder().decode(content);

function subjectOf(subject: DerValue | undefined) {
  const attributes = partsOf(subject, TAG.sequence)
    .flatMap((part) => partsOf(part, TAG.set))
    .map((attribute) => {
      const [oid, value] = partsOf(attribute, TAG.sequence);
      return { oid: oid ? hexOf(oid.content) : '', value: value ? textOf(value) : '' };
    });
  const valuesOf = (oid: string) => attributes.filter((attribute) => attribute.oid === oid).map(({ value }) => value);
  const known = [OID.commonName, OID.organization];
  return {
    commonName: valuesOf(OID.commonName).at(-1) ?? '',
    organizations: valuesOf(OID.organization),
    otherAttributes: attributes.map(({ oid }) => oid).filter((oid) => !known.includes(oid)),
  };
}

/** The subjectAltName among the extensions that the request asks for. */
function otherNamesOf(attributes: DerValue | undefined) {
  const names = attributes?.tag === ATTRIBUTES_TAG ? readDer(attributes.content).flatMap(altNames) : [];
  const texts = (tag: number) => names.filter((name) => name.tag === tag).map(textOf);
  return {
    dnsNames: texts(NAME_TAG.dns),
    emailAddresses: texts(NAME_TAG.email),
    uris: texts(NAME_TAG.uri),
    ipAddresses: names.filter((name) => name.tag === NAME_TAG.ip).map(({ content }) => addressText(content)),
  };
}

function altNames(attribute: DerValue): DerValue[] {
  const [oid, values] = partsOf(attribute, TAG.sequence);
  if (!oid || hexOf(oid.content) !== OID.extensionRequest) return [];
  return partsOf(values, TAG.set)
    .flatMap((extensions) => partsOf(extensions, TAG.sequence))
    .flatMap((extension) => {
      const parts = partsOf(extension, TAG.sequence);
      const content = parts.at(-1);
      if (!parts[0] || hexOf(parts[0].content) !== OID.altNames || content?.tag !== TAG.octets) return [];
      return readDer(content.content).flatMap((names) => partsOf(names, TAG.sequence));
    });
}

/** `10.0.0.1`, or the eight groups of an address of version 6. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  return Array.from({ length: 8 }, (_, index) => (bytes[index * 2]! * 256 + bytes[index * 2 + 1]!).toString(16)).join(
    ':',
  );
}
