import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Clock } from '../clock.ts';
import {
  type CertificateRequest,
  createCertificateRequest,
  ensureCertificate,
  formatJoinToken,
  kubeconfig,
  newJoinSecret,
  openAuthority,
  parseJoinToken,
  readIdentity,
  renewalDue,
  writeIdentity,
} from '../pki.ts';

const DAY_MS = 86_400_000;
let dir: string;
let nowMs: number;
const clock: Clock = {
  now: () => nowMs,
  monotonicMs: () => nowMs,
  setTimer: () => {
    throw new Error('certificates set no timers');
  },
};
const request: CertificateRequest = {
  commonName: 'stowage-master',
  organizations: ['stowage:masters'],
  usages: ['server', 'client'],
  dnsNames: ['agents.stowage', 'localhost'],
  ipAddresses: ['127.0.0.1', '::1'],
  validDays: 90,
};

beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 1);
  dir = await mkdtemp(join(tmpdir(), 'stowage-pki-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('the authority', () => {
  test('is made once, with a key only its owner reads, and is the same when opened again', async () => {
    const first = await openAuthority(dir, clock);
    const again = await openAuthority(dir, clock);
    expect(again.certPem).toBe(first.certPem);
    expect((await stat(join(dir, 'ca.key'))).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(first.certPem);
    expect(certificate.ca).toBe(true);
    expect(certificate.validToDate.getTime()).toBe(nowMs + 3650 * DAY_MS);
    expect(first.fingerprint).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  });

  test('refuses a certificate without its key, and a key of another certificate', async () => {
    await openAuthority(dir, clock);
    await unlink(join(dir, 'ca.key'));
    await expect(openAuthority(dir, clock)).rejects.toThrow(/ca\.crt is there but its key .*ca\.key is not/);
    await openAuthority(join(dir, 'other'), clock);
    await writeFile(join(dir, 'ca.key'), await readFile(join(dir, 'other', 'ca.key')));
    await expect(openAuthority(dir, clock)).rejects.toThrow(/is not the key of/);
  });

  test('makes the certificate for a key that a crash left alone', async () => {
    await openAuthority(dir, clock);
    const key = await readFile(join(dir, 'ca.key'), 'utf8');
    await unlink(join(dir, 'ca.crt'));
    await openAuthority(dir, clock);
    expect(await readFile(join(dir, 'ca.key'), 'utf8')).toBe(key);
  });

  test('says so when it has expired', async () => {
    await openAuthority(dir, clock);
    nowMs += 3651 * DAY_MS;
    await expect(openAuthority(dir, clock)).rejects.toThrow(/expired on/);
  });

  test('leaves the process without the metadata functions it lent to the library', async () => {
    await openAuthority(dir, clock);
    expect('getMetadata' in Reflect).toBe(false);
  });
});

describe('leaf certificates', () => {
  test('carry subject, names and usages, and the authority behind them', async () => {
    const authority = await openAuthority(dir, clock);
    const pair = await authority.issue(request);
    const leaf = new X509Certificate(pair.certPem);
    expect(leaf.subject.split('\n').sort()).toEqual(['CN=stowage-master', 'O=stowage:masters']);
    expect(leaf.checkHost('agents.stowage')).toBe('agents.stowage');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(new X509Certificate(authority.certPem))).toBe(true);
    expect(pair.certPem.endsWith(authority.certPem)).toBe(true);
  });

  test('a request is signed with the subject the authority chose, not the one it names', async () => {
    const authority = await openAuthority(dir, clock);
    const { csrPem } = await createCertificateRequest({ commonName: 'system:masters' });
    const signed = new X509Certificate(
      await authority.sign(csrPem, { ...request, commonName: 'system:node:a', organizations: ['system:nodes'] }),
    );
    expect(signed.subject).toContain('CN=system:node:a');
    expect(signed.subject).not.toContain('masters');
    await expect(authority.sign('nonsense', request)).rejects.toThrow(/not PKCS#10/);
  });

  test('are kept, and replaced only when near expiry, lacking a name, or of another authority', async () => {
    const authority = await openAuthority(dir, clock);
    const first = await ensureCertificate(authority, dir, 'master', request, clock);
    expect((await stat(join(dir, 'master.key'))).mode & 0o777).toBe(0o600);
    expect(await ensureCertificate(authority, dir, 'master', request, clock)).toEqual(first);
    const named = { ...request, dnsNames: ['agents.stowage', 'localhost', 'cell.example'] };
    const second = await ensureCertificate(authority, dir, 'master', named, clock);
    expect(second.certPem).not.toBe(first.certPem);
    // Fewer names than the certificate has are served by it.
    expect(await ensureCertificate(authority, dir, 'master', request, clock)).toEqual(second);
    nowMs += 61 * DAY_MS;
    const third = await ensureCertificate(authority, dir, 'master', request, clock);
    expect(third.certPem).not.toBe(second.certPem);
    const other = await openAuthority(join(dir, 'other'), clock);
    expect((await ensureCertificate(other, dir, 'master', request, clock)).certPem).not.toBe(third.certPem);
  });
});

describe('join tokens', () => {
  test('go through text and back', () => {
    const token = { fingerprint: 'ab'.repeat(32), secret: newJoinSecret() };
    expect(parseJoinToken(` ${formatJoinToken(token)}\n`)).toEqual(token);
  });

  test.each(['', 'stw1', 'stw2.x.y', `stw1.${'AB'.repeat(32)}.0123456789abcdef`, `stw1.${'ab'.repeat(32)}.short`])(
    'refuse %j without repeating it',
    (text) => {
      expect(() => parseJoinToken(text)).toThrow(/not of the form stw1/);
    },
  );
});

test('an identity is read back only while it is whole, valid and of the pinned authority', async () => {
  const authority = await openAuthority(dir, clock);
  const pair = await authority.issue({ ...request, validDays: 30 });
  const home = join(dir, 'agent');
  expect(await readIdentity(home, authority.fingerprint, nowMs)).toBeUndefined();
  await writeIdentity(home, { ...pair, caPem: authority.certPem });
  const identity = await readIdentity(home, authority.fingerprint, nowMs);
  expect(identity).toEqual({ ...pair, caPem: authority.certPem });
  expect(renewalDue(identity!, nowMs + 19 * DAY_MS)).toBe(false);
  expect(renewalDue(identity!, nowMs + 21 * DAY_MS)).toBe(true);
  expect(await readIdentity(home, 'f'.repeat(64), nowMs)).toBeUndefined();
  expect(await readIdentity(home, authority.fingerprint, nowMs + 31 * DAY_MS)).toBeUndefined();
});

test('a kubeconfig names server, authority and user', () => {
  const text = kubeconfig({ server: 'https://127.0.0.1:6443', caPem: 'CA', certPem: 'C', keyPem: 'K', cluster: 'a"b' });
  const parsed = parse(text);
  expect(parsed.clusters[0]).toEqual({
    name: 'a"b',
    cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': Buffer.from('CA').toString('base64') },
  });
  expect(parsed['current-context']).toBe(parsed.contexts[0].name);
  expect(parsed.users[0].name).toBe(parsed.contexts[0].context.user);
});
