import { createPublicKey, generateKeyPair } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Misconfigured } from '../../../platform/misconfigured.ts';
import { type SigningKey, signingKey } from './jwt.ts';

const RSA_BITS = 2048;
const PRIVATE = 0o600;

/**
 * The key with which the cell signs the tokens of service accounts: `<dataDir>/pki/service-account.key`, and `.pub` for others to
 * verify with. Made on the first start; RSA, which every verifier knows. Masters of one cell must share it.
 */
export async function openServiceAccountKey(dataDir: string): Promise<SigningKey> {
  const directory = join(dataDir, 'pki');
  const file = join(directory, 'service-account.key');
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (known) return readKey(known, file);
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(file, pem, { mode: PRIVATE });
  await chmod(file, PRIVATE);
  await writeFile(
    join(directory, 'service-account.pub'),
    createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString(),
  );
  return signingKey(pem);
}

function readKey(pem: string, file: string): SigningKey {
  try {
    return signingKey(pem);
  } catch (cause) {
    throw new Misconfigured(
      `${file} holds no usable key for service-account tokens: ${(cause as Error).message}; ` +
        'restore it, or remove it and all tokens made with it become void',
      { cause },
    );
  }
}
