import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { openAuthority, parseJoinToken } from '../platform/pki.ts';
import { FakeServer } from './fake-server.fixture.ts';
import type { Session } from './session.ts';
import { createToken, deleteTokens, listTokens } from './token.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const NOW_MS = Date.parse('2026-01-02T00:00:00Z');
const clock = { ...systemClock, now: () => NOW_MS };

let server: FakeServer;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-token-'));
  server = new FakeServer();
  await server.start();
});
afterEach(async () => {
  server.stop();
  await rm(dir, { recursive: true });
});

/** A session that trusts this authority. */
function trusting(ca: string | undefined): Session {
  const session = server.session(clock);
  Object.defineProperty(session.client, 'access', { value: { ...session.client.access, ca } });
  return session;
}

const encoded = (data: Record<string, string>) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

describe('token create', () => {
  test('prints the line to join with, and keeps the token as a Secret that runs out', async () => {
    const authority = await openAuthority(dir, systemClock);
    server.answers.set(`POST ${SECRETS}`, { code: 201, body: {} });
    await createToken(trusting(authority.certPem), { ttl: '30m', master: 'https://m:6443', description: 'rack 4' });
    const [, token = ''] = /^npx stowctl agent --master https:\/\/m:6443 --token (\S+)\n$/.exec(server.out) ?? [];
    const { fingerprint, secret } = parseJoinToken(token);
    expect(fingerprint).toBe(authority.fingerprint);
    const [id = '', value] = secret.split('.');
    expect(server.seen.at(-1)?.body).toMatchObject({
      type: 'bootstrap.kubernetes.io/token',
      metadata: { name: `bootstrap-token-${id}` },
      stringData: {
        'token-id': id,
        'token-secret': value,
        expiration: '2026-01-02T00:30:00Z',
        description: 'rack 4',
        'auth-extra-groups': 'system:bootstrappers:stowage:agents',
      },
    });
  });

  test('makes none that pins nothing', async () => {
    await expect(createToken(trusting(undefined), {})).rejects.toThrow(/names no certificate-authority/);
    expect(server.seen).toEqual([]);
  });

  test('refuses a time to live that is none', async () => {
    await expect(createToken(trusting('x'), { ttl: 'soon' })).rejects.toThrow(/--ttl takes a duration/);
  });
});

test('token list shows ids and times, and no secret', async () => {
  const kept = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', expiration: '2026-01-02T01:00:00Z' };
  const spent = { 'token-id': 'fedcba', expiration: '2026-01-01T23:00:00Z', description: 'rack 4' };
  server.answers.set(`GET ${SECRETS}`, { body: { items: [{ data: encoded(kept) }, { data: encoded(spent) }] } });
  await listTokens(trusting(undefined));
  expect(server.out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['ID', 'LEFT', 'EXPIRES', 'DESCRIPTION'],
    ['abcdef', '60m', '2026-01-02T01:00:00Z', '<none>'],
    ['fedcba', '<expired>', '2026-01-01T23:00:00Z', 'rack 4'],
    [''],
  ]);
});

test('token delete takes an id or a whole token, and nothing else', async () => {
  server.answers.set(`DELETE ${SECRETS}/bootstrap-token-abcdef`, { body: {} });
  await deleteTokens(trusting(undefined), ['abcdef', `stw1.${'ab'.repeat(32)}.abcdef.0123456789abcdef`]);
  expect(server.out).toBe('token abcdef deleted\ntoken abcdef deleted\n');
  await expect(deleteTokens(trusting(undefined), ['ABC'])).rejects.toThrow(/six letters and digits, not "ABC"/);
});
