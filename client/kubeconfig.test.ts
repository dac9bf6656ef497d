import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { accessFrom, readKubeconfig } from './kubeconfig.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const config = (user: object, cluster: object = {}) =>
  stringify({
    'current-context': 'here',
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'web' } },
      { name: 'bare', context: { cluster: 'c' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
  });

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-kubeconfig-'));
  writeFileSync(join(dir, 'ca.crt'), 'the ca');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('a context', () => {
  test('gives server, namespace and inline keys', () => {
    const user = { 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') };
    expect(accessFrom(config(user, { 'certificate-authority-data': base64('ca') }), '/k')).toMatchObject({
      server: 'https://127.0.0.1:6443',
      namespace: 'web',
      ca: 'ca',
      cert: 'cert',
      key: 'key',
    });
  });

  test('can be another than the current one', () => {
    expect(accessFrom(config({ token: 't' }), '/k', 'bare')).toMatchObject({ namespace: 'default', token: undefined });
  });

  test('may name files, beside the kubeconfig', () => {
    expect(accessFrom(config({}, { 'certificate-authority': 'ca.crt' }), join(dir, 'k')).ca).toBe('the ca');
  });
});

describe('faults are one sentence', () => {
  test.each([
    ['a: [', /is not YAML/],
    ['', /is empty/],
    ['clusters: []', /no current-context/],
    [config({ exec: { command: 'x' } }), /through a plug-in/],
  ])('%j', (text, sentence) => {
    expect(() => accessFrom(text, '/k')).toThrow(sentence);
  });

  test('an unknown context is told with those there are', () => {
    expect(() => accessFrom(config({}), '/k', 'x')).toThrow('has no context "x" (there: here, bare)');
  });

  test('a missing file', () => {
    expect(() => readKubeconfig(join(dir, 'none'))).toThrow(/cannot read the kubeconfig .*none \(ENOENT\)/);
  });
});
