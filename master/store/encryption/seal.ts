import { type CipherGCMTypes, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealingKey } from './key-file.ts';

/**
 * Encrypted values: `stowage:enc:aesgcm:v1:KEY:` and, in base64, a random nonce (12 bytes), the ciphertext and its tag (16 bytes).
 * The key under which a value stands in the store is authenticated with it, so that a value put elsewhere does not open there.
 */
const PREFIX = 'stowage:enc:aesgcm:v1:';
/** Of random nonces of this length, 2^32 may be used with one key before two are likely to be the same (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A shorter tag, which would be easier to forge, opens nothing. */
const TAG = { authTagLength: TAG_BYTES };

/** Why a value cannot be opened, as the end of a sentence about it. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

export const isSealed = (value: string): boolean => value.startsWith(PREFIX);

/** The name of the key that opens a sealed value. */
export const keyNameOf = (sealed: string): string => sealed.slice(PREFIX.length, sealed.indexOf(':', PREFIX.length));

export function seal(storeKey: string, value: string, { name, bytes }: SealingKey): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(algorithmOf(bytes), bytes, nonce, TAG).setAAD(Buffer.from(storeKey));
  const sealed = [nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return `${PREFIX}${name}:${Buffer.concat(sealed).toString('base64')}`;
}

/** Throws {@link SealBroken}. */
export function open(storeKey: string, sealed: string, keys: ReadonlyMap<string, SealingKey>): string {
  const name = keyNameOf(sealed);
  const key = keys.get(name);
  if (!key) {
    const known = [...keys.keys()].map((each) => `"${each}"`).join(', ') || 'none';
    throw new SealBroken(`is encrypted with the key "${name}", which this master was not given (it has: ${known})`);
  }
  const bytes = Buffer.from(sealed.slice(PREFIX.length + name.length + 1), 'base64');
  const end = bytes.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv(algorithmOf(key.bytes), key.bytes, bytes.subarray(0, NONCE_BYTES), TAG);
    decipher.setAAD(Buffer.from(storeKey)).setAuthTag(bytes.subarray(end));
    return decipher.update(bytes.subarray(NONCE_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    const why = `is not opened by the key "${name}": another key of that name encrypted it, or it was changed`;
    throw new SealBroken(why, { cause });
  }
}

const algorithmOf = (key: Buffer): CipherGCMTypes => `aes-${(key.length * 8) as 128 | 192 | 256}-gcm`;
