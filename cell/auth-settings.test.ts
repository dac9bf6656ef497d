import { expect, test } from 'vitest';
import { authOf, authSettings } from './auth-settings.ts';
import { resolveSettings } from './config.ts';

const read = (flags: Record<string, string> = {}) => authOf(resolveSettings(authSettings, { flags, env: {} }));

test('roles decide unless told otherwise, and tokens come from where the flags say', () => {
  expect(read()).toEqual({ mode: 'RBAC' });
  expect(read({ 'authorization-mode': 'AlwaysAllow', 'token-auth-file': 't.csv' })).toEqual({
    mode: 'AlwaysAllow',
    tokenFile: 't.csv',
  });
  const oidc = {
    'oidc-issuer-url': 'https://id.example.com/realm',
    'oidc-client-id': 'stowage',
    'oidc-required-claim': 'hd=example.com, team=a=b',
    'oidc-ca-file': 'ca.crt',
  };
  expect(read(oidc).oidc).toMatchObject({
    issuerUrl: 'https://id.example.com/realm',
    clientId: 'stowage',
    requiredClaims: { hd: 'example.com', team: 'a=b' },
    caFile: 'ca.crt',
  });
});

test.each<[Record<string, string>, RegExp]>([
  [{ 'authorization-mode': 'ABAC' }, /--authorization-mode is "ABAC", but it must be RBAC or AlwaysAllow/],
  [{ 'oidc-issuer-url': 'http://id.example.com' }, /must be like https:/],
  [{ 'oidc-issuer-url': 'https://id.example.com' }, /give both, or neither/],
  [{ 'oidc-client-id': 'x' }, /give both, or neither/],
  [{ 'oidc-required-claim': 'hd' }, /holds "hd", which is not like name=value/],
])('%j is refused', (flags, message) => {
  expect(() => read(flags)).toThrow(message);
});
