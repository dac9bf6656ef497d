import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Probe } from '../../api/core/probe.ts';
import { systemClock } from '../../platform/clock.ts';
import { openAuthority } from '../../platform/pki.ts';
import { type ExecResult, RuntimeError } from '../runtime.ts';
import { ask } from './ask.ts';

let ends: ExecResult | RuntimeError = { exitCode: 0, output: '' };
const runtime = {
  async exec(): Promise<ExecResult> {
    if (ends instanceof RuntimeError) throw ends;
    return ends;
  },
};
const place = { id: 'c1', podIp: '127.0.0.1', ports: [] as { name: string; containerPort: number }[] };
const put = (probe: Probe, signal = AbortSignal.timeout(5_000)) => ask(probe, place, runtime, signal);

describe('an HTTP probe', () => {
  let requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    const [, status = '200', location] = /^\/(\d+)(?:-to-(.*))?$/.exec(request.url ?? '') ?? [];
    if (status === '0') return;
    if (request.url === '/round') response.writeHead(302, { location: '/round' });
    else response.writeHead(Number(status), location ? { location: decodeURIComponent(location) } : {});
    response.end('hello');
  });
  let port: number;
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
    place.ports = [{ name: 'web', containerPort: port }];
  });
  afterAll(() => server.close());
  const get = (path: string, more: object = {}) => put({ httpGet: { path, port, ...more } });

  const rows: [path: string, result: string][] = [
    ['/200', 'success'],
    ['/204', 'success'],
    ['/399', 'success'],
    ['/400', 'failure'],
    ['/503', 'failure'],
    ['/302-to-%2F200', 'success'],
    ['/302-to-%2F500', 'failure'],
    [`/302-to-${encodeURIComponent('http://stowage.invalid/500')}`, 'success'],
    ['/round', 'success'],
  ];
  for (const [path, result] of rows)
    test(`${path} is ${result}`, async () => expect(await get(path)).toMatchObject({ result }));

  test('says what it found', async () => {
    expect((await get('/500')).message).toBe('HTTP probe failed with statuscode: 500');
    const closed = await put({ httpGet: { port: 1 } });
    expect(closed).toEqual({ result: 'failure', message: 'connect ECONNREFUSED 127.0.0.1:1' });
  });

  test('names itself, sends the headers it is given, and finds named ports', async () => {
    requests = [];
    const httpHeaders = [
      { name: 'Host', value: 'shop.example' },
      { name: 'X-Two', value: 'a' },
      { name: 'x-two', value: 'b' },
      { name: 'Accept', value: '' },
    ];
    expect(await get('200', { port: 'web', httpHeaders })).toMatchObject({ result: 'success' });
    const { headers, url } = requests[0]!;
    expect(url).toBe('/200');
    expect(headers).toMatchObject({ host: 'shop.example', 'x-two': 'a, b', 'user-agent': 'kube-probe/1.33' });
    expect(headers.accept).toBeUndefined();
    expect(await get('/200', { port: 'none' })).toMatchObject({ result: 'unknown' });
  });

  test('ends when it is given up', async () => {
    const leaving = new AbortController();
    const answer = put({ httpGet: { path: '/0', port } }, leaving.signal);
    leaving.abort(new Error('too late'));
    expect(await answer).toEqual({ result: 'failure', message: 'too late' });
  });
});

test('an HTTPS probe takes any certificate', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-test-probe-'));
  const authority = await openAuthority(dir, systemClock);
  const usages = ['server' as const];
  const { certPem, keyPem } = await authority.issue({ commonName: 'x', organizations: [], usages, validDays: 1 });
  const server = https.createServer({ cert: certPem, key: keyPem }, (_request, response) => response.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await put({ httpGet: { port, scheme: 'HTTPS' } })).toMatchObject({ result: 'success' });
  expect(await put({ httpGet: { port, scheme: 'HTTP' } })).toMatchObject({ result: 'failure' });
  server.close();
  await rm(dir, { recursive: true });
});

test('a TCP probe succeeds where somebody listens', async () => {
  const server = createServer((socket) => socket.on('error', () => {}));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await put({ tcpSocket: { port } })).toMatchObject({ result: 'success' });
  expect(await put({ tcpSocket: { port: 1 } })).toMatchObject({ result: 'failure' });
  server.close();
});

test('a gRPC probe asks the health service', async () => {
  const check = {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: Buffer) => value,
    requestDeserialize: (value: Buffer) => value,
    responseSerialize: (value: Buffer) => value,
    responseDeserialize: (value: Buffer) => value,
  };
  const server = new Server();
  const definition: ServiceDefinition = { check };
  const answers: Record<string, number> = { '': 1, '\n\u0004shop': 2 };
  server.addService(definition, {
    check(call: { request: Buffer }, done: (error: null, value: Buffer) => void) {
      done(null, Buffer.from([0x08, answers[call.request.toString()] ?? 3]));
    },
  });
  const bound = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, port) => bound.resolve(port));
  const port = await bound.promise;
  expect(await put({ grpc: { port, service: '' } })).toEqual({ result: 'success', message: '' });
  expect(await put({ grpc: { port, service: 'shop' } })).toEqual({
    result: 'failure',
    message: 'service unhealthy (responded with "NOT_SERVING")',
  });
  server.forceShutdown();
  const closed = await put({ grpc: { port: 1 } });
  expect(closed.result).toBe('failure');
  expect(closed.message).toContain('ECONNREFUSED');
});

test('a command succeeds with exit code 0, and what it wrote is its message', async () => {
  const exec = { command: ['check'] };
  expect(await put({ exec })).toMatchObject({ result: 'success' });
  ends = { exitCode: 3, output: 'no lights on\n' };
  expect(await put({ exec })).toEqual({ result: 'failure', message: 'no lights on' });
  ends = { exitCode: 3, output: '' };
  expect(await put({ exec })).toEqual({ result: 'failure', message: 'the command ended with exit code 3' });
  ends = new RuntimeError('failed', 'the container does not run');
  expect(await put({ exec })).toEqual({ result: 'unknown', message: 'the container does not run' });
});

test('a pod without an address, and an engine that is away, say nothing of the container', async () => {
  const nowhere = { ...place, podIp: undefined };
  expect(await ask({ tcpSocket: { port: 1 } }, nowhere, runtime, AbortSignal.timeout(5_000))).toMatchObject({
    result: 'unknown',
  });
  ends = new RuntimeError('unreachable', 'the engine is away');
  expect(await put({ exec: { command: ['true'] } })).toEqual({ result: 'unknown', message: '' });
});
