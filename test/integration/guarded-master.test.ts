import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ConfigMap } from '../../api/core/config-map.ts';
import { patching, startWebhookServer } from '../../master/objects/webhooks/webhook-server.fixture.ts';
import { freePort } from '../cell.ts';
import { eventually } from '../eventually.ts';
import { HollowMaster } from '../hollow-master.ts';
import { Program } from '../program.ts';
import { RawApi } from '../raw-api.ts';

const ALONE = ['--controllers', 'none', '--no-scheduler', '--no-agents'];
const NS = '/api/v1/namespaces/default';
const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const privileged = (name: string) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name } },
  spec: { hostNetwork: true, containers: [{ name: 'main', image: 'none' }] },
});

describe('a master with an audit log, a key and rules taken away', () => {
  let master: HollowMaster;
  const file = (name: string) => join(master.directory, name);
  const dataDir = () => file('master');
  const api = () => RawApi.of(join(dataDir(), 'kubeconfig'));
  beforeEach(async () => {
    master = await HollowMaster.create();
    await writeFile(file('keys'), key(1), { mode: 0o600 });
  });
  afterEach(() => master.destroy());

  test('keeps secrets from those who read its files, and writes down who asked for them', async () => {
    const flags = [...ALONE, '--encryption-key', file('keys'), '--audit-log', file('audit.log')];
    await master.startMaster(flags);
    const first = await api();
    const body = { metadata: { name: 'word' }, stringData: { word: 'correct-horse-battery' } };
    expect((await first.post(`${NS}/secrets`, body)).code).toBe(201);
    first.close();
    await master.stopMaster();
    const names = (await readdir(dataDir())).filter((name) => name.startsWith('store.db'));
    const stored = (await Promise.all(names.map((name) => readFile(join(dataDir(), name), 'latin1')))).join('');
    expect(stored).toContain('stowage:enc:aesgcm:v1:key1:');
    expect(stored).not.toContain(Buffer.from('correct-horse-battery').toString('base64'));
    const keyless = Program.stowctl('master', '--data-dir', dataDir(), '--port', String(await freePort()), ...ALONE);
    expect(await keyless.exit()).toBe(1);
    expect(keyless.stderr).toMatch(
      /^stowctl: the store holds what this master cannot read: .*secrets\/default\/word is/,
    );
    await master.startMaster(flags);
    const second = await api();
    const { data } = (await second.get(`${NS}/secrets/word`)).json<{ data: Record<string, string> }>();
    expect(Buffer.from(data.word!, 'base64').toString()).toBe('correct-horse-battery');
    second.close();
    const log = await eventually('the reading to be written down', async () => {
      const text = await readFile(file('audit.log'), 'utf8');
      return text.includes('secrets/word') && text;
    });
    const lines = log.trim().split('\n');
    const about = lines.map((line) => JSON.parse(line)).filter(({ objectRef }) => objectRef?.resource === 'secrets');
    expect(about).toMatchObject([
      { verb: 'create', level: 'Metadata', annotations: { 'authorization.k8s.io/decision': 'allow' } },
      { verb: 'get', level: 'Metadata', objectRef: { name: 'word' }, responseStatus: { code: 200 } },
    ]);
  });

  test('asks webhooks about what is kept and what is not; what they say reaches the client and the audit log', async () => {
    await master.startMaster([...ALONE, '--audit-log', file('audit.log')]);
    const [asked, hooks] = [await api(), await startWebhookServer()];
    const hook = (name: string, operations: string[], resources: string[]) => ({
      ...{ name: `${name}.example.com`, sideEffects: 'None', admissionReviewVersions: ['v1'] },
      rules: [{ operations, resources, apiGroups: ['', 'example.com'], apiVersions: ['v1'] }],
      clientConfig: { url: `${hooks.url}/${name}`, caBundle: hooks.caBundle },
    });
    const register = (kind: string, ...webhooks: object[]) =>
      asked.post(`/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`, {
        metadata: { name: 'all' },
        webhooks,
      });
    const refusing = { allowed: false, status: { code: 403, message: 'not today' } };
    hooks.answers.set('/label', () => patching({ op: 'add', path: '/metadata/labels', value: { by: 'hook' } }));
    hooks.answers.set('/look', () => ({ allowed: true, warnings: ['look out'], auditAnnotations: { seen: 'yes' } }));
    hooks.answers.set('/no', () => refusing);
    const subresources = ['pods/exec', 'pods/eviction', 'serviceaccounts/token', 'pods/binding'];
    await register('MutatingWebhookConfiguration', hook('label', ['CREATE'], ['configmaps', 'boxes']));
    await register(
      'ValidatingWebhookConfiguration',
      hook('look', ['CREATE'], ['configmaps']),
      hook('no', ['CREATE', 'CONNECT'], subresources),
    );
    const made = await eventually('a webhook to be asked', async () => {
      const answer = await asked.post(`${NS}/configmaps`, { metadata: { generateName: 'm-' } });
      return answer.json<ConfigMap>().metadata?.labels?.by === 'hook' && answer;
    });
    expect(made.headers.warning).toBe('299 - "look out"');
    const line = await eventually('the request to be written down', async () =>
      (await readFile(file('audit.log'), 'utf8')).split('\n').find((each) => each.includes('look.example.com/seen')),
    );
    expect(JSON.parse(line).annotations).toMatchObject({
      'look.example.com/seen': 'yes',
      'mutation.webhook.admission.k8s.io/round_0_index_0': expect.stringContaining('"mutated":true'),
    });
    await asked.post(`${NS}/serviceaccounts`, { metadata: { name: 'default' } });
    const metadata = { name: 'p' };
    await asked.post(`${NS}/pods`, { metadata, spec: { containers: [{ name: 'c', image: 'none' }] } });
    const refused = [
      await asked.get(`${NS}/pods/p/exec?command=ls&stdout=true`),
      await asked.post(`${NS}/pods/p/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata }),
      await asked.post(`${NS}/pods/p/binding`, { metadata, target: { kind: 'Node', name: 'n' } }),
      await asked.post(`${NS}/serviceaccounts/default/token`, { spec: {} }),
    ];
    for (const answer of refused)
      expect(answer.status()).toMatchObject({
        code: 403,
        message: 'admission webhook "no.example.com" denied the request: not today',
      });
    const shown = hooks.seen.filter(({ path }) => path === '/no').map(({ request }) => request);
    expect(shown.map(({ operation, object }) => `${operation} ${object.kind}`)).toEqual([
      ...['CONNECT PodExecOptions', 'CREATE Eviction', 'CREATE Binding', 'CREATE TokenRequest'],
    ]);
    expect(shown[0]?.object).toMatchObject({ command: ['ls'], stdout: true });
    await hooks.stop();
    const failed = await asked.post(`${NS}/configmaps`, { metadata: { name: 'unasked' } });
    expect(failed.status()).toMatchObject({
      code: 500,
      message: expect.stringMatching(/failed calling webhook "label.example.com": failed to call webhook: Post /),
    });
    asked.close();
  });

  test('lets in what a rule would refuse that was taken away', async () => {
    const codes: number[] = [];
    for (const more of [[], ['--disable-admission', 'PodSecurity']]) {
      await master.startMaster([...ALONE, ...more]);
      const asked = await api();
      const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
      await asked.patch('/api/v1/namespaces/default', 'application/merge-patch+json', { metadata: { labels } });
      await asked.post(`${NS}/serviceaccounts`, { metadata: { name: 'default' } });
      codes.push((await asked.post(`${NS}/pods`, privileged('host'))).code);
      asked.close();
      await master.stopMaster();
    }
    expect(codes).toEqual([403, 201]);
  });
});

describe('what cannot be used is refused in one sentence', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stowage-test-flags-'));
    const files: [name: string, text: string, mode: number][] = [
      ['short', 'YWJj', 0o600],
      ['open', key(1), 0o644],
      ['policy', 'kind: Pod', 0o600],
      ['tokens', 'only-a-token', 0o600],
    ];
    for (const [name, text, mode] of files) await writeFile(join(directory, name), text, { mode });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test.concurrent.each<[string[], RegExp]>([
    [['--encryption-key', 'DIR/none'], /cannot read the encryption key file DIR\/none: there is no such file/],
    [['--encryption-key', 'DIR'], /cannot read the encryption key file DIR: it is a directory/],
    [['--encryption-key', 'DIR/short'], /DIR\/short holds 3 bytes in base64, but a key has 32/],
    [['--encryption-key', 'DIR/open'], /DIR\/open is open to every user .* `chmod 600 DIR\/open`/],
    [['--audit-log', 'DIR/no/a.log'], /cannot write the audit log DIR\/no\/a.log: there is no such file/],
    [['--audit-log', 'DIR/a', '--audit-policy', 'DIR/policy'], /the audit policy DIR\/policy must have `apiVersion/],
    [['--audit-policy', 'DIR/policy'], /--audit-policy says what is written to --audit-log: give that too/],
    [['--token-auth-file', 'DIR/none'], /cannot read the token file DIR\/none: there is no such file/],
    [['--token-auth-file', 'DIR/tokens'], /DIR\/tokens, line 1: expected token,user,uid/],
    [['--authorization-mode', 'Trust'], /--authorization-mode is "Trust", but it must be RBAC or AlwaysAllow/],
    [
      ['--controllers', '*,-nobody'],
      /--controllers names nobody, which this master does not have: it has band-quota, /,
    ],
    [['--disable-admission', 'Nobody'], /--disable-admission .* which is not one of NamespaceLifecycle, LimitRanger, /],
  ])('%j', async (flags, sentence) => {
    const given = flags.map((word) => word.replace('DIR', directory));
    const dataDir = await mkdtemp(join(directory, 'cell-'));
    const port = String(await freePort());
    const place = ['--data-dir', dataDir, '--port', port, '--bind-address', '127.0.0.1', '--log-level', 'silent'];
    const program = Program.stowctl('master', ...place, '--no-agents', ...given);
    expect(await program.exit()).toBeGreaterThan(0);
    expect(program.stderr).toMatch(/^stowctl: [^\n]+\n$/);
    expect(program.stderr.replaceAll(directory, 'DIR')).toMatch(sentence);
  });
});

test('the help names every flag of these, and defaults where there are any', async () => {
  const help = Program.stowctl('master', '--help');
  expect(await help.exit()).toBe(0);
  for (const flag of [
    ...['controllers <list>', 'no-scheduler', 'no-agents', 'token-auth-file <file>', 'authorization-mode <mode>'],
    ...['enable-admission <list>', 'disable-admission <list>', 'audit-log <file>', 'encryption-key <file>'],
  ])
    expect(help.stdout).toContain(`  --${flag} `);
  expect(help.stdout).not.toMatch(/\(default:\s*\)/);
});
