import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { systemRng } from '../../../platform/rng.ts';
import { eventually } from '../../../test/eventually.ts';
import { startTestServer, type TestServer, WatchReader } from '../server.fixture.ts';
import { Audit, type AuditSettings } from './audit.ts';
import { LogFile } from './log-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-audit-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } });
const MAPS = '/api/v1/namespaces/default/configmaps';

describe('requests', () => {
  let server: TestServer;
  let audit: Audit;
  const begin = async (policy?: object) => {
    const settings: AuditSettings = {
      file: join(dir, 'audit.log'),
      ...(policy && { policyFile: join(dir, 'policy') }),
    };
    if (policy)
      writeFileSync(join(dir, 'policy'), JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...policy }));
    const parts = { clock: systemClock, rng: systemRng(), log: silentLogger, metrics: new Registry() };
    audit = new Audit({ ...settings, ...parts });
    await audit.start();
    server = await startTestServer({ audit });
  };
  afterEach(async () => {
    await server.stop();
    await audit.stop();
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape.
  const events = (): any[] =>
    readFileSync(join(dir, 'audit.log'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const untilWritten = async (count: number) => {
    await eventually(`${count} events`, () => events().length >= count);
    return events();
  };

  test('are written down with who asked, for what, and what came of it', async () => {
    await begin();
    const made = await server.send(`POST ${MAPS}`, {
      body: map('one'),
      headers: { 'user-agent': 'tester/1', 'audit-id': 'my-id' },
    });
    await server.send(`GET ${MAPS}/two`);
    await server.send('GET /version', { as: null });
    const nobody = await server.send(`DELETE ${MAPS}/one`, { as: null });
    expect(made.headers['audit-id']).toBe('my-id');
    const [first, second, third, fourth] = await untilWritten(4);
    expect(first).toMatchObject({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: 'my-id',
      stage: 'ResponseComplete',
      requestURI: MAPS,
      verb: 'create',
      user: { username: 'admin', groups: expect.arrayContaining(['system:masters']) },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'tester/1',
      objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
      responseStatus: { code: 201 },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
    expect(first.requestReceivedTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(first).not.toHaveProperty('requestObject');
    expect(second).toMatchObject({
      verb: 'get',
      objectRef: { name: 'two' },
      responseStatus: { code: 404, status: 'Failure', reason: 'NotFound' },
    });
    expect(third).toMatchObject({
      verb: 'get',
      requestURI: '/version',
      user: { username: 'system:anonymous' },
      responseStatus: { code: 200 },
    });
    expect(third).not.toHaveProperty('objectRef');
    expect(fourth).toMatchObject({
      responseStatus: { code: 403 },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    });
    expect(nobody.headers['audit-id']).toBe(fourth.auditID);
    expect(statSync(join(dir, 'audit.log')).mode & 0o077).toBe(0);
  });

  test('are written with bodies and all stages where the policy says so, but not what is secret', async () => {
    await begin({ omitManagedFields: true, rules: [{ level: 'None', verbs: ['get'] }, { level: 'RequestResponse' }] });
    await server.send(`POST ${MAPS}`, { body: map('one') });
    await server.send(`PATCH ${MAPS}/one`, {
      body: 'data:\n  b: "2"\n',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    await server.send(`PATCH ${MAPS}/one?fieldManager=me`, {
      body: [{ op: 'add', path: '/data/c', value: '3' }],
      headers: {
        'content-type': 'application/json-patch+json',
        'impersonate-user': 'admin2',
        'impersonate-group': 'system:masters',
      },
    });
    await server.send(`GET ${MAPS}/one`);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { word: 'hush-hush' } };
    await server.send('POST /api/v1/namespaces/default/secrets', { body: secret });
    const all = await untilWritten(8);
    expect(all.map(({ stage, verb }) => `${stage} ${verb}`)).toEqual([
      'RequestReceived create',
      'ResponseComplete create',
      ...['RequestReceived patch', 'ResponseComplete patch', 'RequestReceived patch', 'ResponseComplete patch'],
      ...['RequestReceived create', 'ResponseComplete create'],
    ]);
    expect(all[0]).not.toHaveProperty('requestObject');
    expect(all[1].requestObject).toMatchObject({ data: { a: '1' } });
    expect(all[1].responseObject).toMatchObject({ kind: 'ConfigMap', metadata: { uid: expect.any(String) } });
    expect(all[1].responseObject.metadata).not.toHaveProperty('managedFields');
    expect(all[3].requestObject).toMatchObject({ data: { b: '2' } });
    expect(all[5]).toMatchObject({
      user: { username: 'admin' },
      impersonatedUser: { username: 'admin2' },
      requestObject: [{ op: 'add' }],
    });
    expect(all[7]).toMatchObject({ level: 'Metadata', objectRef: { resource: 'secrets' } });
    expect(readFileSync(join(dir, 'audit.log'), 'utf8')).not.toContain('hush');
  });

  test('that are judged by pod security carry what it found', async () => {
    await begin();
    const labels = {
      'pod-security.kubernetes.io/enforce': 'baseline',
      'pod-security.kubernetes.io/audit': 'restricted',
    };
    await server.send('PATCH /api/v1/namespaces/default', {
      body: { metadata: { labels } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    const pod = (name: string, spec: object) =>
      server.send('POST /api/v1/namespaces/default/pods', {
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name },
          spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
        },
      });
    expect((await pod('plain', {})).code).toBe(201);
    expect((await pod('host', { hostNetwork: true })).code).toBe(403);
    const [, plain, host] = await untilWritten(3);
    const enforced = { 'pod-security.kubernetes.io/enforce-policy': 'baseline:latest' };
    expect(plain.annotations).toMatchObject({
      ...enforced,
      'pod-security.kubernetes.io/audit-violations': expect.stringMatching(
        /restricted:latest.*allowPrivilegeEscalation/,
      ),
    });
    expect(host.annotations).toMatchObject(enforced);
  });

  test('whose answer is very long are written without it, and say so', async () => {
    await begin({ omitStages: ['RequestReceived'], rules: [{ level: 'RequestResponse' }] });
    const data = { text: 'x'.repeat(450_000) };
    for (const name of ['a', 'b', 'c', 'd']) await server.send(`POST ${MAPS}`, { body: { ...map(name), data } });
    await server.send(`GET ${MAPS}/a`);
    await server.send(`GET ${MAPS}`);
    const [one, all] = (await untilWritten(6)).slice(4);
    expect(one.responseObject.data).toEqual(data);
    expect(one.annotations).not.toHaveProperty('audit.k8s.io/truncated');
    expect(all).not.toHaveProperty('responseObject');
    expect(all.annotations).toMatchObject({ 'audit.k8s.io/truncated': 'true' });
  });

  test('that go on for long are written when they start and when they end', async () => {
    await begin();
    const watch = new WatchReader(await server.open(`${MAPS}?watch=true&resourceVersion=0`));
    expect(await untilWritten(1)).toMatchObject([
      { stage: 'ResponseStarted', verb: 'watch', requestURI: `${MAPS}?watch=true&resourceVersion=0` },
    ]);
    watch.close();
    expect((await untilWritten(2))[1]).toMatchObject({
      stage: 'ResponseComplete',
      verb: 'watch',
      responseStatus: { code: 200 },
    });
  });
});

describe('the file', () => {
  const options = (more: Partial<ConstructorParameters<typeof LogFile>[0]> = {}) => {
    const dropped: number[] = [];
    const clock = new ManualClock();
    const onDropped = (count: number) => void dropped.push(count);
    const all = { file: join(dir, 'a.log'), maxSizeBytes: 0, maxBackups: 0, clock, log: silentLogger, onDropped };
    return { file: new LogFile({ ...all, ...more }), dropped, clock };
  };

  test('is put aside when it has grown, and only the newest are kept', async () => {
    const { file, clock } = options({ maxSizeBytes: 40, maxBackups: 2 });
    await file.open();
    for (let i = 0; i < 10; i += 1) {
      file.write(`line ${i} ${'x'.repeat(20)}`);
      await file.close();
      await file.open();
      await clock.advance(1_000);
    }
    await file.close();
    const names = readdirSync(dir).sort();
    expect(names).toHaveLength(3);
    expect(names[2]).toBe('a.log');
    expect(names[0]).toMatch(/^a-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.log$/);
    expect(names.map((name) => readFileSync(join(dir, name), 'utf8').slice(0, 6))).toEqual([
      'line 7',
      'line 8',
      'line 9',
    ]);
  });

  test('takes what comes until too much waits, drops the rest and counts it', async () => {
    const { file, dropped } = options({ maxWaitingBytes: 100 });
    await file.open();
    for (let i = 0; i < 15; i += 1) file.write('123456789');
    await file.close();
    expect(readFileSync(join(dir, 'a.log'), 'utf8')).toBe('123456789\n'.repeat(10));
    expect(dropped.reduce((a, b) => a + b, 0)).toBe(5);
    await file.open();
    file.write('again');
    await file.close();
    expect(readFileSync(join(dir, 'a.log'), 'utf8')).toMatch(/again\n$/);
  });

  test('that cannot be written is told in one sentence', async () => {
    const { file } = options({ file: join(dir, 'nowhere', 'a.log') });
    await expect(file.open()).rejects.toThrow(/cannot write the audit log .*nowhere\/a.log: there is no such file/);
  });
});
