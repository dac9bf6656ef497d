import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from './answer.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
const accepted: (string | false | null)[] = [];
beforeAll(async () => {
  server = await startTestServer({
    accept(socket) {
      accepted.push(socket.alpnProtocol);
      socket.end('hello agent');
    },
    extraRoutes: [
      {
        method: 'POST',
        path: '/stowage/v1/enrol',
        handle: async ({ headers, body }) => text(200, `${headers.authorization} ${body}`),
      },
      {
        method: 'POST',
        path: '/stowage/v1/broken',
        handle: async () => {
          throw new Error('secret detail');
        },
      },
    ],
  });
});
afterAll(() => server.stop());

function dial(servername: string, protocols: string[]): Promise<TLSSocket> {
  const { port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: Number(port), ca: server.authority.certPem, servername, ALPNProtocols: protocols },
      () => resolve(socket),
    );
    socket.once('error', reject);
  });
}

describe('one port', () => {
  test('hands agents over by their server name', async () => {
    const socket = await dial('agents.stowage', ['h2']);
    const chunks = await socket.toArray();
    expect(String(Buffer.concat(chunks))).toBe('hello agent');
    expect([socket.alpnProtocol, accepted]).toEqual(['h2', ['h2']]);
  });

  test('speaks HTTP/1.1 to all others, though they offer HTTP/2 too', async () => {
    const socket = await dial('localhost', ['h2', 'http/1.1']);
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test('answers requests that follow each other closely in turn, also to go on in another protocol', async () => {
    const socket = await dial('localhost', ['http/1.1']);
    const upgrade =
      'GET /api/v1/namespaces/default/pods/none/exec?command=a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n';
    const offer = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n';
    const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n`;
    socket.write(`GET /livez HTTP/1.1\r\nHost: x\r\n\r\n${upgrade}${offer}${key}\r\n`);
    const said = String(Buffer.concat(await socket.toArray()));
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403']);
  });

  test.each([
    ['LINK /api/v1/pods HTTP/1.1\r\nHost: x', /^HTTP\/1\.1 40[34] .*"kind":"Status"/s],
    ['GET /livez HTTP/1.1\r\nHost: x\r\nExpect: miracles', /^HTTP\/1\.1 200 /],
  ])('answers %j as others', async (head, expected) => {
    const socket = await dial('localhost', ['http/1.1']);
    socket.write(`${head}\r\nConnection: close\r\n\r\n`);
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(expected);
  });

  test('answers what is not HTTP with a Status', async () => {
    const socket = await dial('localhost', ['http/1.1']);
    socket.write('nonsense\r\n\r\n');
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1.1 400 Bad Request.*"kind":"Status"/s);
  });
});

describe('further routes', () => {
  test('do their own authentication', async () => {
    const headers = { authorization: 'Bearer token' };
    const reply = await server.send('POST /stowage/v1/enrol', { as: null, headers, body: '{"a":1}' });
    expect([reply.code, reply.text]).toEqual([200, 'Bearer token {"a":1}']);
    expect((await server.send('GET /stowage/v1/enrol', { as: null })).code).toBe(403);
  });

  test('give nothing away when they fail', async () => {
    const reply = await server.send('POST /stowage/v1/broken', { as: null, body: '{}' });
    expect(reply.json).toMatchObject({ kind: 'Status', code: 500, reason: 'InternalError' });
    expect(reply.text).not.toContain('secret detail');
  });
});
