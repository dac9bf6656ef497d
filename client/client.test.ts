import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from './client.ts';
import { accessFrom } from './kubeconfig.ts';

let dir: string;
let server: Server;
let good: string;
let asked: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-test-client-'));
  asked = [];
  server = createServer(({ headers }, response) => {
    asked.push(headers.authorization ?? '');
    response.writeHead(headers.authorization === `Bearer ${good}` ? 200 : 401).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true, force: true });
});

test('a token in a file that has run out is read again, once', async () => {
  const { port } = server.address() as AddressInfo;
  const named = (what: string, entry: object) => [{ name: 'a', [what]: entry }];
  const config = {
    'current-context': 'a',
    clusters: named('cluster', { server: `http://127.0.0.1:${port}` }),
    contexts: named('context', { cluster: 'a', user: 'a' }),
    users: named('user', { tokenFile: 'token' }),
  };
  await writeFile(join(dir, 'token'), 'first\n');
  const client = new ApiClient(accessFrom(JSON.stringify(config), join(dir, 'kubeconfig')));
  good = 'first';
  await client.get('/version');
  good = 'second';
  await expect(client.get('/version')).rejects.toMatchObject({ status: { code: 401 } });
  await writeFile(join(dir, 'token'), 'second\n');
  await client.get('/version');
  await client.get('/version');
  expect(asked).toEqual(['first', 'first', 'first', 'second', 'second'].map((token) => `Bearer ${token}`));
  client.close();
});
