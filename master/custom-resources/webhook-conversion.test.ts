import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { startTestServer, type TestServer, WatchReader } from '../apiserver/server.fixture.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const doors = (version: string) => `/apis/example.com/${version}/namespaces/default/doors`;

interface Door {
  apiVersion: string;
  metadata: object;
  spec: { hostPort?: string; host?: string; port?: string };
}

let server: TestServer;
let webhook: Server;
let calls = 0;
let broken = false;

/** v1 has `hostPort`, v2 has `host` and `port`. */
function convert(object: Door, apiVersion: string): Door {
  const { hostPort = '', host, port } = object.spec;
  const [left, right] = hostPort.split(':');
  const spec = apiVersion.endsWith('v2') ? { host: left, port: right } : { hostPort: `${host}:${port}` };
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion, spec };
}

beforeEach(async () => {
  [calls, broken] = [0, false];
  server = await startTestServer();
  const { certPem, keyPem } = await server.authority.issue({
    ...{ commonName: 'webhook', organizations: [], usages: ['server'], ipAddresses: ['127.0.0.1'], validDays: 1 },
  });
  webhook = createServer({ cert: certPem, key: keyPem }, async (request, response) => {
    calls += 1;
    let body = '';
    for await (const chunk of request) body += chunk;
    const { uid, desiredAPIVersion, objects } = JSON.parse(body).request;
    const convertedObjects = objects.map((object: Door) => convert(object, desiredAPIVersion));
    const result = broken ? { status: 'Failed', message: 'out of order' } : { status: 'Success' };
    response.end(JSON.stringify({ kind: 'ConversionReview', response: { uid, result, convertedObjects } }));
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const { port } = webhook.address() as AddressInfo;
  await define(`https://127.0.0.1:${port}/convert`);
});
afterEach(async () => {
  webhook.close();
  webhook.closeAllConnections();
  await server.stop();
});

async function define(url: string): Promise<void> {
  const version = (name: string, storage: boolean, fields: readonly string[]) => ({
    ...{ name, served: true, storage, subresources: { status: {} } },
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: { type: 'object', properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])) },
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  });
  const body = {
    metadata: { name: 'doors.example.com' },
    spec: {
      ...{ group: 'example.com', scope: 'Namespaced', names: { plural: 'doors', kind: 'Door' } },
      versions: [version('v1', true, ['hostPort']), version('v2', false, ['host', 'port'])],
      conversion: {
        strategy: 'Webhook',
        webhook: {
          clientConfig: { url, caBundle: Buffer.from(server.authority.certPem).toString('base64') },
          conversionReviewVersions: ['v1'],
        },
      },
    },
  };
  const made = await server.send(`POST ${DEFINITIONS}`, { body });
  expect(made.code, made.text).toBe(201);
  await eventually('the definition to be established', async () => {
    const { json } = await server.send(`GET ${DEFINITIONS}/doors.example.com`);
    return json.status.conditions?.some(
      ({ type, status }: Record<string, string>) => type === 'Established' && status === 'True',
    );
  });
}

const door = (name: string, hostPort: string) => ({ metadata: { name }, spec: { hostPort } });

test('each version speaks its own form, whatever it is kept in', async () => {
  await server.send(`POST ${doors('v1')}`, { body: door('a', 'x:80') });
  expect(calls).toBe(0);
  const read = await server.send(`GET ${doors('v2')}/a`);
  expect(read.json).toMatchObject({ apiVersion: 'example.com/v2', spec: { host: 'x', port: '80' } });
  const made = await server.send(`POST ${doors('v2')}`, {
    body: { metadata: { name: 'b' }, spec: { host: 'y', port: '1' } },
  });
  expect(made.code, made.text).toBe(201);
  expect(made.json.spec).toEqual({ host: 'y', port: '1' });
  const patched = await server.send(`PATCH ${doors('v2')}/b`, {
    body: { spec: { port: '2' } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(patched.json.spec).toEqual({ host: 'y', port: '2' });
  const before = await server.send(`GET ${doors('v1')}/b`);
  expect(before.json.spec).toEqual({ hostPort: 'y:2' });
  const reported = await server.send(`PUT ${doors('v2')}/b/status`, {
    body: { ...patched.json, status: { open: true } },
  });
  expect(reported.json).toMatchObject({ apiVersion: 'example.com/v2', spec: { port: '2' }, status: { open: true } });
  const list = await server.send(`GET ${doors('v2')}`);
  expect(list.json.items.map(({ spec }: Door) => spec.port)).toEqual(['80', '2']);
  const seen = calls;
  await server.send(`GET ${doors('v2')}`);
  expect(calls).toBe(seen);
  const stale = await server.send(`PUT ${doors('v2')}/b`, { body: patched.json });
  expect(stale.code).toBe(409);
});

test('a watch tells everything in the form of its version, in order', async () => {
  await server.send(`POST ${doors('v1')}`, { body: door('a', 'x:1') });
  const reader = new WatchReader(await server.open(`${doors('v2')}?watch=true`));
  const next = async () => {
    const { type, object } = await reader.nextEvent();
    return `${type} ${object.apiVersion} ${object.spec.port}`;
  };
  expect(await next()).toBe('ADDED example.com/v2 1');
  for (const port of ['2', '3', '4']) {
    await server.send(`PATCH ${doors('v1')}/a`, {
      body: { spec: { hostPort: `x:${port}` } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
  }
  expect([await next(), await next(), await next()].map((line) => line.slice(-1))).toEqual(['2', '3', '4']);
  reader.close();
});

test('what a webhook cannot convert is an error that names it', async () => {
  await server.send(`POST ${doors('v1')}`, { body: door('a', 'x:1') });
  broken = true;
  const { code, json } = await server.send(`GET ${doors('v2')}/a`);
  expect(code).toBe(500);
  expect(json.message).toContain('conversion webhook for example.com, Kind=Door failed: out of order');
  const reader = new WatchReader(await server.open(`${doors('v2')}?watch=true`));
  expect(await reader.nextEvent()).toMatchObject({ type: 'ERROR', object: { code: 500 } });
  expect(await reader.next()).toBe('END');
  expect((await server.send(`GET ${doors('v1')}/a`)).code).toBe(200);
});

test('the version on record stays the one that is kept, also when another is to be', async () => {
  await server.send(`POST ${doors('v1')}`, { body: door('a', 'x:1') });
  const { json } = await server.send(`GET ${DEFINITIONS}/doors.example.com`);
  for (const version of json.spec.versions) version.storage = version.name === 'v2';
  const changed = await server.send(`PUT ${DEFINITIONS}/doors.example.com`, { body: json });
  expect(changed.json.status.storedVersions).toEqual(['v1', 'v2']);
  await server.send(`POST ${doors('v2')}`, { body: { metadata: { name: 'b' }, spec: { host: 'y', port: '1' } } });
  const stored = await server.store.list('/registry/example.com/doors/');
  expect(stored.values.map(({ value }) => JSON.parse(value).apiVersion)).toEqual(['example.com/v1', 'example.com/v1']);
  const removed = { ...changed.json, spec: { ...changed.json.spec, versions: [changed.json.spec.versions[1]] } };
  const refused = await server.send(`PUT ${DEFINITIONS}/doors.example.com`, { body: removed });
  expect(refused.json.message).toContain('v1 was previously a storage version');
  // Who takes the old version off the record has every object rewritten.
  const current = await server.send(`GET ${DEFINITIONS}/doors.example.com`);
  const forgotten = { ...current.json, status: { ...current.json.status, storedVersions: ['v2'] } };
  expect((await server.send(`PUT ${DEFINITIONS}/doors.example.com/status`, { body: forgotten })).code).toBe(200);
  await eventually('the objects to be rewritten', async () => {
    const { values } = await server.store.list('/registry/example.com/doors/');
    return values.every(({ value }) => JSON.parse(value).apiVersion === 'example.com/v2');
  });
  expect((await server.send(`GET ${doors('v1')}/a`)).json.spec).toEqual({ hostPort: 'x:1' });
});
