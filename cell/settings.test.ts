import { describe, expect, test } from 'vitest';
import { resolveSettings } from './config.ts';
import { dockerHostFor } from './docker-host.ts';
import { agentSettings, defaultDataDir, nodeNameFrom, type Surroundings, upSettings } from './settings.ts';

const user: Surroundings = { uid: 1000, env: {}, home: '/home/ann', hostname: 'Ann_Box.local' };
const root: Surroundings = { ...user, uid: 0, home: '/root' };

describe('the data directory', () => {
  test("is the system's for root and the user's own for others", () => {
    expect(defaultDataDir(root)).toBe('/var/lib/stowage');
    expect(defaultDataDir(user)).toBe('/home/ann/.local/share/stowage');
    expect(defaultDataDir({ ...user, env: { XDG_DATA_HOME: '/data' } })).toBe('/data/stowage');
  });
});

describe('the node name', () => {
  test('is the host name in the form that names have', () => {
    expect(nodeNameFrom('Ann_Box.local')).toBe('ann-box.local');
    expect(nodeNameFrom('-x-')).toBe('x');
    expect(nodeNameFrom('___')).toBe('node');
    expect(upSettings(user).nodeName.fallback).toBe('ann-box.local');
  });

  test('is checked when given', () => {
    const sources = { flags: { 'node-name': 'Big Box' }, env: {} };
    expect(() => resolveSettings(upSettings(user), sources)).toThrow(/--node-name is "Big Box"/);
  });
});

test("an agent's master must be an https address, without a path", () => {
  const read = (master: string) => resolveSettings(agentSettings(user), { flags: { master }, env: {} }).master;
  expect(read('https://10.0.0.1:6443/')).toEqual(['https://10.0.0.1:6443']);
  expect(read('https://a:6443, https://[::1]:7/')).toEqual(['https://a:6443', 'https://[::1]:7']);
  expect(() => read('10.0.0.1')).toThrow(/must be like https:/);
});

describe('the Docker engine', () => {
  const there =
    (...paths: string[]) =>
    (path: string) =>
      paths.includes(path);

  test('is the one asked for, else DOCKER_HOST', () => {
    const env = { DOCKER_HOST: 'tcp://engine:2375' };
    expect(dockerHostFor('unix:///x.sock', { ...user, env }, there())).toBe('unix:///x.sock');
    expect(dockerHostFor(undefined, { ...user, env }, there())).toBe('tcp://engine:2375');
  });

  test("else the system's socket, else the user's own", () => {
    const own = '/run/user/1000/docker.sock';
    expect(dockerHostFor(undefined, user, there('/var/run/docker.sock', own))).toBe('unix:///var/run/docker.sock');
    expect(dockerHostFor(undefined, user, there(own))).toBe(`unix://${own}`);
    expect(dockerHostFor(undefined, user, there())).toBe('unix:///var/run/docker.sock');
  });
});
