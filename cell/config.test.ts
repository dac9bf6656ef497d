import { describe, expect, test } from 'vitest';
import { choice, resolveSettings, text, toggle, urls, variableOf, wholeNumber } from './config.ts';
import { Trouble } from './trouble.ts';

const settings = {
  dataDir: text<string>({ name: 'data-dir', placeholder: 'dir', description: '', fallback: '/default' }),
  port: wholeNumber<number>({
    name: 'port',
    placeholder: 'port',
    description: '',
    fallback: 6443,
    least: 1,
    most: 65_535,
  }),
  store: choice({
    name: 'store',
    placeholder: 'kind',
    description: '',
    fallback: 'sqlite',
    values: ['sqlite', 'etcd'],
  }),
  endpoints: urls({ name: 'etcd-endpoints', placeholder: 'urls', description: '', fallback: [] }),
  noDemo: toggle({ name: 'no-demo', description: '' }),
};

const file = (text: string) => ({ path: 'stowage.yaml', text });
const troubleOf = (act: () => unknown): Trouble => {
  try {
    act();
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
  throw new Error('expected Trouble');
};

describe('precedence', () => {
  const env = { STOWAGE_DATA_DIR: '/env' };
  const config = file('data-dir: /file\nport: 7000\n');

  test('a flag goes before the environment, that before the file, that before the default', () => {
    const flags = { 'data-dir': '/flag' };
    expect(resolveSettings(settings, { flags, env, file: config }).dataDir).toBe('/flag');
    expect(resolveSettings(settings, { flags: {}, env, file: config }).dataDir).toBe('/env');
    expect(resolveSettings(settings, { flags: {}, env: {}, file: config }).dataDir).toBe('/file');
    expect(resolveSettings(settings, { flags: {}, env: {} }).dataDir).toBe('/default');
  });

  test('each setting is settled by itself', () => {
    const values = resolveSettings(settings, { flags: { store: 'etcd' }, env, file: config });
    expect(values).toEqual({ dataDir: '/env', port: 7000, store: 'etcd', endpoints: [], noDemo: false });
  });

  test('an empty variable counts as unset', () => {
    expect(resolveSettings(settings, { flags: {}, env: { STOWAGE_PORT: '' }, file: config }).port).toBe(7000);
  });
});

describe('values', () => {
  test('a switch is true when given, and can be written out elsewhere', () => {
    expect(resolveSettings(settings, { flags: { 'no-demo': true }, env: {} }).noDemo).toBe(true);
    expect(resolveSettings(settings, { flags: {}, env: { STOWAGE_NO_DEMO: '1' } }).noDemo).toBe(true);
    expect(resolveSettings(settings, { flags: {}, env: {}, file: file('no-demo: false') }).noDemo).toBe(false);
  });

  test('a list in the file is as good as one with commas', () => {
    const written = file('etcd-endpoints:\n  - http://a:2379\n  - http://b:2379\n');
    const inFile = resolveSettings(settings, { flags: {}, env: {}, file: written }).endpoints;
    const flags = { 'etcd-endpoints': 'http://a:2379,http://b:2379' };
    expect(inFile).toEqual(resolveSettings(settings, { flags, env: {} }).endpoints);
  });

  test.each([
    [{ flags: { port: '0' }, env: {} }, '--port is "0", but it must be a whole number from 1 to 65535'],
    [{ flags: {}, env: { STOWAGE_STORE: 'redis' } }, 'STOWAGE_STORE is "redis", but it must be sqlite or etcd'],
    [{ flags: {}, env: {}, file: file('port: web') }, 'port in stowage.yaml is "web", but it must be a whole number'],
    [{ flags: { 'etcd-endpoints': 'localhost:2379' }, env: {} }, 'holds "localhost:2379"'],
  ])('a bad value is refused with its place, itself and what is allowed: %j', (sources, sentence) => {
    const trouble = troubleOf(() => resolveSettings(settings, sources));
    expect(trouble.message).toContain(sentence);
    expect(trouble.exitCode).toBe(2);
  });
});

describe('the config file', () => {
  test('an unknown key is refused in one sentence that lists the known ones', () => {
    const trouble = troubleOf(() => resolveSettings(settings, { flags: {}, env: {}, file: file('prot: 1') }));
    expect(trouble.message).toContain('unknown key "prot"');
    expect(trouble.message).toContain('port');
    expect(trouble.message).not.toContain('\n');
  });

  test('a key of another command is left to that command', () => {
    const written = file('token: abc\nport: 7001\n');
    expect(resolveSettings(settings, { flags: {}, env: {}, file: written }, ['token']).port).toBe(7001);
  });

  test.each(['- a\n- b\n', 'just words', 'port: {a: 1}', 'port: [unclosed'])('%j is refused', (content) => {
    expect(troubleOf(() => resolveSettings(settings, { flags: {}, env: {}, file: file(content) })).exitCode).toBe(2);
  });

  test('an empty file sets nothing', () => {
    expect(resolveSettings(settings, { flags: {}, env: {}, file: file('') }).port).toBe(6443);
  });
});

test('variables are named after flags', () => {
  expect(variableOf('etcd-endpoints')).toBe('STOWAGE_ETCD_ENDPOINTS');
});
