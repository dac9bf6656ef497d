import { describe, expect, test } from 'vitest';
import { secrets } from '../../../api/core/secret.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { FakeCache } from '../fake-cache.fixture.ts';
import { bootstrapTokens } from './bootstrap-tokens.ts';
import { tokenFile } from './token-file.ts';

describe('a file of tokens', () => {
  const userOf = async (text: string, token: string) =>
    (await tokenFile(text, 'tokens.csv').authenticate(token, []))?.user;

  test.each([
    ['t,ann,1', { name: 'ann', uid: '1', groups: [] }],
    ['t,ann,', { name: 'ann', groups: [] }],
    ['t, ann ,1,"crew, devs"', { name: 'ann', uid: '1', groups: ['crew', 'devs'] }],
    ['t,"ann ""the boss""",1,crew', { name: 'ann "the boss"', uid: '1', groups: ['crew'] }],
    ['# t,ann,1', undefined],
    ['other,ann,1', undefined],
  ])('%s', async (line, expected) => {
    expect(await userOf(`first,x,0\r\n\r\n${line}\n`, 't')).toEqual(expected);
  });

  test.each([
    ['t', /tokens\.csv, line 2: expected token,user,uid/],
    [',ann,1', /line 2: expected/],
    ['t,"ann,1', /line 2: a field's double quotes are not closed/],
  ])('%s is refused', (line, message) => {
    expect(() => tokenFile(`first,x,0\n${line}`, 'tokens.csv')).toThrow(message);
  });
});

describe('a bootstrap token', () => {
  const clock = new ManualClock();
  const SOUND = {
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-authentication': 'true',
  };
  const userOf = async (
    fields: Record<string, string>,
    token = 'abcdef.0123456789abcdef',
    type = 'bootstrap.kubernetes.io/token',
  ) => {
    const fake = new FakeCache();
    const data = Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    fake.put(secrets, { metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' }, type, data });
    return (await bootstrapTokens(fake.cache, clock).authenticate(token, []))?.user;
  };
  const at = (ms: number) => new Date(clock.now() + ms).toISOString();

  test('says who, with the groups its Secret gives', async () => {
    expect(await userOf(SOUND)).toEqual({ name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers'] });
    const groups = { 'auth-extra-groups': 'system:bootstrappers:b,system:bootstrappers:a', expiration: at(1000) };
    expect((await userOf({ ...SOUND, ...groups }))?.groups).toEqual([
      'system:bootstrappers',
      'system:bootstrappers:a',
      'system:bootstrappers:b',
    ]);
  });

  test.each<[string, Record<string, string>, string?, string?]>([
    ['with another secret', {}, 'abcdef.0123456789abcdee'],
    ['of another form', {}, 'abcdef.0123456789abcde'],
    ['that nobody has', {}, 'abcdee.0123456789abcdef'],
    ['whose Secret has another id', { 'token-id': 'abcdee' }],
    ['not made for this', { 'usage-bootstrap-authentication': 'false' }],
    ['that has run out', { expiration: at(-1000) }],
    ['with an end that is no time', { expiration: 'soon' }],
    ['with groups of others', { 'auth-extra-groups': 'system:masters' }],
    ['in a Secret of another type', {}, undefined, 'Opaque'],
  ])('%s is refused', async (_what, fields, token, type) => {
    expect(await userOf({ ...SOUND, ...fields }, token, type)).toBeUndefined();
  });
});
