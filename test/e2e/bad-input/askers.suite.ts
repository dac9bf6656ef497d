import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { Status } from '../../../api/meta/errors.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openAuthority } from '../../../platform/pki.ts';
import type { RawApi } from '../../raw-api.ts';
import { CORE, configMap } from './requests.ts';

/** Questions that make no sense, and people who may not ask. */
export function askers(api: () => RawApi): void {
  describe('reads', () => {
    test('selectors, limits and versions that make no sense', async () => {
      for (const query of [
        'labelSelector=a%20b%20c',
        'labelSelector=a+in+(',
        'fieldSelector=spec.colour%3Dred',
        'fieldSelector=x',
        'limit=many',
        'limit=-1',
        'continue=nonsense',
      ]) {
        const answer = await api().get(`${CORE}/pods?${query}`);
        expect([query, answer.code, answer.status().reason]).toEqual([query, 400, 'BadRequest']);
      }
      expect((await api().get(`${CORE}/pods?resourceVersion=abc`)).status().code).toBe(422);
      expect((await api().get(`${CORE}/pods?watch=1&resourceVersion=abc`)).status().code).toBe(422);
    });

    test('410 for a watch from before memory begins', async () => {
      // The master has read its store since.
      const ancient = await api().send('GET', `${CORE}/configmaps?watch=true&resourceVersion=1`, {
        firstLineOnly: true,
      });
      const event = JSON.parse(ancient.text.split('\n')[0]!) as { type: string; object: Status };
      expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    });

    test('a version from the future: 504, or too large a version, never an answer from the past', async () => {
      const answer = await api().get(`${CORE}/configmaps?resourceVersion=999999999`);
      expect(answer.status()).toMatchObject({ code: 504, reason: 'Timeout' });
      expect(answer.status().message).toContain('Too large resource version');
    });
  });

  describe('strangers', () => {
    const OPEN = ['/healthz', '/livez', '/readyz', '/version'];
    const CLOSED = [
      '/',
      '/api',
      '/apis',
      '/api/v1',
      '/openapi/v2',
      '/openapi/v3',
      '/metrics',
      '/api/v1/nodes',
      `${CORE}/secrets`,
    ];

    test('nobody in particular may ask for health and version, and nothing else', async () => {
      const nobody = api().as(undefined);
      try {
        for (const path of OPEN) expect([path, (await nobody.get(path)).code]).toEqual([path, 200]);
        for (const path of CLOSED) {
          const answer = await nobody.get(path);
          expect([path, answer.code, answer.status().reason]).toEqual([path, 403, 'Forbidden']);
        }
        expect((await nobody.post(`${CORE}/configmaps`, configMap('intruder'))).code).toBe(403);
        expect((await nobody.get('/api/v1/nodes', { authorization: 'Bearer nonsense' })).code).toBe(401);
      } finally {
        nobody.close();
      }
    });

    test("another authority's certificate proves nothing", async () => {
      const directory = await mkdtemp(join(tmpdir(), 'stowage-test-'));
      const authority = await openAuthority(directory, systemClock);
      const admin = { commonName: 'admin', organizations: ['system:masters'] };
      const forged = await authority.issue({ ...admin, usages: ['client'], validDays: 1 });
      const stranger = api().as({ cert: forged.certPem, key: forged.keyPem });
      try {
        for (const path of ['/api/v1/nodes', `${CORE}/secrets`]) {
          expect((await stranger.get(path)).status()).toMatchObject({ code: 401, reason: 'Unauthorized' });
        }
      } finally {
        stranger.close();
        await rm(directory, { recursive: true, force: true });
      }
    });

    test('what is no HTTP is dropped', async () => {
      const { port } = new URL(api().url);
      const socket = connect({ port: Number(port), host: '127.0.0.1', ca: api().ca, servername: 'localhost' });
      await once(socket, 'secureConnect');
      const closed = once(socket, 'close');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write('\0\0\0this is not HTTP\r\n\r\n');
      await closed;
    });
  });
}
