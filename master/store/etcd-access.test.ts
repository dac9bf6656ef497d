import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEtcdAccess } from './etcd-access.ts';

const TLS = ['https://127.0.0.1:2379'];
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-etcd-access-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(dir, name), text);
  return join(dir, name);
}

test('nothing given asks for nothing', async () => {
  expect(await readEtcdAccess({}, ['http://127.0.0.1:2379'])).toEqual({});
});

test('certificates and the user are read from their files; a password may hold colons', async () => {
  const files = {
    caFile: await file('ca', 'CA'),
    certFile: await file('cert', 'CERT'),
    keyFile: await file('key', 'KEY'),
    userFile: await file('user', 'cell-a:pa:ss word\n'),
  };
  const { credentials, user } = await readEtcdAccess(files, TLS);
  expect(user).toEqual({ name: 'cell-a', password: 'pa:ss word' });
  expect(String(credentials?.rootCertificate)).toBe('CA');
  expect(String(credentials?.certChain)).toBe('CERT');
});

test('what cannot be used is said, with what would be right', async () => {
  const one = await file('one', 'no colon');
  await expect(readEtcdAccess({ certFile: one }, TLS)).rejects.toThrow(/belong together/);
  await expect(readEtcdAccess({ caFile: one }, ['http://a:1'])).rejects.toThrow(/http:\/\/a:1.*write https/);
  await expect(readEtcdAccess({ userFile: one }, TLS)).rejects.toThrow(/USER:PASSWORD/);
  await expect(readEtcdAccess({ userFile: join(dir, 'none') }, TLS)).rejects.toThrow(/there is no such file/);
});
