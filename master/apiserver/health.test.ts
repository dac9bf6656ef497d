import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '../../platform/log.ts';
import type { WholeAnswer } from './answer.ts';
import type { ApiContext } from './context.ts';
import { health } from './health.ts';
import { parseRequest } from './request.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

/** A master of which the store answers or not, and that stops or not. */
function context(state: { storeDown?: boolean; stopping?: boolean } = {}): ApiContext {
  const stopping = new AbortController();
  if (state.stopping) stopping.abort(new Error('stopping'));
  const parts = {
    store: {
      async revision() {
        if (state.storeDown) throw new Error('secret.example:2379 refused');
        return 7;
      },
    },
    cache: { async waitFor() {} },
    stopping: stopping.signal,
    log: silentLogger,
  };
  return parts as unknown as ApiContext;
}

async function ask(line: string, state = {}) {
  const [path = '', query = ''] = line.split('?');
  const parameters = new URLSearchParams(query);
  const info = parseRequest('GET', path, parameters);
  if (info.type !== 'health') throw new Error(`${line} is about ${info.type}`);
  const { code, body, contentType, headers } = (await health(context(state), info, parameters)) as WholeAnswer;
  expect([contentType, headers]).toEqual(['text/plain; charset=utf-8', { 'x-content-type-options': 'nosniff' }]);
  return [code, body];
}

const READY = '[+]ping ok\n[+]store ok\n[+]cache ok\n[+]shutdown ok\n';
const DOWN = '[+]ping ok\n[-]store failed: reason withheld\n[-]cache failed: reason withheld\n[+]shutdown ok\n';

describe('health', () => {
  test.each<[string, object, number, string]>([
    ['/healthz', {}, 200, 'ok'],
    ['/livez', {}, 200, 'ok'],
    ['/readyz', {}, 200, 'ok'],
    ['/readyz/', {}, 200, 'ok'],
    ['/readyz?exclude=store', {}, 200, 'ok'],
    ['/livez?verbose', {}, 200, '[+]ping ok\nlivez check passed\n'],
    ['/readyz?verbose', {}, 200, `${READY}readyz check passed\n`],
    [
      '/livez?verbose&exclude=',
      {},
      200,
      '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for ""\nlivez check passed\n',
    ],
    [
      '/readyz?verbose=true&exclude=store&exclude=nope&exclude=odd',
      {},
      200,
      '[+]ping ok\n[+]store excluded: ok\n[+]cache ok\n[+]shutdown ok\nwarn: some health checks cannot be excluded: no matches for "nope","odd"\nreadyz check passed\n',
    ],
    ['/readyz', { storeDown: true }, 500, `${DOWN}readyz check failed\n`],
    ['/readyz?exclude=store&exclude=cache', { storeDown: true }, 200, 'ok'],
    ['/livez', { storeDown: true }, 200, 'ok'],
    ['/readyz/store', {}, 200, 'ok'],
    ['/readyz/store?verbose', {}, 200, 'ok'],
    ['/readyz/store', { storeDown: true }, 500, 'internal server error: reason withheld\n'],
    ['/readyz/ping', { storeDown: true }, 200, 'ok'],
    ['/readyz/shutdown', { stopping: true }, 500, 'internal server error: reason withheld\n'],
    ['/livez', { stopping: true }, 200, 'ok'],
  ])('%s of %j', async (line, state, code, body) => {
    expect(await ask(line, state)).toEqual([code, body]);
  });

  test('a check that there is not', async () => {
    await expect(ask('/livez/store')).rejects.toMatchObject({ code: 404 });
    await expect(ask('/readyz/__proto__')).rejects.toMatchObject({ code: 404 });
  });
});

describe('over the wire', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ version: '9.8.7' });
  });
  afterAll(() => server.stop());

  test('health is for everybody, and no browser takes it for a page', async () => {
    const { code, headers, text } = await server.send('GET /readyz?verbose', { as: null });
    expect([code, headers['x-content-type-options'], text]).toEqual([200, 'nosniff', `${READY}readyz check passed\n`]);
  });

  test('the version has every field that Kubernetes’ has', async () => {
    const { json } = await server.send('GET /version');
    expect(json).toEqual({
      ...{ major: '1', minor: '33', emulationMajor: '1', emulationMinor: '33' },
      ...{ minCompatibilityMajor: '1', minCompatibilityMinor: '32' },
      ...{ gitVersion: 'v1.33.0+stowage-9.8.7', gitCommit: '', gitTreeState: 'clean' },
      ...{ buildDate: '1970-01-01T00:00:00Z', goVersion: '', compiler: 'node' },
      platform: expect.stringMatching(/^\w+\/\w+$/),
    });
  });

  test('metrics of requests have the labels of Kubernetes', async () => {
    const NS = '/api/v1/namespaces/default';
    await server.send(`POST ${NS}/configmaps?dryRun=All`, { body: { metadata: { name: 'x' } } });
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' } };
    await server.send(`PATCH ${NS}/configmaps/made?fieldManager=t`, {
      body: applied,
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    await server.send(`GET ${NS}/pods/nope/log`);
    await server.send('GET /apis/apps/v1/deployments');
    const { text } = await server.send('GET /metrics');
    const counted = [...text.matchAll(/^apiserver_request_total\{(.*)\} \d+$/gm)].map(([, labels]) => labels);
    const of = (verb: string, group: string, rest: string) => `verb="${verb}",group="${group}",version="v1",${rest}`;
    const by = 'component="apiserver"';
    expect(counted).toEqual(
      expect.arrayContaining([
        of('POST', '', `resource="configmaps",subresource="",scope="resource",${by},dry_run="All",code="201"`),
        of('APPLY', '', `resource="configmaps",subresource="",scope="resource",${by},dry_run="",code="201"`),
        of('GET', '', `resource="pods",subresource="log",scope="resource",${by},dry_run="",code="404"`),
        of('LIST', 'apps', `resource="deployments",subresource="",scope="cluster",${by},dry_run="",code="200"`),
      ]),
    );
    expect(text).not.toMatch(/^etcd_/m);
  });
});
