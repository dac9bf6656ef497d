import { KEY_ALGORITHM, newKeyPem, webKeys } from '../../../platform/pki/keys.ts';
import { loadX509 } from '../../../platform/pki/x509-library.ts';

/** A certificate of that name, signed by itself, with its key; both in PEM. */
export async function selfSigned(name: string): Promise<{ cert: string; key: string }> {
  const x509 = await loadX509();
  const key = await newKeyPem();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys: await webKeys(key),
    signingAlgorithm: KEY_ALGORITHM,
  });
  return { cert: certificate.toString('pem'), key };
}
