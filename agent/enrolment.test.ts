import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../platform/clock.ts';
import { silentLogger } from '../platform/log.ts';
import { type Authority, formatJoinToken, openAuthority } from '../platform/pki.ts';
import { AGENTS_SERVER_NAME, ENROL_PATH } from '../proto/enrolment.ts';
import { Enrolment } from './enrolment.ts';
import { MasterRefused, MasterUnreachable } from './transport.ts';

const DAY_MS = 86_400_000;
const secret = 'a-secret-of-some-length';
let dir: string;
let authority: Authority;
let server: Server;
let masterUrl: string;
let asked: { authorization?: string; nodeName: string; addresses?: string[] }[];
let answer: { code: number; body?: string };
/** Ahead of the machine's clock by this much; TLS itself keeps to the machine's. */
let aheadMs: number;
let timers: (() => void)[];
const clock: Clock = {
  now: () => Date.now() + aheadMs,
  monotonicMs: () => performance.now(),
  setTimer(_delayMs, fn) {
    timers.push(fn);
    return { cancel: () => (timers = timers.filter((timer) => timer !== fn)) };
  },
};

/** A master that certifies every node, on loopback. */
async function startMaster(names: string[]): Promise<void> {
  const pair = await authority.issue({
    commonName: 'master',
    organizations: [],
    usages: ['server'],
    dnsNames: names,
    validDays: 30,
  });
  server = createServer({ key: pair.keyPem, cert: pair.certPem }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text);
    asked.push({ authorization: request.headers.authorization, nodeName: body.nodeName, addresses: body.addresses });
    const certPem = await authority.sign(body.csrPem, {
      commonName: `system:node:${body.nodeName}`,
      organizations: ['system:nodes'],
      usages: ['client'],
      validDays: 90,
    });
    response.statusCode = request.url === ENROL_PATH ? answer.code : 404;
    response.end(answer.body ?? JSON.stringify({ certPem, caPem: authority.certPem }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  masterUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const enrolment = (joinToken = formatJoinToken({ fingerprint: authority.fingerprint, secret })) =>
  new Enrolment({
    dataDir: dir,
    masterUrl: () => masterUrl,
    joinToken,
    nodeName: 'a',
    addresses: ['10.0.0.7'],
    clock,
    log: silentLogger,
  });

beforeEach(async () => {
  aheadMs = 0;
  timers = [];
  asked = [];
  answer = { code: 200 };
  dir = await mkdtemp(join(tmpdir(), 'stowage-join-'));
  authority = await openAuthority(join(dir, 'master'), clock);
  await startMaster([AGENTS_SERVER_NAME]);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

describe('joining a cell', () => {
  test('gives an identity that is kept, its key for its owner only', async () => {
    const first = enrolment();
    await first.start();
    await first.stop();
    expect(asked).toEqual([
      { authorization: expect.stringMatching(/^Bearer stw1\./), nodeName: 'a', addresses: ['10.0.0.7'] },
    ]);
    expect(new X509Certificate(first.identity.certPem).subject).toContain('CN=system:node:a');
    expect((await stat(join(dir, 'agent-a', 'client.key'))).mode & 0o777).toBe(0o600);
    const again = enrolment();
    await again.start();
    await again.stop();
    expect(again.identity).toEqual(first.identity);
    expect(asked).toHaveLength(1);
  });

  test('with a token of another cell is refused before the token is shown to anyone', async () => {
    const joining = enrolment(formatJoinToken({ fingerprint: 'ab'.repeat(32), secret }));
    await expect(joining.start()).rejects.toThrow(MasterRefused);
    await expect(joining.start()).rejects.toThrow(/token pins the authority abab.* the server presented [0-9a-f]{64}/);
    expect(asked).toEqual([]);
    expect(await readdir(dir)).toEqual(['master']);
  });

  test("shows the token to nobody but the master, though the cell's authority certified another server", async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await startMaster(['node-b']);
    await expect(enrolment().start()).rejects.toThrow(/agents\.stowage/);
    expect(asked).toEqual([]);
  });

  test('says what the master said when it refuses', async () => {
    answer = { code: 401, body: '{"kind":"Status","message":"Unauthorized"}' };
    await expect(enrolment().start()).rejects.toThrow(
      /HTTP 401\): Unauthorized; .*`stowctl token create` makes a new one/,
    );
    answer = { code: 503, body: 'later' };
    await expect(enrolment().start()).rejects.toThrow(MasterUnreachable);
  });

  test('with nobody there is trouble that passes', async () => {
    masterUrl = 'https://127.0.0.1:1';
    await expect(enrolment().start()).rejects.toThrow(MasterUnreachable);
  });
});

describe('renewal', () => {
  test('happens at start and while running once less than a third of life is left', async () => {
    const first = enrolment();
    await first.start();
    const before = first.identity;
    aheadMs = 61 * DAY_MS;
    timers.shift()?.();
    await expect.poll(() => first.identity.certPem, { timeout: 8_000 }).not.toBe(before.certPem);
    await first.stop();
    aheadMs = 61 * DAY_MS + 61 * DAY_MS;
    const second = enrolment();
    await second.start();
    await second.stop();
    expect(asked).toHaveLength(3);
  });

  test('that fails leaves the certificate in use', async () => {
    const first = enrolment();
    await first.start();
    await first.stop();
    aheadMs = 61 * DAY_MS;
    answer = { code: 500, body: '' };
    const second = enrolment();
    await second.start();
    await second.stop();
    expect(second.identity).toEqual(first.identity);
  });
});
