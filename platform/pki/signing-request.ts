import { KEY_ALGORITHM, newKeyPem, webKeys } from './keys.ts';
import { loadX509 } from './x509-library.ts';

/** A new key, and a PKCS#10 request for it (both PEM). Who signs it decides on subject and usages. */
export async function createCertificateRequest(commonName: string): Promise<{ keyPem: string; csrPem: string }> {
  const x509 = await loadX509();
  const keyPem = await newKeyPem();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }],
    keys: await webKeys(keyPem),
    signingAlgorithm: KEY_ALGORITHM,
  });
  return { keyPem, csrPem: `${request.toString('pem')}\n` };
}
