import { expect, test } from 'vitest';
import { resolveSettings } from './config.ts';
import { networkOf, networkSettings } from './network-settings.ts';

const settled = (flags: Record<string, string>) => networkOf(resolveSettings(networkSettings, { flags, env: {} }));

test('a cell has no network of its own unless it is asked for', () => {
  expect(settled({})).toBeUndefined();
  expect(settled({ network: 'vxlan' })).toMatchObject({
    mode: 'vxlan',
    podCidr: { base: 0x0a800000, bits: 12 },
    serviceCidr: { base: 0x0a900000, bits: 16 },
    nodePorts: { first: 30_000, last: 32_767 },
  });
});

test.each<[Record<string, string>, RegExp]>([
  [{ 'pod-cidr': '10.1.2.3/8' }, /--pod-cidr is "10.1.2.3\/8", but it holds.*last bits must be 0/],
  [{ 'pod-cidr': '10.0.0.0/26' }, /no room for a node's \/24/],
  [{ 'service-cidr': '10.144.0.0/30' }, /has 4 addresses: at least a \/28/],
  [{ 'service-cidr': '10.130.0.0/16' }, /have addresses in common/],
  [{ 'load-balancer-pool': '192.0.2.0/24,10.128.4.0/24' }, /--pod-cidr .* and --load-balancer-pool 10.128.4.0\/24/],
  [{ 'node-port-range': '9-1' }, /must be two ports/],
  [{ network: 'none' }, /must be docker or vxlan or host-gw/],
])('%j is refused', (flags, why) => {
  expect(() => settled({ network: 'vxlan', ...flags })).toThrow(why);
});
