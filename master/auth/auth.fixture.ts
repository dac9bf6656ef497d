import { generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import type { Cache } from '../store/cache.ts';
import { Auth, type AuthOptions } from './auth.ts';
import { type SigningKey, signingKey } from './tokens/jwt.ts';

/** A key that is made in no time. */
export function testKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** Authentication and authorization over a cache, for tests; start it. */
export const testAuth = (cache: Cache, clock: Clock, more: Partial<AuthOptions> = {}): Auth =>
  new Auth({ cache, clock, log: silentLogger, serviceAccountKey: testKey(), ...more });
