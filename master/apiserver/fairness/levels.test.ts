import { describe, expect, test } from 'vitest';
import type { User } from '../../user.ts';
import { parseRequest } from '../request.ts';
import { LEVEL_SHARES, type LimitedLevelName, schemaOf, schemasOf, seatsOf } from './levels.ts';

const user = (name: string, ...groups: string[]): User => ({ name, groups });
const AUTHENTICATED = 'system:authenticated';
const admin = user('admin', 'system:masters', AUTHENTICATED);
const node = user('system:node:n1', 'system:nodes', AUTHENTICATED);
const scheduler = user('system:kube-scheduler', AUTHENTICATED);
const manager = user('system:kube-controller-manager', AUTHENTICATED);
const account = (namespace: string) =>
  user(
    `system:serviceaccount:${namespace}:robot`,
    'system:serviceaccounts',
    `system:serviceaccounts:${namespace}`,
    AUTHENTICATED,
  );
const person = user('jane', AUTHENTICATED);
const nobody = user('system:anonymous', 'system:unauthenticated');

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x';
const PODS = '/api/v1/pods';

describe('a request is counted as', () => {
  test.each<[string, User, string, string, string]>([
    ['exempt', admin, 'GET', PODS, 'exempt'],
    ['probes', nobody, 'GET', '/livez', 'exempt'],
    ['probes', person, 'GET', '/readyz', 'exempt'],
    ['system-node-high', node, 'PUT', LEASE, 'node-high'],
    ['system-node-high', node, 'PATCH', '/api/v1/nodes/n1/status', 'node-high'],
    ['system-nodes', node, 'GET', PODS, 'system'],
    ['system-leader-election', scheduler, 'PUT', LEASE, 'leader-election'],
    ['system-leader-election', manager, 'GET', LEASE, 'leader-election'],
    ['kube-scheduler', scheduler, 'GET', PODS, 'workload-high'],
    ['kube-scheduler', scheduler, 'GET', '/apis/coordination.k8s.io/v1/leases', 'workload-high'],
    ['kube-controller-manager', manager, 'GET', '/api/v1/nodes', 'workload-high'],
    ['workload-leader-election', account('kube-system'), 'PUT', LEASE, 'leader-election'],
    ['kube-system-service-accounts', account('kube-system'), 'GET', PODS, 'workload-high'],
    ['service-accounts', account('default'), 'PUT', LEASE, 'workload-low'],
    ['global-default', person, 'GET', PODS, 'global-default'],
    ['global-default', person, 'GET', '/version', 'global-default'],
    ['catch-all', nobody, 'GET', '/version', 'catch-all'],
  ])('%s: %o %s %s', (name, who, method, path, level) => {
    const info = parseRequest(method, path, new URLSearchParams());
    expect(schemaOf(schemasOf(who), info)).toEqual({ name, level });
  });
});

test('every level has a seat, and about its share of all', () => {
  const names = Object.keys(LEVEL_SHARES) as LimitedLevelName[];
  expect(names.map((name) => seatsOf(name, 400))).toEqual([17, 66, 49, 66, 164, 33, 9]);
  expect(names.map((name) => seatsOf(name, 0))).toEqual([1, 1, 1, 1, 1, 1, 1]);
});
