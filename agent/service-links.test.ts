import { expect, test } from 'vitest';
import type { NetworkService } from '../proto/network.ts';
import { serviceVariables } from './service-links.ts';

const api: NetworkService = {
  ...{ namespace: 'default', name: 'kubernetes', clusterIp: '10.144.0.1' },
  ports: [{ name: 'https', protocol: 'TCP', port: 443 }],
};
const redis: NetworkService = {
  ...{ namespace: 'team', name: 'redis-primary', clusterIp: '10.144.0.11' },
  ports: [{ name: '', protocol: 'TCP', port: 6379 }],
};
const headless: NetworkService = { namespace: 'team', name: 'peers', ports: redis.ports };
const all = [api, redis, headless, { ...redis, namespace: 'other', name: 'far' }];

test('services of the namespace, and that of the API', () => {
  const variables = Object.fromEntries(serviceVariables(all, 'team', true));
  expect(variables).toMatchObject({
    KUBERNETES_SERVICE_HOST: '10.144.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    REDIS_PRIMARY_SERVICE_HOST: '10.144.0.11',
    REDIS_PRIMARY_SERVICE_PORT: '6379',
    REDIS_PRIMARY_PORT: 'tcp://10.144.0.11:6379',
    REDIS_PRIMARY_PORT_6379_TCP: 'tcp://10.144.0.11:6379',
    REDIS_PRIMARY_PORT_6379_TCP_PROTO: 'tcp',
    REDIS_PRIMARY_PORT_6379_TCP_PORT: '6379',
    REDIS_PRIMARY_PORT_6379_TCP_ADDR: '10.144.0.11',
  });
  expect(Object.keys(variables).filter((name) => /^(PEERS|FAR)/.test(name))).toEqual([]);
});

test('without links, that of the API alone', () => {
  expect([...serviceVariables(all, 'team', false).keys()].every((name) => name.startsWith('KUBERNETES_'))).toBe(true);
});
