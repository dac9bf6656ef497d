import { describe, expect, test } from 'vitest';
import type { Pod, Secret } from '../pod-types.ts';
import { pullSecrets } from './credentials.ts';
import { matchesImage, repositoryOf } from './registry-match.ts';

describe('the repository of an image', () => {
  const rows: [image: string, repository: string][] = [
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.27', 'docker.io/library/nginx'],
    ['team/app@sha256:00', 'docker.io/team/app'],
    ['index.docker.io/team/app', 'docker.io/team/app'],
    ['localhost/app', 'localhost/app'],
    ['127.0.0.1:5000/app:1', '127.0.0.1:5000/app'],
    ['registry.example/a/b/c:1@sha256:00', 'registry.example/a/b/c'],
  ];
  for (const [image, repository] of rows) test(image, () => expect(repositoryOf(image)).toBe(repository));
});

describe('credentials', () => {
  const rows: [server: string, image: string, matches: boolean][] = [
    ['https://index.docker.io/v1/', 'nginx', true],
    ['docker.io', 'team/app', true],
    ['registry.example', 'nginx', false],
    ['registry.example', 'registry.example/app', true],
    ['https://registry.example/', 'registry.example/app:1', true],
    ['registry.example/v2/', 'registry.example/app', true],
    ['registry.example', 'other.registry.example/app', false],
    ['*.registry.example', 'eu.registry.example/app', true],
    ['*.registry.example', 'registry.example/app', false],
    ['*.registry.example', 'a.b.registry.example/app', false],
    ['*.*.registry.example', 'a.b.registry.example/app', true],
    ['eu-?.registry.*', 'eu-1.registry.example/app', true],
    ['eu-[12].registry.example', 'eu-2.registry.example/app', true],
    ['eu-[12].registry.example', 'eu-3.registry.example/app', false],
    ['registry.example:5000', 'registry.example/app', false],
    ['registry.example', 'registry.example:5000/app', false],
    ['registry.example:5000', 'registry.example:5000/app', true],
    ['registry.example/team', 'registry.example/team/app', true],
    ['registry.example/team', 'registry.example/team2/app', false],
    ['registry.example/team/app', 'registry.example/team', false],
  ];
  for (const [server, image, matches] of rows)
    test(`for ${server} are ${matches ? '' : 'not '}for ${image}`, () =>
      expect(matchesImage(server, image)).toBe(matches));
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (type: string, key: string, text: string): Secret => ({ type, data: { [key]: base64(text) } });
const config = (auths: object) =>
  secret('kubernetes.io/dockerconfigjson', '.dockerconfigjson', JSON.stringify({ auths }));
const image = 'registry.example/team/app:1';

function found(secrets: Readonly<Record<string, Secret | undefined>>) {
  const imagePullSecrets = Object.keys(secrets).map((name) => ({ name }));
  const pod: Pod = { spec: { containers: [], imagePullSecrets } };
  return pullSecrets(image, pod, { secret: (name) => secrets[name], configMap: () => undefined });
}

describe('pull secrets', () => {
  test('of both kinds are read; the closest match comes first, and each only once', () => {
    const auth = base64('anna:a:b');
    const { credentials, unusable } = found({
      wide: config({ '*.example': { auth: base64('wide:1') }, 'other.example': { auth } }),
      old: secret('kubernetes.io/dockercfg', '.dockercfg', JSON.stringify({ 'registry.example': { auth } })),
      close: config({ 'https://registry.example/team': { username: 'close', password: '2' } }),
      again: config({ 'registry.example': { auth } }),
    });
    expect(unusable).toEqual([]);
    expect(credentials).toEqual([
      { server: 'registry.example/team', username: 'close', password: '2' },
      { server: 'registry.example', username: 'anna', password: 'a:b' },
      { server: '*.example', username: 'wide', password: '1' },
    ]);
  });

  test('may hold tokens', () => {
    const { credentials } = found({ a: config({ 'registry.example': { identitytoken: 't' } }) });
    expect(credentials).toEqual([{ server: 'registry.example', identityToken: 't' }]);
  });

  test('that are absent, of another kind or broken are named, and nothing of what they hold', () => {
    const { credentials, unusable } = found({
      absent: undefined,
      opaque: secret('Opaque', '.dockerconfigjson', '{"auths":{}}'),
      broken: secret('kubernetes.io/dockerconfigjson', '.dockerconfigjson', '{"auths":{"registry.example'),
      empty: config({}),
    });
    expect(credentials).toEqual([]);
    expect(unusable).toEqual(['absent', 'opaque', 'broken']);
  });
});
