import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { Gauge, Registry } from '../../platform/metrics.ts';
import { type Authority, openAuthority } from '../../platform/pki.ts';
import type { Verdict } from './readers.ts';
import { MetricsServer } from './server.ts';

const VERDICTS: Record<string, Verdict> = { good: 200, idle: 403, wrong: 401 };

describe('the metrics of an agent', () => {
  let dir: string;
  let authority: Authority;
  let server: MetricsServer;
  const readers = {
    async verdict(token: string): Promise<Verdict> {
      const verdict = VERDICTS[token];
      if (!verdict) throw new Error('the master is away');
      return verdict;
    },
  };
  const certified = (by: Authority) =>
    by.issue({ commonName: 'ann', organizations: [], usages: ['client'], validDays: 1 });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-test-metrics-'));
    authority = await openAuthority(join(dir, 'cell'), systemClock);
    const usages = ['server', 'client'] as const;
    const own = { commonName: 'n1', organizations: [], usages: [...usages], ipAddresses: ['127.0.0.1'], validDays: 1 };
    const registry = new Registry();
    new Gauge({ name: 'cargo', help: 'Cargo.', registers: [registry] }).set(7);
    server = new MetricsServer({
      port: 0,
      ...(await authority.issue(own)),
      caPem: authority.certPem,
      pages: { '/metrics': () => registry.metrics() },
      readers,
    });
    await server.start();
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true });
  });

  const ask = (path: string, headers: Record<string, string>, identity?: { certPem: string; keyPem: string }) =>
    new Promise<{ code?: number; said: string }>((resolve, reject) => {
      const { certPem: cert, keyPem: key } = identity ?? {};
      const options = {
        port: server.port,
        host: '127.0.0.1',
        path,
        headers,
        ca: authority.certPem,
        cert,
        key,
        agent: false,
      };
      const sent = request(options, (response) => {
        text(response).then((said) => resolve({ code: response.statusCode, said }), reject);
      });
      sent.on('error', reject);
      sent.end();
    });

  test('members of the cell read them', async () => {
    const identity = await certified(authority);
    expect(await ask('/metrics', {}, identity)).toMatchObject({ code: 200, said: expect.stringContaining('cargo 7') });
    expect(await ask('/pods', {}, identity)).toMatchObject({ code: 404 });
  });

  test.each([
    ['a token that may', 'Bearer good', 200, 'cargo 7'],
    ['a token that may not', 'bearer idle', 403, 'may not `get nodes/metrics`'],
    ['a token that nobody knows', 'Bearer wrong', 401, 'show a certificate'],
    ['a password', 'Basic YW5uOmFubg==', 401, 'show a certificate'],
    ['nothing', '', 401, 'show a certificate'],
    ['a token, while nobody can tell', 'Bearer other', 503, 'the master is away'],
  ])('%s', async (_what, authorization, code, said) => {
    const answer = await ask('/metrics', authorization ? { authorization } : {});
    expect(answer).toEqual({ code, said: expect.stringContaining(said) });
  });

  test("a certificate of somebody else's authority is none", async () => {
    const stranger = await certified(await openAuthority(join(dir, 'other'), systemClock));
    expect(await ask('/metrics', {}, stranger)).toMatchObject({ code: 401 });
  });

  test('what is not there is not told to strangers', async () => {
    expect(await ask('/pods', {})).toMatchObject({ code: 401 });
  });
});
