import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nodes } from '../../../api/core/node.ts';
import { pods } from '../../../api/core/pod.ts';
import { secrets } from '../../../api/core/secret.ts';
import { serviceAccounts } from '../../../api/core/service-account.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { testAuth, testKey } from '../auth.fixture.ts';
import { ISSUER } from '../auth.ts';
import { FakeCache } from '../fake-cache.fixture.ts';
import { tokenClaims } from '../tokens/issue.ts';
import { type Claims, type SigningKey, signingKey, signToken, signTokenNow } from '../tokens/jwt.ts';
import { legacyClaims } from '../tokens/legacy-token.ts';

const HOUR = 3600;
const robot = { metadata: { name: 'robot', namespace: 'a', uid: 'u1' } };
const POD = { name: 'p', uid: 'pod-1' };
const rsa = signingKey(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
);

function cell(key: SigningKey = testKey()) {
  const fake = new FakeCache();
  const clock = new ManualClock();
  fake.put(serviceAccounts, robot);
  fake.put(pods, { metadata: { ...POD, namespace: 'a' }, spec: { containers: [], serviceAccountName: 'robot' } });
  fake.put(nodes, { metadata: { name: 'n1', uid: 'node-1' } });
  const auth = testAuth(fake.cache, clock, { serviceAccountKey: key });
  const claims = (bound = {}, more: Claims = {}): Claims => ({
    ...tokenClaims({ issuer: ISSUER, account: robot, audiences: [ISSUER], seconds: HOUR, bound }, clock.now(), 'id-1'),
    ...more,
  });
  const ask = async (token: string, scheme = 'Bearer') => {
    try {
      const { name, groups, extra } = await auth.authenticator.identify(
        { type: 'none' },
        { authorization: `${scheme} ${token}` },
      );
      return { name, groups, extra };
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { fake, clock, auth, key, claims, ask };
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const REFUSED = 'Unauthorized';

describe('a token of a service account', () => {
  test.each([
    ['RSA', rsa],
    ['P-256', testKey()],
  ])('signed with %s says who, in which pod, on which node', async (_kind, key) => {
    const { ask, claims } = cell(key);
    const token = await signToken(key, claims({ pod: POD, node: { name: 'n1', uid: 'node-1' } }));
    expect(await ask(token)).toEqual({
      name: 'system:serviceaccount:a:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': ['JTI=id-1'],
        'authentication.kubernetes.io/pod-name': ['p'],
        'authentication.kubernetes.io/pod-uid': ['pod-1'],
        'authentication.kubernetes.io/node-name': ['n1'],
        'authentication.kubernetes.io/node-uid': ['node-1'],
      },
    });
  });

  const forgeries: readonly (readonly [string, (key: SigningKey, claims: Claims) => string | Promise<string>])[] = [
    ['not signed (alg none)', (_key, claims) => `${base64({ alg: 'none' })}.${base64(claims)}.`],
    ['with another signature', (key, claims) => signTokenNow(key, claims).replace(/\.[^.]+$/, `.${'A'.repeat(86)}`)],
    ["signed with another's key", (_key, claims) => signToken(testKey(), claims)],
    [
      "signed with another's key under our key's name",
      (key, claims) => signToken({ ...testKey(), id: key.id }, claims),
    ],
    [
      'signed with our public key as a shared secret (HS256)',
      ({ publicKey, id }, claims) => {
        const text = `${base64({ alg: 'HS256', kid: id })}.${base64(claims)}`;
        const pem = publicKey.export({ type: 'spki', format: 'pem' });
        return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
      },
    ],
    [
      'that brings its own key',
      async (_key, claims) => {
        const other = testKey();
        const header = base64({ alg: 'ES256', jwk: other.publicKey.export({ format: 'jwk' }) });
        const signed = signTokenNow(other, claims);
        return `${header}.${signed.split('.')[1]}.${signed.split('.')[2]}`;
      },
    ],
    [
      'with claims changed after it was signed',
      (key, claims) => {
        const [header, , signature] = signTokenNow(key, claims).split('.');
        return `${header}.${base64({ ...claims, sub: 'system:serviceaccount:kube-system:root' })}.${signature}`;
      },
    ],
    ['meant for others', (key, claims) => signToken(key, { ...claims, aud: ['vault'] })],
    ['meant for nobody', (key, { aud: _aud, ...claims }) => signToken(key, claims)],
    ['that has run out', (key, claims) => signToken(key, { ...claims, exp: Number(claims.exp) - HOUR - 1 })],
    ['without an end', (key, { exp: _exp, ...claims }) => signToken(key, claims)],
    ['that is not good yet', (key, claims) => signToken(key, { ...claims, nbf: Number(claims.nbf) + 60 })],
    ['of another issuer', (key, claims) => signToken(key, { ...claims, iss: 'https://elsewhere' })],
    ['whose subject is another', (key, claims) => signToken(key, { ...claims, sub: 'system:serviceaccount:a:root' })],
    ['without the claims of Kubernetes', (key, { 'kubernetes.io': _all, ...claims }) => signToken(key, claims)],
    [
      'of an account that was made anew',
      (key, claims) =>
        signToken(key, {
          ...claims,
          'kubernetes.io': { namespace: 'a', serviceaccount: { name: 'robot', uid: 'u0' } },
        }),
    ],
    ['that is no token', () => 'nonsense'],
    ['that is far too long', () => 'x'.repeat(100_000)],
  ];
  test.each(forgeries)('%s is refused', async (_what, forge) => {
    const { key, claims, ask } = cell();
    expect(await ask(await forge(key, claims()))).toBe(REFUSED);
    // The same without the fault is taken, so that it is the fault that is refused.
    expect(await ask(await signToken(key, claims()))).toMatchObject({ name: 'system:serviceaccount:a:robot' });
  });

  test('ends with its account, its time, and what it is bound to, though it was seen a moment ago', async () => {
    const bound = [{ pod: POD }, { secret: { name: 's', uid: 'secret-1' } }, { node: { name: 'n1', uid: 'node-1' } }];
    const ends: ((cell: FakeCache) => void)[] = [
      (fake) => fake.remove(pods, 'a', 'p'),
      (fake) => fake.put(secrets, { metadata: { name: 's', namespace: 'a', uid: 'secret-2' } }),
      (fake) => fake.remove(nodes, undefined, 'n1'),
    ];
    for (const [index, end] of ends.entries()) {
      const { fake, key, claims, ask } = cell();
      fake.put(secrets, { metadata: { name: 's', namespace: 'a', uid: 'secret-1' } });
      const token = await signToken(key, claims(bound[index]));
      expect(await ask(token)).toMatchObject({ name: 'system:serviceaccount:a:robot' });
      end(fake);
      expect(await ask(token)).toBe(REFUSED);
    }
    const { fake, clock, key, claims, ask } = cell();
    const token = await signToken(key, claims());
    expect(await ask(token)).toMatchObject({ name: 'system:serviceaccount:a:robot' });
    fake.remove(serviceAccounts, 'a', 'robot');
    expect(await ask(token)).toBe(REFUSED);
    fake.put(serviceAccounts, robot);
    expect(await ask(token)).toMatchObject({ name: 'system:serviceaccount:a:robot' });
    await clock.advance(HOUR * 1000);
    expect(await ask(token)).toBe(REFUSED);
  });

  test('meant for others is found good when asked for them', async () => {
    const { auth, key, claims } = cell();
    const token = await signToken(key, claims({}, { aud: ['vault', 'x'] }));
    expect((await auth.authenticator.review(token, ['vault']))?.audiences).toEqual(['vault', 'x']);
    expect(await auth.authenticator.review(token)).toBeUndefined();
  });

  test('kept in a Secret is good while the Secret holds it', async () => {
    const { fake, key, ask } = cell();
    const secret = { metadata: { name: 's', namespace: 'a', uid: 'secret-1' } };
    const token = signTokenNow(key, legacyClaims(secret, robot));
    fake.put(secrets, { ...secret, data: { token: Buffer.from(token).toString('base64') } });
    expect(await ask(token)).toMatchObject({ name: 'system:serviceaccount:a:robot' });
    fake.put(secrets, { ...secret, data: { token: Buffer.from('another').toString('base64') } });
    expect(await ask(token)).toBe(REFUSED);
  });
});

test('who shows nothing, or nothing we know, is anonymous', async () => {
  const { ask, auth } = cell();
  expect(await ask('x', 'Basic')).toMatchObject({ name: 'system:anonymous', groups: ['system:unauthenticated'] });
  expect(() => auth.authenticator.identify({ type: 'unverified' }, {})).toThrow(REFUSED);
});
