import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure, NS } from './manifests.fixture.ts';
import { startTestServer, type TestServer, WatchReader } from './server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('who may', () => {
  test('to those who show nothing, only health and version are open', async () => {
    for (const path of ['/healthz', '/livez', '/readyz?verbose', '/version']) {
      expect((await server.send(`GET ${path}`, { as: null })).code).toBe(200);
    }
    for (const path of ['/api', '/metrics', `${NS}/pods`, '/openapi/v3', '/nowhere']) {
      expect((await server.send(`GET ${path}`, { as: null })).json).toEqual(
        failure(403, 'Forbidden', /User "system:anonymous" cannot /),
      );
    }
  });

  test('others than administrators may look at the API but at nothing in it', async () => {
    const person = { organizations: ['crew'], usages: ['client' as const], validDays: 1 };
    const as = await server.authority.issue({ commonName: 'ann', ...person });
    expect((await server.send('GET /apis', { as })).code).toBe(200);
    const refused = await server.send(`GET ${NS}/pods/x`, { as });
    expect(refused.json).toEqual(
      failure(
        403,
        'Forbidden',
        /^pods "x" is forbidden: User "ann" cannot get resource "pods" in API group "" in the namespace "default"$/,
      ),
    );
    expect((await server.send('GET /metrics', { as })).json).toEqual(
      failure(403, 'Forbidden', /cannot get path "\/metrics"/),
    );
  });
});

describe('what the server says about itself', () => {
  test('discovery, aggregated and plain', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const aggregated = await server.send('GET /apis', { headers: { accept } });
    expect(aggregated.headers['content-type']).toContain('as=APIGroupDiscoveryList');
    expect(aggregated.json.items.length).toBeGreaterThan(2);
    const etag = String(aggregated.headers.etag);
    expect((await server.send('GET /apis', { headers: { accept, 'if-none-match': etag } })).code).toBe(304);
    expect((await server.send('GET /api')).json).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await server.send('GET /apis/apps/v1')).json).toMatchObject({ kind: 'APIResourceList' });
    expect((await server.send('GET /apis/nope')).code).toBe(404);
  });

  test('OpenAPI, by links that can be kept', async () => {
    const index = (await server.send('GET /openapi/v3')).json.paths;
    const link = index['apis/apps/v1'].serverRelativeURL;
    const document = await server.send(`GET ${link}`);
    expect(document.headers['cache-control']).toContain('immutable');
    expect(document.json.components.schemas['io.k8s.api.apps.v1.Deployment']).toBeDefined();
    const old = await server.send('GET /openapi/v3/apis/apps/v1?hash=0LD');
    expect([old.code, old.headers.location]).toEqual([301, link]);
    expect((await server.send('GET /openapi/v3/apis/nope/v1')).code).toBe(404);
    expect((await server.send('GET /openapi/v2')).json.swagger).toBe('2.0');
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const protobuf = await server.send('GET /openapi/v2', { headers: { accept } });
    expect(protobuf.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect(protobuf.text.slice(0, 5)).toBe('\n\u00032.0');
  });

  test('metrics, with only known resources as labels', async () => {
    await server.send(`GET ${NS}/configmaps`);
    await server.send('GET /api/v1/made-up-by-a-client');
    const { text } = await server.send('GET /metrics');
    const labels =
      'verb="LIST",group="",version="v1",resource="configmaps",subresource="",scope="namespace",component="apiserver",dry_run="",code="200"';
    for (const name of ['apiserver_request_total', 'apiserver_request_duration_seconds_count']) {
      expect(text).toMatch(new RegExp(`^${name}\\{${labels}\\} [1-9]`, 'm'));
    }
    expect(text).toMatch(/^apiserver_current_inflight_requests\{request_kind="readOnly"\} 1$/m);
    expect(text).not.toContain('made-up-by-a-client');
  });
});

describe('a server that cannot start', () => {
  test('says which port is in use', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as { port: number };
    await expect(startTestServer({ port })).rejects.toThrow(`port ${port} on 127.0.0.1 is already in use`);
    await new Promise((resolve) => blocker.close(resolve));
  });
});

describe('a server that stops', () => {
  test('ends its watches and lets go of everything', async () => {
    const other = await startTestServer();
    const reader = new WatchReader(await other.open(`${NS}/configmaps?watch=true`));
    await other.stop();
    expect(await reader.next()).toBe('END');
  });
});
