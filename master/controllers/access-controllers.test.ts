import { expect, test } from 'vitest';
import { secrets } from '../../api/core/secret.ts';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { clusterRoles } from '../../api/rbac/cluster-role.ts';
import { testKey } from '../auth/auth.fixture.ts';
import { to } from '../auth/defaults/rule-text.ts';
import { bootstrapTokenCleaner } from './bootstrap-token-cleaner.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation.ts';
import { World } from './kit/world.suite.ts';
import { serviceAccountTokenController } from './service-account-token.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a role made of others has their rules, also through one made of others itself', () => {
  const world = new World([clusterRoleAggregationController]);
  const part = (name: string, label: string, verb: string) =>
    world.create(clusterRoles, { metadata: { name, labels: { [label]: 'true' } }, rules: [to(verb, '', 'pods')] });
  const whole = (name: string, label: string, own: Record<string, string> = {}) =>
    world.create(clusterRoles, {
      metadata: { name, labels: own },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
    });
  part('b', 'small', 'get');
  part('a', 'big', 'delete');
  whole('smaller', 'small', { big: 'true' });
  whole('bigger', 'big');
  world.settle();
  const rules = (name: string) => world.get(clusterRoles, undefined, name)?.rules;
  expect(rules('smaller')).toEqual([to('get', '', 'pods')]);
  expect(rules('bigger')).toEqual([to('delete', '', 'pods'), to('get', '', 'pods')]);
  world.delete(clusterRoles, world.get(clusterRoles, undefined, 'b')!);
  world.settle();
  expect([rules('smaller'), rules('bigger')]).toEqual([[], [to('delete', '', 'pods')]]);
});

test('a bootstrap token goes when its time has come', () => {
  const world = new World([bootstrapTokenCleaner]);
  const token = (name: string, expiration?: string) =>
    world.create(secrets, {
      metadata: { name, namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
      data: expiration === undefined ? {} : { expiration: base64(expiration) },
    });
  token('stays');
  token('nonsense', 'soon');
  token('goes', new Date(world.nowMs + 60_000).toISOString());
  world.settle();
  expect(world.list(secrets).map(({ metadata }) => metadata?.name)).toEqual(['stays', 'goes']);
  world.nowMs += 60_000;
  expect(world.decide(bootstrapTokenCleaner, 'kube-system/goes')).toMatchObject([{ type: 'delete', name: 'goes' }]);
});

test('a Secret that asks for a token of an account gets it, and goes with the account', () => {
  const world = new World([serviceAccountTokenController({ key: testKey(), caPem: 'ca' })]);
  const account = world.create(serviceAccounts, { metadata: { name: 'robot', namespace: 'a' } });
  world.create(secrets, {
    metadata: { name: 's', namespace: 'a', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
    type: 'kubernetes.io/service-account-token',
  });
  world.settle();
  const secret = world.get(secrets, 'a', 's');
  expect(secret?.data).toEqual({ 'ca.crt': base64('ca'), namespace: base64('a'), token: expect.any(String) });
  expect(secret?.metadata?.annotations?.['kubernetes.io/service-account.uid']).toBe(account.metadata?.uid);
  world.delete(serviceAccounts, account);
  world.settle();
  expect(world.list(secrets)).toEqual([]);
});
