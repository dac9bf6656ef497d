import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configMap, failure, NS, pod } from './manifests.fixture.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('bad input', () => {
  test.each<[string, string, unknown, Record<string, string>, object]>([
    ['broken JSON', `POST ${NS}/configmaps`, '{"a":', {}, failure(400, 'BadRequest', /not JSON/)],
    ['no body', `POST ${NS}/configmaps`, '', {}, failure(400, 'BadRequest', /empty/)],
    ['an array', `POST ${NS}/configmaps`, '[]', {}, failure(400, 'BadRequest', /./)],
    [
      'broken YAML',
      `POST ${NS}/configmaps`,
      'a: [',
      { 'content-type': 'application/yaml' },
      failure(400, 'BadRequest', /not YAML/),
    ],
    [
      'an unknown type',
      `POST ${NS}/configmaps`,
      'a',
      { 'content-type': 'text/html' },
      failure(415, 'UnsupportedMediaType', /./),
    ],
    [
      'no type at all',
      `POST ${NS}/configmaps`,
      'a',
      { 'content-type': 'nonsense' },
      failure(415, 'UnsupportedMediaType', /./),
    ],
    [
      'another kind',
      `POST ${NS}/configmaps`,
      pod('x'),
      {},
      failure(400, 'BadRequest', /cannot be handled as a ConfigMap/),
    ],
    [
      'another namespace',
      `POST ${NS}/configmaps`,
      { metadata: { name: 'x', namespace: 'y' } },
      {},
      failure(400, 'BadRequest', /does not match the namespace/),
    ],
    [
      'no such namespace',
      'POST /api/v1/namespaces/nowhere/configmaps',
      configMap('x'),
      {},
      failure(404, 'NotFound', 'namespaces "nowhere" not found'),
    ],
    [
      'no name',
      `POST ${NS}/configmaps`,
      { metadata: {} },
      {},
      failure(422, 'Invalid', /name or generateName is required/),
    ],
    [
      'a bad name',
      `POST ${NS}/configmaps`,
      configMap('No Good'),
      {},
      failure(422, 'Invalid', /metadata.name: Invalid value/),
    ],
    [
      'an unknown resource',
      `POST ${NS}/gizmos`,
      {},
      {},
      failure(404, 'NotFound', /could not find the requested resource/),
    ],
    ['no namespace', 'POST /api/v1/configmaps', configMap('x'), {}, failure(405, 'MethodNotAllowed', /./)],
    [
      'too much',
      `POST ${NS}/configmaps`,
      configMap('x', { a: 'x'.repeat(3_200_000) }),
      {},
      failure(413, 'RequestEntityTooLarge', /./),
    ],
    [
      'more than is kept of one object',
      `POST ${NS}/pods`,
      { metadata: { name: 'x' }, spec: { containers: [{ name: 'a', image: 'i', args: ['x'.repeat(1_600_000)] }] } },
      {},
      failure(
        413,
        'RequestEntityTooLarge',
        /^Pod "x" would take 160\d{4} bytes; at most 1500000 are kept of one object$/,
      ),
    ],
    [
      'very many faults',
      `POST ${NS}/configmaps`,
      { metadata: { name: 'x', labels: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, '!'])) } },
      {},
      failure(422, 'Invalid', /and 400 more\]$/),
    ],
    [
      'a field that every object inherits',
      `GET ${NS}/configmaps?fieldSelector=__proto__=1`,
      undefined,
      {},
      failure(400, 'BadRequest', /"__proto__" is not a known field selector/),
    ],
    [
      'a strange Accept',
      `POST ${NS}/configmaps`,
      configMap('x'),
      { accept: 'text/html' },
      failure(406, 'NotAcceptable', /./),
    ],
    [
      'a strange parameter',
      `GET ${NS}/configmaps?limit=many`,
      undefined,
      {},
      failure(400, 'BadRequest', /limit: "many"/),
    ],
    ['a bad selector', `GET ${NS}/configmaps?labelSelector=a=b=c`, undefined, {}, failure(400, 'BadRequest', /./)],
    [
      'an unknown field selector',
      `GET ${NS}/configmaps?fieldSelector=data.a=1`,
      undefined,
      {},
      failure(400, 'BadRequest', /not a known field selector/),
    ],
    ['a broken URL', 'GET /api/v1/nodes/%zz', undefined, {}, failure(400, 'BadRequest', /./)],
    ['a method nobody knows', 'TRACE /api/v1/pods', undefined, {}, failure(404, 'NotFound', /./)],
  ])('%s', async (_what, line, body, headers, expected) => {
    expect((await server.send(line, { body, headers })).json).toEqual(expected);
  });

  test('unknown fields are warned about, refused or passed over', async () => {
    const body = { ...configMap('odd'), dataa: {}, metadata: { name: 'odd', lables: {} } };
    const send = (mode: string) => server.send(`POST ${NS}/configmaps?dryRun=All&fieldValidation=${mode}`, { body });
    const warned = await send('Warn');
    expect(warned.code).toBe(201);
    expect(String(warned.headers.warning)).toContain('299 - "unknown field \\"metadata.lables\\""');
    const strict = await send('Strict');
    expect(strict.json).toEqual(
      failure(
        400,
        'BadRequest',
        /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "/,
      ),
    );
    const ignored = await send('Ignore');
    expect([ignored.code, ignored.headers.warning]).toEqual([201, undefined]);
  });

  test('so are fields that stand twice', async () => {
    const body = `{"metadata": {"name": "odd", "name": "odd"}, "data": {"a:b": "{\\"", "a": "1", "a": "2"}, "dataa": 1}`;
    const send = (mode: string) =>
      server.send(`POST ${NS}/configmaps?dryRun=All&fieldValidation=${mode}`, { body: body.replace('a:b', 'a.b') });
    const strict = await send('Strict');
    const faults = 'unknown field "dataa", duplicate field "metadata.name", duplicate field "data.a"';
    expect(strict.json.message).toBe(
      `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ${faults}`,
    );
    const warned = await send('Warn');
    expect([warned.code, warned.json.data.a]).toEqual([201, '2']);
    expect(String(warned.headers.warning)).toContain('299 - "duplicate field \\"data.a\\""');
    expect((await send('Ignore')).headers.warning).toBeUndefined();
  });
});
