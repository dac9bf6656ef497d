import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { memoryStore } from '../memory.ts';
import { openSqliteStore } from '../sqlite.ts';
import { storeSuite } from '../store.suite.ts';
import { EncryptedStore } from './encrypted-store.ts';
import { encryptionSuite } from './encryption.suite.ts';
import { readProtection } from './key-file.ts';
import { ProtectedKeys } from './protected-keys.ts';
import { isSealed, open, seal } from './seal.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const configured = (resources: string[], providers: object[]) =>
  JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources, providers }],
  });

describe('on sqlite', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stowage-test-encryption-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  encryptionSuite('sqlite', () => ({
    open: () => openSqliteStore({ file: join(dir, 'store.db'), clock: systemClock, log: silentLogger }),
    raw: async () =>
      readdirSync(dir)
        .filter((name) => name.startsWith('store.db'))
        .map((name) => readFileSync(join(dir, name), 'latin1'))
        .join(''),
    keyFile(text) {
      writeFileSync(join(dir, 'keys'), text, { mode: 0o600 });
      return join(dir, 'keys');
    },
  }));
});

storeSuite(
  'encrypted',
  async () => {
    const clock = new ManualClock();
    const protection = readProtection(configured(['*.*'], [{ aesgcm: { keys: [{ name: 'a', secret: KEY }] } }]), 'f');
    const store = new EncryptedStore(memoryStore({ clock }), protection, silentLogger);
    return {
      store,
      pass: async (ms: number) => clock.advance(ms),
      shortestLeaseMs: 1_000,
      dispose: () => store.close(),
    };
  },
  { durable: false },
);

test('equal values do not look equal, and open only under their own key of the store', () => {
  const key = { name: 'a', bytes: Buffer.alloc(32, 1) };
  const keys = new Map([['a', key]]);
  const sealed = seal('/x', 'text', key);
  expect(isSealed(sealed)).toBe(true);
  expect(seal('/x', 'text', key)).not.toBe(sealed);
  expect(open('/x', sealed, keys)).toBe('text');
  expect(() => open('/y', sealed, keys)).toThrow(/is not opened by the key "a"/);
  const start = sealed.lastIndexOf(':') + 1;
  for (let end = start; end < sealed.length; end += 4)
    expect(() => open('/x', sealed.slice(0, end), keys)).toThrow(/is not opened by the key "a"/);
});

test.each([
  ['secrets', '/registry/core/secrets/a/b', true],
  ['secrets', '/registry/core/configmaps/a/b', false],
  ['secrets', '/registry/example.com/secrets/a/b', false],
  ['deployments.apps', '/registry/apps/deployments/a/b', true],
  ['*.apps', '/registry/apps/deployments/a/b', true],
  ['*.apps', '/registry/batch/jobs/a/b', false],
  ['*.', '/registry/core/nodes/a', true],
  ['*.', '/registry/apps/deployments/a/b', false],
  ['*.*', '/registry/batch/jobs/a/b', true],
  ['*.*', '/cell/id', false],
])('the resource %s means %s: %s', (resource, key, isMeant) => {
  const protection = readProtection(configured([resource], [{ identity: {} }]), 'f');
  expect(new ProtectedKeys(protection).ruleOf(key) !== undefined).toBe(isMeant);
});

test.each([
  ['YWJj', /holds 3 bytes in base64, but a key has 32: make one with/],
  ['kind: Pod', /must hold 32 bytes in base64, or `kind: EncryptionConfiguration`/],
  ['a: [', /is neither a key in base64 nor YAML/],
  [
    configured(['secrets'], [{ aescbc: {} }]),
    /has the provider aescbc at resources\[0\].providers\[0\], which this cell does not have/,
  ],
  [configured(['secrets'], []), /needs a list at resources\[0\].providers/],
  [configured(['*'], [{ identity: {} }]), /has "\*" in resources\[0\].resources/],
  [configured(['secrets'], [{ aesgcm: { keys: [{ name: 'a', secret: 'YQ==' }] } }]), /32 bytes in base64 .*, it has 1/],
  [configured(['secrets'], [{ aesgcm: { keys: [{ name: 'a:b', secret: KEY }] } }]), /a name without blanks and colons/],
  [
    configured(
      ['secrets'],
      [
        {
          aesgcm: {
            keys: [
              { name: 'a', secret: KEY },
              { name: 'a', secret: KEY.replace('B', 'C') },
            ],
          },
        },
      ],
    ),
    /has two keys of the name a/,
  ],
])('a key file that cannot be used is refused: %#', (text, why) => {
  expect(() => readProtection(text, 'keys.yaml')).toThrow(why);
});
