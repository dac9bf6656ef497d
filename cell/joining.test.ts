import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requestCertificate } from '../agent/enrolment/request.ts';
import { Enrolment } from '../agent/enrolment.ts';
import { grpcTransport } from '../agent/grpc/transport.ts';
import { MasterRefused } from '../agent/transport.ts';
import { certificateSigningRequests } from '../api/certificates/certificate-signing-request.ts';
import { namespaces } from '../api/core/namespace.ts';
import { nodes } from '../api/core/node.ts';
import { secrets } from '../api/core/secret.ts';
import { resources } from '../api/registry.ts';
import { enrolmentRoute } from '../master/agents/enrolment-route.ts';
import { RevokedNodes, revocationOf } from '../master/agents/revoked-nodes.ts';
import { type AgentServer, createAgentServer } from '../master/agents/server.ts';
import { createApiServer } from '../master/apiserver/server.ts';
import { testAuth } from '../master/auth/auth.fixture.ts';
import { ensureDefaultRoles } from '../master/auth/defaults/ensure-defaults.ts';
import { CertificateSigner } from '../master/controllers/certificates/signer.ts';
import { createControllers } from '../master/controllers/create-controllers.ts';
import { parseControllerList } from '../master/controllers/selection.ts';
import { certificateRequests } from '../master/objects/admission/certificate-requests.ts';
import { createObjects, type ObjectsOptions } from '../master/objects/create-objects.ts';
import type { Objects } from '../master/objects/objects.ts';
import { memoryStore } from '../master/store/memory.ts';
import { WatchCache } from '../master/store/watch-cache.ts';
import { systemClock as clock } from '../platform/clock.ts';
import type { Service } from '../platform/lifecycle.ts';
import { silentLogger as log } from '../platform/log.ts';
import { Registry } from '../platform/metrics.ts';
import {
  ensureCertificate,
  formatJoinToken,
  type Identity,
  newBootstrapToken,
  newJoinSecret,
  openAuthority,
  parseJoinToken,
} from '../platform/pki.ts';
import { systemRng } from '../platform/rng.ts';
import { AGENT_BOOTSTRAPPERS, AGENTS_SERVER_NAME } from '../proto/enrolment.ts';

/** From a join token to a session, through the master's one real port. */

let dir: string;
let cache: WatchCache;
let agents: AgentServer;
let api: ReturnType<typeof createApiServer>;
let joinToken: string;
let objects: Objects;
let parts: Service[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-joining-'));
  const authority = await openAuthority(dir, clock);
  joinToken = formatJoinToken({ fingerprint: authority.fingerprint, secret: newJoinSecret() });
  const serving = await ensureCertificate(
    authority,
    dir,
    'master',
    {
      commonName: 'stowage-master',
      organizations: [],
      usages: ['server'],
      dnsNames: ['localhost', AGENTS_SERVER_NAME],
      ipAddresses: ['127.0.0.1'],
      validDays: 30,
    },
    clock,
  );
  const [metrics, rng, store] = [new Registry(), systemRng(), memoryStore({ clock })];
  cache = new WatchCache({ store, resources, clock, log, metrics });
  await cache.start();
  const remains: ObjectsOptions['remains'] = (resource, object) => revocationOf(resource, object, clock.now());
  objects = createObjects({ store, cache, clock, rng, admission: [certificateRequests], remains });
  const revoked = new RevokedNodes(store, cache, clock);
  await revoked.start();
  for (const name of ['kube-node-lease', 'kube-system'])
    await objects.create(namespaces, { metadata: { name } }, { user: 'test' });
  const context = { cache, objects, events: { record() {} }, clock, rng, log, metrics };
  const auth = testAuth(cache, clock, { isRevoked: (user, issuedMs) => revoked.isRevokedUser(user, issuedMs) });
  await ensureDefaultRoles(cache, objects);
  await auth.start();
  const chosen = parseControllerList('certificate-approver').list;
  parts = [createControllers({ ...context, nodeGraceMs: 1_000, chosen }), new CertificateSigner(context, authority)];
  for (const part of parts) await part.start();
  agents = createAgentServer({ ...context, cellId: 'cell', version: '1', heartbeatMs: 10_000, revoked });
  await agents.start();
  api = createApiServer({
    ...context,
    auth,
    store,
    streams: agents,
    tls: { ...serving, caPem: authority.certPem },
    port: 0,
    bindAddress: '127.0.0.1',
    accept: (socket) => agents.accept(socket),
    extraRoutes: [enrolmentRoute({ authority, token: joinToken, auth, context })],
  });
  await api.start();
});
afterEach(async () => {
  for (const part of parts) await part.stop();
  await agents.stop();
  await api.stop();
  await cache.stop();
  await rm(dir, { recursive: true });
});

const enrolment = (token: string, aheadMs = 0) => {
  const ahead = { ...clock, now: () => clock.now() + aheadMs };
  return new Enrolment({
    dataDir: dir,
    masterUrl: () => api.url,
    joinToken: token,
    nodeName: 'node-1',
    clock: ahead,
    log,
  });
};

test('a machine with the join token becomes a node', async () => {
  const enrolled = enrolment(joinToken);
  await enrolled.start();
  const transport = grpcTransport({ masterUrl: api.url, identity: () => enrolled.identity, clock });
  const hello = { nodeName: 'node-1', agentVersion: '1', nodeJson: '{}' };
  const session = await transport.connect(hello, { message() {}, lost() {} });
  expect(session.welcome.cellId).toBe('cell');
  expect(cache.get(nodes, undefined, 'node-1')?.metadata?.uid).toBeDefined();
  session.close();
  await enrolled.stop();
});

describe('with a bootstrap token', () => {
  const revoked = (id: string) => objects.delete(secrets, 'kube-system', `bootstrap-token-${id}`, { user: 'test' }, {});
  async function bootstrapToken(groups = AGENT_BOOTSTRAPPERS): Promise<{ id: string; token: string }> {
    const { id, secret } = newBootstrapToken();
    const data = {
      'token-id': id,
      'token-secret': secret,
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': groups,
    };
    const object = {
      metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
      stringData: data,
    };
    await objects.create(secrets, object, { user: 'test' });
    const { fingerprint } = parseJoinToken(joinToken);
    return { id, token: formatJoinToken({ fingerprint, secret: `${id}.${secret}` }) };
  }
  const subjectOf = ({ identity }: Enrolment) => new X509Certificate(identity.certPem).subject.split('\n').sort();
  const requests = () => cache.list(certificateSigningRequests);
  const isReady = (name: string) =>
    objects.create(
      nodes,
      { metadata: { name }, status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      { user: 'test' },
    );

  test('a machine asks for the certificate of its node, which is approved and signed', async () => {
    const joining = enrolment((await bootstrapToken()).token);
    await joining.start();
    expect(subjectOf(joining)).toEqual(['CN=system:node:node-1', 'O=system:nodes']);
    const certificate = new X509Certificate(joining.identity.certPem);
    expect([certificate.checkHost('node-1'), certificate.checkIP('127.0.0.1')]).toEqual(['node-1', '127.0.0.1']);
    expect(requests().map(({ status }) => status?.conditions?.map(({ type, reason }) => [type, reason]))).toEqual([
      [['Approved', 'Joining']],
    ]);
    const transport = grpcTransport({ masterUrl: api.url, identity: () => joining.identity, clock });
    const session = await transport.connect(
      { nodeName: 'node-1', agentVersion: '1', nodeJson: '{}' },
      { message() {}, lost() {} },
    );
    session.close();
    await joining.stop();
  });

  test('it renews that certificate by itself, long after the token was revoked', async () => {
    const { id, token } = await bootstrapToken();
    const joining = enrolment(token);
    await joining.start();
    await joining.stop();
    await revoked(id);
    await isReady('node-1');
    const later = enrolment(token, 300 * 86_400_000);
    await later.start();
    expect(later.identity.certPem).not.toBe(joining.identity.certPem);
    expect(requests().map(({ status }) => status?.conditions?.[0]?.reason)).toEqual(
      expect.arrayContaining(['Joining', 'OwnName']),
    );
    await later.stop();
  });

  test('nobody passes for a node that is at work', async () => {
    await isReady('node-1');
    const joining = enrolment((await bootstrapToken()).token);
    await expect(joining.start()).rejects.toThrow(MasterRefused);
    await expect(enrolment((await bootstrapToken()).token).start()).rejects.toThrow(/node-1 is at work already/);
  });

  test('a machine whose node was deleted needs a token to come back, and cannot pass for the one that took its place', async () => {
    const connect = async (identity: Identity) => {
      const transport = grpcTransport({ masterUrl: api.url, identity: () => identity, clock });
      const hello = { nodeName: 'node-1', agentVersion: '1', nodeJson: '{}' };
      const session = await transport.connect(hello, { message() {}, lost() {} });
      session.close();
      return cache.get(nodes, undefined, 'node-1')?.metadata?.uid;
    };
    const { id, token } = await bootstrapToken();
    const before = enrolment(token);
    await before.start();
    const first = await connect(before.identity);
    await revoked(id);
    await objects.delete(nodes, undefined, 'node-1', { user: 'test' }, {});
    const stolen = before.identity;
    const refusal = await connect(stolen).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MasterRefused);
    expect(refusal).toMatchObject({ certificate: true, message: expect.stringContaining('node node-1 was deleted') });
    // Nor does it get another one, by itself or by a token that was revoked.
    const body = { nodeName: 'node-1', csrPem: 'any' };
    const asked = {
      masterUrl: api.url,
      proof: { identity: stolen },
      caPem: stolen.caPem,
      signal: AbortSignal.timeout(9_000),
    };
    await expect(requestCertificate(asked, body)).rejects.toThrow(/HTTP 401/);
    await expect(before.rejoin()).rejects.toThrow(/HTTP 401/);
    await before.stop();
    // Certificates tell the second in which they were made.
    const again = enrolment((await bootstrapToken()).token, 1_000);
    await again.start();
    const rejoined = async () => {
      await again.rejoin();
      return connect(again.identity).catch(() => undefined);
    };
    await expect.poll(rejoined, { timeout: 8_000, interval: 300 }).toBeDefined();
    const second = cache.get(nodes, undefined, 'node-1')?.metadata?.uid;
    expect(second).not.toBe(first);
    await expect(connect(stolen)).rejects.toThrow(MasterRefused);
    await again.stop();
  });

  test('one that was revoked, or is for something else, lets nobody in', async () => {
    const { id, token } = await bootstrapToken();
    await revoked(id);
    await expect(enrolment(token).start()).rejects.toThrow(/HTTP 401/);
    await expect(enrolment((await bootstrapToken('')).token).start()).rejects.toThrow(/HTTP 403/);
    expect(requests()).toEqual([]);
  });
});

test('a machine with another secret does not', async () => {
  const wrong = enrolment(joinToken.replace(/\.[^.]+$/, '.0123456789abcdef0123'));
  await expect(wrong.start()).rejects.toThrow(MasterRefused);
  await expect(wrong.start()).rejects.toThrow(/HTTP 401/);
});
