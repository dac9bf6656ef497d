import { type webcrypto, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../../api/certificates/certificate-signing-request.ts';
import { silentLogger } from '../../../platform/log.ts';
import { Registry } from '../../../platform/metrics.ts';
import { KEY_ALGORITHM } from '../../../platform/pki/keys.ts';
import { loadX509 } from '../../../platform/pki/x509-library.ts';
import { type Authority, openAuthority } from '../../../platform/pki.ts';
import { seededRng } from '../../../platform/rng.ts';
import { eventually } from '../../../test/eventually.ts';
import { type AdmittingCell, admittingCell, outcome } from '../../objects/admission/admission.fixture.ts';
import { World } from '../kit/world.suite.ts';
import { certificateRequestCleaner } from './cleaner.ts';
import { CertificateSigner } from './signer.ts';

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const ALICE = { user: 'alice', requester: { name: 'alice', groups: ['blue', 'system:authenticated'], uid: 'u1' } };

/** A request in PEM, in base64, for a key of its own. */
async function requestFor(
  subject: Record<string, string[]>[],
  names: { type: 'dns' | 'ip' | 'email'; value: string }[] = [],
  algorithm: typeof RSA | typeof KEY_ALGORITHM = KEY_ALGORITHM,
): Promise<string> {
  const x509 = await loadX509();
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  });
  return Buffer.from(made.toString('pem')).toString('base64');
}

const NODE: Record<string, string[]>[] = [{ CN: ['system:node:n1'] }, { O: ['system:nodes'] }];

describe('the signer', () => {
  let dir: string;
  let cell: AdmittingCell;
  let authority: Authority;
  let signer: CertificateSigner;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-signer-'));
    cell = await admittingCell();
    authority = await openAuthority(dir, cell.clock);
    const { cache, objects, clock } = cell;
    const events = { record: () => {}, flush: async () => {} } as never;
    const context = { cache, objects, events, clock, rng: seededRng(1), log: silentLogger, metrics: new Registry() };
    signer = new CertificateSigner(context, authority);
    await signer.start();
  });
  afterEach(async () => {
    await signer.stop();
    await cell.stop();
    await rm(dir, { recursive: true });
  });

  const ask = (request: string, signerName: string, usages: string[], expirationSeconds?: number) =>
    cell.objects.create(
      certificateSigningRequests,
      {
        metadata: { name: 'r' },
        spec: { request, signerName, usages, expirationSeconds, username: 'somebody-else' },
      } as CertificateSigningRequest,
      ALICE,
    );
  const condition = (type: string) => ({ type, status: 'True' as const, reason: 'Tested' });
  const decide = (type: string, part: 'approval' | 'status' = 'approval') =>
    cell.objects.update(
      certificateSigningRequests,
      undefined,
      'r',
      (request) => {
        request.status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition(type)] };
      },
      ALICE,
      { part },
    );
  const status = () => cell.cache.get(certificateSigningRequests, undefined, 'r')?.status;
  const answered = async () => {
    await eventually(
      'an answer',
      () => !!status()?.certificate || !!status()?.conditions?.some(({ type }) => type === 'Failed'),
    );
    const { certificate, conditions } = status()!;
    return certificate
      ? new X509Certificate(Buffer.from(certificate, 'base64'))
      : conditions?.find(({ type }) => type === 'Failed')?.message;
  };

  test('certifies users once they are approved, for as long as they ask', async () => {
    const request = await requestFor([{ CN: ['alice'] }, { O: ['blue'] }], [], RSA);
    const asked = await ask(request, 'kubernetes.io/kube-apiserver-client', ['client auth'], 7200);
    expect(asked.spec).toMatchObject({ username: 'alice', groups: ['blue', 'system:authenticated'], uid: 'u1' });
    expect(status()).toBeUndefined();
    await decide('Approved');
    const certificate = (await answered()) as X509Certificate;
    expect(certificate.subject.split('\n').sort()).toEqual(['CN=alice', 'O=blue']);
    expect(certificate.verify(new X509Certificate(authority.certPem).publicKey)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.validToDate.getTime() - cell.clock.now()).toBeLessThanOrEqual(7_200_000);
  });

  test('certifies nodes, as clients and as servers under the names they ask for', async () => {
    const names = [
      { type: 'dns' as const, value: 'n1' },
      { type: 'ip' as const, value: '10.0.0.1' },
    ];
    await ask(await requestFor(NODE, names), 'kubernetes.io/kubelet-serving', ['server auth', 'digital signature']);
    await decide('Approved');
    const certificate = (await answered()) as X509Certificate;
    expect([certificate.checkHost('n1'), certificate.checkIP('10.0.0.1')]).toEqual(['n1', '10.0.0.1']);
  });

  const CLIENT = 'kube-apiserver-client';
  const KUBELET = 'kube-apiserver-client-kubelet';
  const SERVING = 'kubelet-serving';
  test.each<[string, string, Record<string, string[]>[], { type: 'dns' | 'email'; value: string }[], string[], RegExp]>(
    [
      ['another usage', CLIENT, [{ CN: ['a'] }], [], ['server auth'], /usage "server auth" is not allowed/],
      ['no user', CLIENT, [{ O: ['a'] }], [], ['client auth'], /must have a common name/],
      [
        'a node of another group',
        KUBELET,
        [{ CN: ['system:node:a'] }, { O: ['x'] }],
        [],
        ['client auth'],
        /must be \["system:nodes"\]/,
      ],
      [
        'a node that is none',
        KUBELET,
        [{ CN: ['a'] }, { O: ['system:nodes'] }],
        [],
        ['client auth'],
        /must begin with system:node:/,
      ],
      [
        'a client with names',
        KUBELET,
        NODE,
        [{ type: 'dns', value: 'n1' }],
        ['client auth'],
        /alternative names are not allowed/,
      ],
      ['a server without names', SERVING, NODE, [], ['server auth'], /at least one DNS or IP/],
      [
        'a server with an address for mail',
        SERVING,
        NODE,
        [{ type: 'email', value: 'a@example.com' }],
        ['server auth'],
        /email and URI/,
      ],
    ],
  )('does not certify %s', async (_, name, subject, names, usages, message) => {
    await ask(await requestFor(subject, names), `kubernetes.io/${name}`, usages);
    await decide('Approved');
    expect(await answered()).toMatch(message);
  });

  test('leaves alone what is denied, and what others sign', async () => {
    await ask(await requestFor([{ CN: ['a'] }]), 'example.com/own', ['client auth']);
    await decide('Approved');
    expect(await outcome(decide('Denied'))).toContain('mutually exclusive');
    await cell.settled();
    expect(status()?.certificate).toBeUndefined();
  });

  test('nobody becomes an administrator, and who reports does not decide', async () => {
    const admin = await requestFor([{ CN: ['a'] }, { O: ['system:masters'] }]);
    expect(await outcome(ask(admin, 'kubernetes.io/kube-apiserver-client', ['client auth']))).toContain(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
    await ask(await requestFor([{ CN: ['a'] }]), 'kubernetes.io/kube-apiserver-client', ['client auth']);
    expect(await outcome(decide('Approved', 'status'))).toContain('updates may not add a condition of type "Approved"');
  });
});

test('requests go when they are done with, or after a day', async () => {
  const world = new World([certificateRequestCleaner]);
  const spec = { request: await requestFor([{ CN: ['a'] }]), signerName: 'a.b/c', usages: ['client auth' as const] };
  for (const name of ['pending', 'denied']) world.create(certificateSigningRequests, { metadata: { name }, spec });
  const denied = world.get(certificateSigningRequests, undefined, 'denied')!;
  world.setStatus(certificateSigningRequests, denied, { conditions: [{ type: 'Denied', status: 'True' }] });
  const left = () => world.list(certificateSigningRequests).map(({ metadata }) => metadata?.name);
  world.settle();
  expect(left()).toEqual(['pending', 'denied']);
  world.advance(3_600_000);
  world.settle();
  expect(left()).toEqual(['pending']);
  world.advance(23 * 3_600_000);
  world.settle();
  expect(left()).toEqual([]);
});
