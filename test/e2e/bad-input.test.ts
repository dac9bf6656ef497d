import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Status } from '../../api/meta/errors.ts';
import { systemClock } from '../../platform/clock.ts';
import { openAuthority } from '../../platform/pki.ts';
import { TestCell } from '../cell.ts';
import { eventually } from '../eventually.ts';
import { RawApi } from '../raw-api.ts';

const CORE = '/api/v1/namespaces/default';
const APPS = '/apis/apps/v1/namespaces/default';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

const configMap = (name: string, data: object = { a: '1' }) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const pod = (spec: object, metadata: object = { name: 'bad' }) => ({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
const CONTAINER = { name: 'main', image: 'some/image:1' };

interface Stored {
  metadata: { uid: string; resourceVersion: string; labels?: Record<string, string> };
  data?: Record<string, string>;
}

/** The fields a failure names, sorted. */
const fieldsOf = (status: Status) => (status.details?.causes ?? []).map(({ field }) => field).sort();

describe('bad input, over raw HTTPS', () => {
  let cell: TestCell;
  let api: RawApi;

  beforeAll(async () => {
    cell = await TestCell.create({ dockerHost: inject('dockerHost'), kubectl: inject('kubectl') });
    await cell.startMaster();
    api = await RawApi.of(cell.kubeconfig);
    await eventually('the default namespace', async () => (await api.get(CORE)).code === 200);
  });

  afterAll(async () => {
    api?.close();
    await cell?.destroy();
  });

  const made = async (name: string): Promise<Stored> => {
    const answer = await api.post(`${CORE}/configmaps`, configMap(name));
    expect(answer.code).toBe(201);
    return answer.json();
  };

  describe('bodies', () => {
    test.each([
      [
        'a string for a number',
        pod({ containers: [CONTAINER], terminationGracePeriodSeconds: 'soon' }),
        'spec.terminationGracePeriodSeconds',
      ],
      ['a number for a string', pod({ containers: [{ ...CONTAINER, image: 7 }] }), 'spec.containers[0].image'],
      ['an object for a list', pod({ containers: CONTAINER }), 'spec.containers'],
      ['a list for an object', pod([CONTAINER]), 'spec'],
      [
        'a fraction for a whole number',
        pod({ containers: [CONTAINER], terminationGracePeriodSeconds: 1.5 }),
        'spec.terminationGracePeriodSeconds',
      ],
      ['a string for a boolean', pod({ containers: [CONTAINER], hostNetwork: 'yes' }), 'spec.hostNetwork'],
      [
        'a quantity that is none',
        pod({ containers: [{ ...CONTAINER, resources: { limits: { cpu: 'lots' } } }] }),
        'quantit',
      ],
      [
        'a time that is none',
        pod({ containers: [CONTAINER] }, { name: 'bad', deletionTimestamp: 'tomorrow' }),
        'tomorrow',
      ],
    ])('%s: 400', async (_, body, mention) => {
      const answer = await api.post(`${CORE}/pods`, body);
      expect(answer.code).toBe(400);
      const { reason, message } = answer.status();
      expect(reason).toBe('BadRequest');
      expect(message).toMatch(/^Pod in version "v1" cannot be handled as a Pod: /);
      expect(message).toContain(mention);
    });

    test.each([
      ['nothing', ''],
      ['half an object', '{"kind":"ConfigMap"'],
      ['two values', '{} {}'],
      ['no text at all', Buffer.from([0xff, 0xfe, 0x00, 0x01])],
      ['a list', '[]'],
      ['a word', '"ConfigMap"'],
      ['null', 'null'],
    ])('%s: 400', async (_, body) => {
      const answer = await api.post(`${CORE}/configmaps`, body);
      expect(answer.code).toBe(400);
      expect(answer.status().reason).toBe('BadRequest');
    });

    test('YAML is read; bad YAML, and YAML that would grow without end, is 400', async () => {
      const yaml = (body: string) => api.post(`${CORE}/configmaps`, body, { 'content-type': 'application/yaml' });
      const good = await yaml('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {a: "1"}\n');
      expect(good.code).toBe(201);
      expect((await yaml('a: b: c')).status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      const doubled = Array.from(
        { length: 40 },
        (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}]`,
      );
      expect((await yaml(['l0: &l0 [x]', ...doubled].join('\n'))).code).toBe(400);
    });

    test('another kind or version than the path says: 400', async () => {
      const kind = await api.post(`${CORE}/configmaps`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } });
      expect(kind.status()).toMatchObject({
        code: 400,
        reason: 'BadRequest',
        message: expect.stringContaining('Secret'),
      });
      const version = await api.post(`${APPS}/deployments`, { apiVersion: 'apps/v1beta1', kind: 'Deployment' });
      expect(version.status().message).toContain('does not match the expected API version (apps/v1)');
    });

    test('media types: 415 for what cannot be read, 406 for what cannot be said', async () => {
      const posted = await api.post(`${CORE}/configmaps`, '<x/>', { 'content-type': 'text/xml' });
      expect(posted.status()).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
      const patched = await api.patch(`${CORE}/configmaps/x`, 'application/json', {});
      expect(patched.code).toBe(415);
      expect(patched.status().message).toContain(STRATEGIC);
      const asked = await api.get(`${CORE}/configmaps`, { accept: 'text/html' });
      expect(asked.status()).toMatchObject({ code: 406, reason: 'NotAcceptable' });
    });

    test('a body beyond the limit: 413', async () => {
      const answer = await api.post(`${CORE}/configmaps`, configMap('huge', { a: 'x'.repeat(4 << 20) }));
      expect(answer.status()).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
      const large = await api.post(`${CORE}/configmaps`, configMap('large', { a: 'x'.repeat(1_100_000) }));
      expect(large.status()).toMatchObject({ code: 422, reason: 'Invalid' });
    });

    test('depth: 100,000 brackets do no harm', async () => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      for (const body of [
        deep,
        `{"kind":"ConfigMap","data":${deep}}`,
        `{"kind":"ConfigMap","metadata":{"name":"deep"},"x":${deep}}`,
      ]) {
        const answer = await api.post(`${CORE}/configmaps?fieldValidation=Strict`, body);
        expect(answer.status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      }
      await made('for-depth');
      for (const type of [MERGE, STRATEGIC, JSON_PATCH]) {
        const patch = type === JSON_PATCH ? `[{"op":"add","path":"/data","value":${deep}}]` : `{"data":${deep}}`;
        expect((await api.patch(`${CORE}/configmaps/for-depth`, type, patch)).code).toBe(400);
      }
      const yaml = await api.post(`${CORE}/configmaps`, deep, { 'content-type': 'application/yaml' });
      expect(yaml.status().code).toBe(400);
    });

    test('__proto__ is a key like any other, and no way in', async () => {
      const body =
        '{"metadata":{"name":"proto","labels":{"__proto__":"x"}},"data":{"__proto__":"x","constructor":"y"},"__proto__":{"data":{"z":"z"}}}';
      const refused = await api.post(`${CORE}/configmaps?fieldValidation=Strict`, body);
      expect(refused.status().message).toContain('unknown field "__proto__"');
      const answer = await api.post(
        `${CORE}/configmaps?fieldValidation=Ignore`,
        body.replace('"labels":{"__proto__":"x"}', '"labels":{}'),
      );
      expect(answer.code).toBe(201);
      expect(answer.text).toContain('"__proto__":"x"');
      for (const type of [MERGE, STRATEGIC]) {
        const patched = await api.patch(
          `${CORE}/configmaps/proto`,
          type,
          '{"__proto__":{"polluted":"yes"},"data":{"__proto__":"w"}}',
        );
        expect(patched.code).toBe(200);
        expect(patched.text).toContain('"__proto__":"w"');
        expect(patched.text).not.toContain('polluted');
      }
      const json = '[{"op":"add","path":"/__proto__/polluted","value":"yes"}]';
      expect((await api.patch(`${CORE}/configmaps/proto`, JSON_PATCH, json)).code).toBeGreaterThanOrEqual(400);
      expect((await made('after-proto')).data).toEqual({ a: '1' });
    });
  });

  describe('unknown fields', () => {
    const body = { ...configMap('fields'), dat: {}, metadata: { name: 'fields', lables: {} } };

    test('Strict refuses, Warn warns, Ignore is silent; none stores them', async () => {
      const path = `${CORE}/configmaps?dryRun=All&fieldValidation=`;
      const strict = await api.post(`${path}Strict`, body);
      expect(strict.status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(strict.status().message).toMatch(/strict decoding error: .*unknown field "dat"/);
      expect(strict.status().message).toContain('unknown field "metadata.lables"');
      const warn = await api.post(`${path}Warn`, body);
      expect(warn.code).toBe(201);
      expect(warn.headers.warning).toContain('299 - "unknown field \\"dat\\""');
      const ignore = await api.post(`${path}Ignore`, body);
      expect(ignore.code).toBe(201);
      expect(ignore.headers.warning).toBeUndefined();
      expect(ignore.text).not.toMatch(/lables|"dat"/);
      expect((await api.post(`${path}Perhaps`, body)).status()).toMatchObject({ code: 422, reason: 'Invalid' });
    });

    test('a dry run of anything but All is refused', async () => {
      const answer = await api.post(`${CORE}/configmaps?dryRun=Some`, configMap('x'));
      expect(answer.status()).toMatchObject({ code: 422, reason: 'Invalid' });
    });
  });

  describe('invalid objects: 422 with every field and its reason', () => {
    test('a pod', async () => {
      const answer = await api.post(
        `${CORE}/pods`,
        pod(
          {
            restartPolicy: 'Sometimes',
            containers: [
              { name: 'Main', image: '', ports: [{ containerPort: 70000 }] },
              {
                name: 'two',
                image: 'x',
                resources: { requests: { cpu: '2' }, limits: { cpu: '1' } },
                volumeMounts: [{ name: 'none', mountPath: '/x' }],
              },
              { name: 'two', image: 'x', imagePullPolicy: 'Perhaps' },
            ],
          },
          { name: 'Bad_Name', labels: { a: 'no spaces' } },
        ),
      );
      expect(answer.code).toBe(422);
      const status = answer.status();
      expect(status).toMatchObject({ reason: 'Invalid', details: { name: 'Bad_Name', kind: 'Pod' } });
      // Values outside a closed set are found while reading; the rest is looked at when those are right.
      expect(fieldsOf(status)).toEqual(
        expect.arrayContaining(['spec.containers[2].imagePullPolicy', 'spec.restartPolicy']),
      );
      expect(status.message).toMatch(/^Pod "Bad_Name" is invalid: \[/);
      expect(status.message).toContain('spec.restartPolicy: Unsupported value: "Sometimes": supported values: ');
      const second = await api.post(
        `${CORE}/pods`,
        pod(
          {
            containers: [
              { name: 'Main', image: '', ports: [{ containerPort: 70000 }] },
              {
                name: 'two',
                image: 'x',
                resources: { requests: { cpu: '2' }, limits: { cpu: '1' } },
                volumeMounts: [{ name: 'none', mountPath: '/x' }],
              },
              { name: 'two', image: 'x' },
            ],
          },
          { name: 'Bad_Name', labels: { a: 'no spaces' } },
        ),
      );
      expect(fieldsOf(second.status())).toEqual([
        'metadata.labels',
        'metadata.name',
        'spec.containers[0].image',
        'spec.containers[0].name',
        'spec.containers[0].ports[0].containerPort',
        'spec.containers[1].resources.requests',
        'spec.containers[1].volumeMounts[0].name',
        'spec.containers[2].name',
      ]);
      const reasons = new Map(second.status().details?.causes?.map(({ field, reason }) => [field, reason]));
      expect(reasons.get('spec.containers[0].image')).toBe('FieldValueRequired');
      expect(reasons.get('spec.containers[1].volumeMounts[0].name')).toBe('FieldValueNotFound');
      expect(reasons.get('spec.containers[2].name')).toBe('FieldValueDuplicate');
    });

    test('a Deployment and a Job without what they need', async () => {
      const deployment = await api.post(`${APPS}/deployments`, { metadata: { name: 'x' }, spec: { replicas: -1 } });
      expect(fieldsOf(deployment.status())).toEqual(expect.arrayContaining(['spec.replicas', 'spec.selector']));
      const template = { spec: { restartPolicy: 'Always', containers: [CONTAINER] } };
      const job = await api.post('/apis/batch/v1/namespaces/default/jobs', {
        metadata: { name: 'x' },
        spec: { completions: -1, template },
      });
      expect(fieldsOf(job.status())).toEqual(['spec.completions', 'spec.template.spec.restartPolicy']);
    });

    test('what may not change', async () => {
      const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [CONTAINER] } };
      const spec = { replicas: 0, selector: { matchLabels: { app: 'x' } }, template };
      expect((await api.post(`${APPS}/deployments`, { metadata: { name: 'fixed' }, spec })).code).toBe(201);
      const other = {
        spec: { selector: { matchLabels: { app: 'y' } }, template: { metadata: { labels: { app: 'y' } } } },
      };
      const selector = await api.patch(`${APPS}/deployments/fixed`, STRATEGIC, {
        spec: { selector: { matchLabels: { app: 'y' } }, template: other.spec.template },
      });
      expect(fieldsOf(selector.status())).toEqual(['spec.selector']);
      expect(selector.status().message).toMatch(/spec\.selector: Invalid value: .*: field is immutable$/);
      await made('steady');
      const renamed = await api.patch(`${CORE}/configmaps/steady`, MERGE, { metadata: { name: 'other' } });
      expect(renamed.code).toBe(400);
      const uid = await api.patch(`${CORE}/configmaps/steady`, MERGE, { metadata: { uid: 'something-else' } });
      expect(uid.status()).toMatchObject({ code: 409, reason: 'Conflict' });
      const frozen = await api.patch(`${CORE}/configmaps/steady`, MERGE, { immutable: true });
      expect(frozen.code).toBe(200);
      const thawed = await api.patch(`${CORE}/configmaps/steady`, MERGE, { data: { a: '2' } });
      expect(fieldsOf(thawed.status())).toEqual(['data']);
      expect((await api.post(`${CORE}/pods`, pod({ containers: [CONTAINER] }, { name: 'still' }))).code).toBe(201);
      const changed = await api.patch(`${CORE}/pods/still`, STRATEGIC, {
        spec: { containers: [{ name: 'main', command: ['x'] }] },
      });
      expect(changed.status()).toMatchObject({
        code: 422,
        reason: 'Invalid',
        details: { causes: [{ field: 'spec', reason: 'FieldValueForbidden' }] },
      });
    });
  });

  describe('what is not there, and what is there already', () => {
    test('404 with the name and the resource', async () => {
      const answer = await api.get(`${APPS}/deployments/nobody`);
      expect(answer.status()).toMatchObject({
        code: 404,
        reason: 'NotFound',
        message: 'deployments.apps "nobody" not found',
        details: { name: 'nobody', group: 'apps', kind: 'deployments' },
      });
      for (const path of [
        '/nowhere',
        '/api/v2/pods',
        '/apis/none/v1/things',
        `${CORE}/gadgets`,
        `${CORE}/pods/x/gadget`,
      ]) {
        expect((await api.get(path)).status()).toMatchObject({ code: 404, reason: 'NotFound' });
      }
      const nowhere = await api.post('/api/v1/namespaces/no-such/configmaps', configMap('x'));
      expect(nowhere.status()).toMatchObject({ code: 404, message: 'namespaces "no-such" not found' });
    });

    test('405 for what a path cannot do', async () => {
      for (const [method, path] of [
        ['PUT', `${CORE}/configmaps`],
        ['POST', `${CORE}/configmaps/x`],
        ['PATCH', `${CORE}/configmaps`],
        ['DELETE', '/api/v1/namespaces'],
        ['POST', `${CORE}/pods/x/log`],
      ] as const) {
        const answer = await api.send(method, path, method === 'DELETE' ? {} : { body: {} });
        expect([method, path, answer.code, answer.status().reason]).toEqual([method, path, 405, 'MethodNotAllowed']);
      }
    });

    test('409 for a name that is taken and for a version that is stale', async () => {
      const first = await made('raced');
      const twice = await api.post(`${CORE}/configmaps`, configMap('raced'));
      expect(twice.status()).toMatchObject({
        code: 409,
        reason: 'AlreadyExists',
        message: 'configmaps "raced" already exists',
      });
      expect((await api.put(`${CORE}/configmaps/raced`, { ...first, data: { a: '2' } })).code).toBe(200);
      const stale = await api.put(`${CORE}/configmaps/raced`, { ...first, data: { a: '3' } });
      expect(stale.status()).toMatchObject({
        code: 409,
        reason: 'Conflict',
        message:
          'Operation cannot be fulfilled on configmaps "raced": the object has been modified; please apply your changes to the latest version and try again',
      });
      const preconditions = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'another' } };
      expect((await api.send('DELETE', `${CORE}/configmaps/raced`, { body: preconditions })).status()).toMatchObject({
        code: 409,
        reason: 'Conflict',
      });
      expect((await api.get(`${CORE}/configmaps/raced`)).json<Stored>().data).toEqual({ a: '2' });
    });

    test('another namespace or name in the body than in the path: 400', async () => {
      const object = { ...configMap('elsewhere'), metadata: { name: 'elsewhere', namespace: 'kube-system' } };
      const posted = await api.post(`${CORE}/configmaps`, object);
      expect(posted.status()).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(posted.status().message).toContain('does not match the namespace');
      await made('here');
      const put = await api.put(`${CORE}/configmaps/here`, configMap('there'));
      expect(put.status().message).toContain('does not match the name on the URL');
    });
  });

  describe('reads', () => {
    test('selectors, limits and versions that make no sense', async () => {
      for (const query of [
        'labelSelector=a%20b%20c',
        'labelSelector=a+in+(',
        'fieldSelector=spec.colour%3Dred',
        'fieldSelector=x',
        'limit=many',
        'limit=-1',
        'continue=nonsense',
      ]) {
        const answer = await api.get(`${CORE}/pods?${query}`);
        expect([query, answer.code, answer.status().reason]).toEqual([query, 400, 'BadRequest']);
      }
      expect((await api.get(`${CORE}/pods?resourceVersion=abc`)).status().code).toBe(422);
      expect((await api.get(`${CORE}/pods?watch=1&resourceVersion=abc`)).status().code).toBe(422);
    });

    test('410 for a watch from before memory begins', async () => {
      // The master has read its store since.
      const ancient = await api.send('GET', `${CORE}/configmaps?watch=true&resourceVersion=1`, { firstLineOnly: true });
      const event = JSON.parse(ancient.text.split('\n')[0]!) as { type: string; object: Status };
      expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    });

    test('a version from the future: 504, or too large a version, never an answer from the past', async () => {
      const answer = await api.get(`${CORE}/configmaps?resourceVersion=999999999`);
      expect(answer.status()).toMatchObject({ code: 504, reason: 'Timeout' });
      expect(answer.status().message).toContain('Too large resource version');
    });
  });

  describe('strangers', () => {
    const OPEN = ['/healthz', '/livez', '/readyz', '/version'];
    const CLOSED = [
      '/',
      '/api',
      '/apis',
      '/api/v1',
      '/openapi/v2',
      '/openapi/v3',
      '/metrics',
      '/api/v1/nodes',
      `${CORE}/secrets`,
    ];

    test('nobody in particular may ask for health and version, and nothing else', async () => {
      const nobody = api.as(undefined);
      try {
        for (const path of OPEN) expect([path, (await nobody.get(path)).code]).toEqual([path, 200]);
        for (const path of CLOSED) {
          const answer = await nobody.get(path);
          expect([path, answer.code, answer.status().reason]).toEqual([path, 401, 'Unauthorized']);
        }
        expect((await nobody.post(`${CORE}/configmaps`, configMap('intruder'))).code).toBe(401);
        expect((await nobody.get('/api/v1/nodes', { authorization: 'Bearer nonsense' })).code).toBe(401);
      } finally {
        nobody.close();
      }
    });

    test("another authority's certificate proves nothing", async () => {
      const directory = await mkdtemp(join(tmpdir(), 'stowage-test-'));
      const authority = await openAuthority(directory, systemClock);
      const admin = { commonName: 'admin', organizations: ['system:masters'] };
      const forged = await authority.issue({ ...admin, usages: ['client'], validDays: 1 });
      const stranger = api.as({ cert: forged.certPem, key: forged.keyPem });
      try {
        for (const path of ['/api/v1/nodes', `${CORE}/secrets`]) {
          expect((await stranger.get(path)).status()).toMatchObject({ code: 401, reason: 'Unauthorized' });
        }
      } finally {
        stranger.close();
        await rm(directory, { recursive: true, force: true });
      }
    });

    test('what is no HTTP is dropped', async () => {
      const { port } = new URL(api.url);
      const socket = connect({ port: Number(port), host: '127.0.0.1', ca: api.ca, servername: 'localhost' });
      await once(socket, 'secureConnect');
      const closed = once(socket, 'close');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write('\0\0\0this is not HTTP\r\n\r\n');
      await closed;
    });
  });

  test('after all this it serves as before', async () => {
    expect((await api.get('/readyz')).text).toBe('ok');
    expect(cell.master!.running).toBe(true);
    await made('the-last');
    // No request ended in a way that nobody foresaw.
    expect(cell.master!.output).not.toMatch(/nobody foresaw|TypeError|RangeError/);
  });
});
