import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { openAuthority } from '../../../platform/pki.ts';
import { testKey } from '../auth.fixture.ts';
import { type Claims, publicKeySet, signToken } from '../tokens/jwt.ts';
import { type OidcOptions, OidcTokens } from './oidc.ts';

/** A provider of our own on this machine. */
const key = testKey();
let server: Server;
let issuerUrl: string;
let caPem: string;
let asked: string[] = [];
let keys = publicKeySet(key);

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-oidc-'));
  const authority = await openAuthority(directory, systemClock);
  await rm(directory, { recursive: true });
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const { certPem, keyPem } = await authority.issue({
    commonName: 'x',
    organizations: [],
    usages: ['server'],
    validDays: 1,
    ...names,
  });
  caPem = authority.certPem;
  server = createServer({ cert: certPem, key: keyPem }, async ({ url = '' }, response) => {
    asked.push(url);
    if (url === '/realm/.well-known/openid-configuration')
      response.end(JSON.stringify({ issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` }));
    else if (url === '/other/.well-known/openid-configuration') response.end(JSON.stringify({ issuer: issuerUrl }));
    else if (url === '/realm/keys') response.end(JSON.stringify(await keys));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuerUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const provider = (more: Partial<OidcOptions> = {}) =>
  new OidcTokens({ issuerUrl, clientId: 'stowage', caPem, ...more }, systemClock);

const token = (more: Claims = {}, by = key) => {
  const now = Math.floor(systemClock.now() / 1000);
  return signToken(by, { iss: issuerUrl, aud: 'stowage', sub: 'ann', iat: now, exp: now + 60, ...more });
};

const userOf = async (options: Partial<OidcOptions>, claims: Claims) => {
  try {
    return (await provider(options).authenticate(await token(claims)))?.user;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a token of the provider', () => {
  test.each<[Partial<OidcOptions>, Claims, () => unknown]>([
    [{}, {}, () => ({ name: `${issuerUrl}#ann`, groups: [] })],
    [{ usernamePrefix: 'oidc:' }, {}, () => ({ name: 'oidc:ann', groups: [] })],
    [{ usernamePrefix: '-' }, {}, () => ({ name: 'ann', groups: [] })],
    [{ usernameClaim: 'email' }, { email: 'a@b.c' }, () => ({ name: 'a@b.c', groups: [] })],
    [
      { usernameClaim: 'email' },
      { email: 'a@b.c', email_verified: false },
      () => expect.stringContaining('not been verified'),
    ],
    [{ usernameClaim: 'nick' }, {}, () => 'the token has no claim nick'],
    [
      { usernamePrefix: '-', groupsClaim: 'roles', groupsPrefix: 'oidc:' },
      { roles: ['a', 'b'] },
      () => ({ name: 'ann', groups: ['oidc:a', 'oidc:b'] }),
    ],
    [{ usernamePrefix: '-', groupsClaim: 'roles' }, { roles: 'a' }, () => ({ name: 'ann', groups: ['a'] })],
    [{ groupsClaim: 'roles' }, { roles: [1] }, () => expect.stringContaining('must be a text or a list of texts')],
    [{ requiredClaims: { hd: 'example.com' } }, {}, () => 'the claim hd must be "example.com"'],
    [{ requiredClaims: { hd: 'example.com' } }, { hd: 'example.com' }, () => expect.objectContaining({ groups: [] })],
    [{}, { aud: 'another' }, () => expect.stringContaining('"aud"')],
    [{}, { aud: ['another', 'stowage'] }, () => expect.objectContaining({ groups: [] })],
    [{}, { exp: 1 }, () => expect.stringContaining('"exp"')],
    [{}, { iss: 'https://elsewhere' }, () => undefined],
  ])('%j with %j', async (options, claims, expected) => {
    expect(await userOf(options, claims)).toEqual(expected());
  });

  test('signed by another is refused, and the keys are asked for once', async () => {
    asked = [];
    const tokens = provider();
    for (let round = 0; round < 3; round++) expect(await tokens.authenticate(await token())).toBeDefined();
    await expect(tokens.authenticate(await token({}, { ...testKey(), id: key.id }))).rejects.toThrow('signature');
    await expect(tokens.authenticate(await token({}, testKey()))).rejects.toThrow('no applicable key');
    expect(asked).toEqual(['/realm/.well-known/openid-configuration', '/realm/keys']);
  });

  test('is good with the key the provider has turned to', async () => {
    const next = testKey();
    keys = publicKeySet(next);
    expect(await provider().authenticate(await token({}, next))).toBeDefined();
    keys = publicKeySet(key);
  });

  test('is refused while the provider cannot be trusted or found', async () => {
    await expect(provider({ caPem: undefined }).authenticate(await token())).rejects.toThrow(
      /cannot ask https:.*certificate/,
    );
    const elsewhere = issuerUrl.replace('realm', 'other');
    const other = provider({ issuerUrl: elsewhere });
    await expect(other.authenticate(await token({ iss: elsewhere }))).rejects.toThrow(/speaks for the issuer/);
    await expect(other.authenticate(await token({ iss: elsewhere }))).rejects.toThrow(/a moment ago/);
  });
});
