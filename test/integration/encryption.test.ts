import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { encryptionSuite } from '../../master/store/encryption/encryption.suite.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';

let etcd: TestEtcd;
let dir: string;
let tests = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-encryption-'));
  etcd = await startEtcd();
});
beforeEach(() => {
  tests += 1;
});
afterAll(async () => {
  await etcd?.stop();
  rmSync(dir, { recursive: true, force: true });
});

encryptionSuite('etcd', () => {
  const prefix = `/encrypted-${tests}`;
  return {
    open: () => openEtcdStore({ endpoints: etcd.endpoints, prefix, clock: systemClock, log: silentLogger }),
    raw: () => everythingUnder(prefix),
    keyFile(text) {
      writeFileSync(join(dir, 'keys'), text, { mode: 0o600 });
      return join(dir, 'keys');
    },
  };
});

/** What etcd itself has, asked in its own protocol. */
async function everythingUnder(prefix: string): Promise<string> {
  const body = { key: base64(prefix), range_end: base64(`${prefix}0`) };
  const answer = await fetch(`${etcd.endpoints[0]}/v3/kv/range`, { method: 'POST', body: JSON.stringify(body) });
  const { kvs = [] } = (await answer.json()) as { kvs?: { value?: string }[] };
  return kvs.map(({ value = '' }) => Buffer.from(value, 'base64').toString('latin1')).join('\n');
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
