import { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import type { ExtraRequest } from '../../apiserver/server.ts';
import type { Auth } from '../../auth/auth.ts';
import { EncryptedStore } from '../encryption/encrypted-store.ts';
import { readProtection } from '../encryption/key-file.ts';
import { memoryStore } from '../memory.ts';
import { put } from '../store.suite.ts';
import { snapshotRoute } from './snapshot-route.ts';

const asking = { headers: {}, credential: { type: 'none' } } as unknown as ExtraRequest;
/** A thousand of them are more than one piece of an answer. */
const LONG = 'x'.repeat(200);
const authFor = (...groups: string[]) =>
  ({ authenticator: { identify: async () => ({ name: 'somebody', groups }) } }) as unknown as Auth;

test('an administrator is told all that is in the store, and that it was all', async () => {
  const store = memoryStore({ clock: new ManualClock() });
  await store.commit(put('/cell/id', 'x'));
  const answer = await snapshotRoute(store, authFor('system:masters')).handle(asking);
  if (answer.type !== 'stream') throw new Error('no stream');
  expect(
    (await readAll(Readable.from(answer.chunks)))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { type: 'begin', revision: 2, expected: 1 },
    { type: 'entry', key: '/cell/id', value: 'x' },
    { type: 'end' },
  ]);
});

test('what is sealed in the store is told as it stands there', async () => {
  const store = memoryStore({ clock: new ManualClock() });
  const key = Buffer.alloc(32, 7).toString('base64');
  const text = JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ aesgcm: { keys: [{ name: 'a', secret: key }] } }] }],
  });
  const encrypted = new EncryptedStore(store, readProtection(text, 'f'), silentLogger);
  await encrypted.commit(put('/registry/core/secrets/default/s', 'open words'));
  const answer = await snapshotRoute(encrypted, authFor('system:masters')).handle(asking);
  if (answer.type !== 'stream') throw new Error('no stream');
  const told = await readAll(Readable.from(answer.chunks));
  expect(told).toContain('stowage:enc:aesgcm:v1:a:');
  expect(told).not.toContain('open words');
});

test('where the store forgets the beginning before the end, that is said', async () => {
  const store = memoryStore({ clock: new ManualClock(), historyRevisions: 10 });
  for (let i = 0; i < 1_500; i++) await store.commit(put(`/registry/${i}`, LONG));
  const answer = await snapshotRoute(store, authFor('system:masters')).handle(asking);
  if (answer.type !== 'stream') throw new Error('no stream');
  let told = '';
  for await (const chunk of answer.chunks) {
    if (told === '') for (let i = 0; i < 50; i++) await store.commit(put(`/registry/${i}`, 'new'));
    told += chunk;
  }
  expect(told).toContain(LONG);
  expect(told.trimEnd().split('\n').at(-1)).toBe('{"type":"outrun"}');
});

test('nobody else is, whatever roles he has', async () => {
  const route = snapshotRoute(memoryStore({ clock: new ManualClock() }), authFor('system:nodes', 'admins'));
  await expect(route.handle(asking)).rejects.toMatchObject({ code: 403 });
});
