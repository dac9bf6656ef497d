import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_HEADER_BYTES } from './malformed.ts';
import { NS } from './manifests.fixture.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

const MEGABYTE = 1024 * 1024;

let server: TestServer;
beforeAll(async () => {
  const bounds = { handshakeMs: 300, headersMs: 300, requestMs: 600, checkMs: 50 };
  server = await startTestServer({ bounds });
});
afterAll(() => server.stop());

const portOf = ({ url }: TestServer) => Number(new URL(url).port);

/** A connection of the administrator's, or of nobody's. */
function dial(as: 'admin' | 'nobody' = 'admin'): Promise<TLSSocket> {
  const { certPem: cert, keyPem: key } = server.admin;
  const options = {
    host: '127.0.0.1',
    port: portOf(server),
    ca: server.authority.certPem,
    ...(as === 'admin' && { cert, key }),
  };
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** What the server says until it ends the connection. */
async function rest(socket: TLSSocket): Promise<string> {
  return String(Buffer.concat(await socket.toArray()));
}

/** What the server says first. */
async function first(socket: TLSSocket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return String(chunk);
}

const HEAD = `POST ${NS}/configmaps?dryRun=All HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;

describe('bodies', () => {
  test('of 3 MB are read, and longer ones are refused with or without their length', async () => {
    const body = (bytes: number) => JSON.stringify({ metadata: { name: 'x' }, data: {}, rest: 'x'.repeat(bytes) });
    const send = (bytes: number) => server.send(`POST ${NS}/configmaps?dryRun=All`, { body: body(bytes) });
    expect((await send(2.9 * MEGABYTE)).code).toBe(201);
    expect((await send(3 * MEGABYTE)).json).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
    const socket = await dial();
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = 'x'.repeat(MEGABYTE);
    for (let i = 0; i < 4; i++) socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    expect(await first(socket)).toMatch(/^HTTP\/1.1 413 /);
    // The rest was thrown away: the connection goes on.
    socket.write('0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await rest(socket)).toMatch(/HTTP\/1.1 200 OK/);
  });

  test('are not waited for from somebody who may not send them', async () => {
    const socket = await dial('nobody');
    socket.write(`${HEAD}Content-Length: ${2 * MEGABYTE}\r\n\r\n`);
    expect(await first(socket)).toMatch(/^HTTP\/1.1 403 /);
    socket.destroy();
  });

  test('that never end are cut', async () => {
    const socket = await dial();
    socket.write(`${HEAD}Content-Length: 1000\r\n\r\n{"metadata":`);
    expect(await rest(socket)).toMatch(/^HTTP\/1.1 408 Request Timeout.*"reason":"Timeout"/s);
  });

  test.each([
    ['application/json', '['.repeat(MEGABYTE)],
    ['application/json', `${'{"metadata":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['application/json', `{"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['application/yaml', '- '.repeat(20_000)],
    ['application/vnd.kubernetes.protobuf', `k8s\0${'\x0a\x7f'.repeat(50_000)}`],
  ])('nested without end are refused: %s', async (type, body) => {
    const reply = await server.send(`POST ${NS}/configmaps`, { body, headers: { 'content-type': type } });
    expect([400, 422], reply.text).toContain(reply.code);
  });
});

describe('headers', () => {
  const withHeaders = async (lines: string, path = '/livez') => {
    const socket = await dial();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`);
    return rest(socket);
  };

  test('may be long, and no longer', async () => {
    const padding = (bytes: number) => `X-Padding: ${'x'.repeat(bytes)}\r\n`;
    expect(await withHeaders(padding(MAX_HEADER_BYTES - 1_000))).toMatch(/^HTTP\/1.1 200 /);
    expect(await withHeaders(padding(MAX_HEADER_BYTES))).toMatch(/^HTTP\/1.1 431 .*32768 bytes together/s);
  });

  test('may be many, and none is overlooked', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => `a${i}: b\r\n`).join('');
    const path = `${NS}/configmaps`;
    expect(await withHeaders(`${many}Impersonate-User: nobody-in-particular\r\n`, path)).toMatch(/^HTTP\/1.1 403 /);
    expect(await withHeaders(many.repeat(3))).toMatch(/^HTTP\/1.1 431 /);
  });

  test('with a long path or query are within the same bound', async () => {
    const long = 'x'.repeat(MAX_HEADER_BYTES - 1_000);
    expect(await withHeaders('', `/${long}`)).toMatch(/^HTTP\/1.1 404 /);
    expect(await withHeaders('', `/version?${long}`)).toMatch(/^HTTP\/1.1 200 /);
    expect(await withHeaders('', `/version?${long}${long}`)).toMatch(/^HTTP\/1.1 431 /);
  });

  test('that never end are cut', async () => {
    const socket = await dial();
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n');
    expect(await rest(socket)).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe('connections', () => {
  const connections = (to: TestServer, count: number) => {
    const sockets = Array.from({ length: count }, () => connectTcp({ host: '127.0.0.1', port: portOf(to) }));
    return { sockets, ends: sockets.map(ended), connected: sockets.map((socket) => once(socket, 'connect')) };
  };

  test('that say nothing are closed, and a thousand of them keep nobody out', async () => {
    const { ends, connected } = connections(server, 1_000);
    await Promise.all(connected);
    expect((await server.send('GET /livez')).code).toBe(200);
    await Promise.all(ends);
  });

  test('are no more than may be, and those that never said anything do not keep the server from stopping', async () => {
    const small = await startTestServer({ bounds: { connections: 20 } });
    const { sockets, ends, connected } = connections(small, 21);
    await Promise.all([...connected, Promise.any(ends)]);
    expect(sockets.filter(({ closed }) => closed)).toHaveLength(1);
    await small.stop();
    await Promise.all(ends);
  });
});

/** Resolves when the server has ended a connection. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.resume().once('close', () => resolve());
    socket.on('error', () => {});
  });
}
