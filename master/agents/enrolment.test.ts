import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unauthorized } from '../../api/meta/errors.ts';
import { systemClock } from '../../platform/clock.ts';
import { type Authority, createCertificateRequest, formatJoinToken, openAuthority } from '../../platform/pki.ts';
import { enrol } from './enrolment.ts';
import type { RequestContext } from './requested-certificate.ts';

let dir: string;
let authority: Authority;
let token: string;
let csrPem: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-enrol-'));
  authority = await openAuthority(dir, systemClock);
  token = formatJoinToken({ fingerprint: authority.fingerprint, secret: 'a-secret-of-some-length' });
  csrPem = (await createCertificateRequest({ commonName: 'system:masters' })).csrPem;
});
afterAll(() => rm(dir, { recursive: true }));

const { signal } = new AbortController();
const credential = { type: 'none' } as const;
const context = {} as RequestContext;
const identify = () => Promise.reject(unauthorized());
const ask = (body: unknown, authorization = `Bearer ${token}`) =>
  enrol({ authority, token, identify, context }, { authorization, credential, signal, body });

test('the token buys a certificate for the node named, with its names and no more', async () => {
  const { certPem, caPem } = await ask({ nodeName: 'node-1', csrPem, addresses: ['10.0.0.7', 'fd00::7'] });
  expect(caPem).toBe(authority.certPem);
  const certificate = new X509Certificate(certPem);
  expect(certificate.subject.split('\n').sort()).toEqual(['CN=system:node:node-1', 'O=system:nodes']);
  expect(certificate.checkHost('node-1')).toBe('node-1');
  for (const address of ['127.0.0.1', '10.0.0.7', 'fd00::7']) expect(certificate.checkIP(address)).toBe(address);
  expect(certificate.verify(new X509Certificate(authority.certPem).publicKey)).toBe(true);
});

test.each(['', 'Bearer', 'Bearer wrong', 'Basic abc'])('%j is no token', async (authorization) => {
  await expect(ask({ nodeName: 'a', csrPem }, authorization)).rejects.toMatchObject({ code: 401 });
});

test.each([
  ['an upper-case name', { nodeName: 'Node_1' }],
  ['a name of the master', { nodeName: 'agents.stowage' }],
  ['no name', {}],
  ['a host name as address', { nodeName: 'a', addresses: ['kubernetes'] }],
  ['no certificate request', { nodeName: 'a', csrPem: 'nonsense' }],
])('%s is refused', async (_what, body) => {
  await expect(ask({ csrPem, ...body })).rejects.toMatchObject({ code: 400 });
});
