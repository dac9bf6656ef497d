import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Authority, CertificateRequest, KeyPair } from '../pki.ts';
import { fingerprintOf, leafExtensions, newSerialNumber, subjectOf, validity } from './certificate.ts';
import { PUBLIC_MODE, readIfPresent, replaceFile, SECRET_MODE } from './files.ts';
import { KEY_ALGORITHM, newKeyPem, webKeys } from './keys.ts';
import { loadX509 } from './x509-library.ts';

const AUTHORITY_DAYS = 3650;
const SECOND_MS = 1000;

/**
 * Opens the cell's authority in `dir` (`ca.crt`, `ca.key`), making it on first use. Throws with a sentence for people when
 * the files do not belong together, cannot be read, or the certificate has expired.
 */
export async function openAuthority(dir: string, clock: Clock): Promise<Authority> {
  const certFile = join(dir, 'ca.crt');
  const keyFile = join(dir, 'ca.key');
  let certPem = await readIfPresent(certFile);
  let keyPem = await readIfPresent(keyFile);
  if (certPem && !keyPem) throw new Error(lostKey(certFile, keyFile));
  if (!keyPem) {
    keyPem = await newKeyPem();
    await replaceFile(keyFile, keyPem, SECRET_MODE);
  }
  // The key is written first: a crash between the two leaves a key, for which the certificate is made now.
  if (!certPem) {
    certPem = await selfSigned(keyPem, clock.now());
    await replaceFile(certFile, certPem, PUBLIC_MODE);
  }
  assertUsable({ certPem, keyPem }, { certFile, keyFile }, clock.now());
  return authorityOf({ certPem, keyPem }, clock);
}

const lostKey = (certFile: string, keyFile: string) =>
  `${certFile} is there but its key ${keyFile} is not: put the key back, or remove the certificate to start a new ` +
  'authority (every agent must then join again and every kubeconfig be made anew)';

/** Throws unless the two files make an authority that can sign today. */
function assertUsable(pair: KeyPair, files: { certFile: string; keyFile: string }, nowMs: number): void {
  const certificate = new X509Certificate(pair.certPem);
  if (!certificate.checkPrivateKey(createPrivateKey(pair.keyPem))) {
    throw new Error(
      `${files.keyFile} is not the key of ${files.certFile}: put back the two files that belong together`,
    );
  }
  if (certificate.validToDate.getTime() <= nowMs) {
    throw new Error(
      `the cell's authority ${files.certFile} expired on ${certificate.validTo}: check this machine's clock, or remove ` +
        `${files.certFile} and ${files.keyFile} to start a new authority`,
    );
  }
}

async function selfSigned(keyPem: string, nowMs: number): Promise<string> {
  const x509 = await loadX509();
  const keys = await webKeys(keyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    // The time keeps the names of two cells apart, so that a store of trusted certificates may hold both.
    name: [{ CN: [`stowage-ca@${Math.floor(nowMs / SECOND_MS)}`] }],
    ...validity(nowMs, AUTHORITY_DAYS),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

function authorityOf({ certPem, keyPem }: KeyPair, clock: Clock): Authority {
  const certificate = new X509Certificate(certPem);

  const certify = async (publicKey: webcrypto.CryptoKey, request: CertificateRequest): Promise<string> => {
    const x509 = await loadX509();
    const authority = new x509.X509Certificate(certPem);
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: newSerialNumber(),
      subject: subjectOf(request),
      issuer: authority.subject,
      ...validity(clock.now(), request.validDays),
      signingAlgorithm: KEY_ALGORITHM,
      publicKey,
      signingKey: (await webKeys(keyPem)).privateKey,
      extensions: [
        ...leafExtensions(x509, request),
        await x509.AuthorityKeyIdentifierExtension.create(authority),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
    return `${leaf.toString('pem')}\n${certPem}`;
  };

  return {
    certPem,
    fingerprint: fingerprintOf(certificate),
    async issue(request): Promise<KeyPair> {
      const leafKeyPem = await newKeyPem();
      const { publicKey } = await webKeys(leafKeyPem);
      return { certPem: await certify(publicKey, request), keyPem: leafKeyPem };
    },
    async sign(csrPem, request) {
      return certify(await requestedKey(csrPem), request);
    },
  };
}

/** The public key in a PKCS#10 request whose sender proved to hold the private one. */
async function requestedKey(csrPem: string): Promise<webcrypto.CryptoKey> {
  const x509 = await loadX509();
  let request: InstanceType<typeof x509.Pkcs10CertificateRequest>;
  try {
    request = new x509.Pkcs10CertificateRequest(csrPem);
  } catch (cause) {
    throw new Error('the certificate request is not PKCS#10 in PEM', { cause });
  }
  if (!(await request.verify())) {
    throw new Error('the certificate request is not signed by the key it names');
  }
  return request.publicKey.export();
}
