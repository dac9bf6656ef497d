import { expect, test } from 'vitest';
import { parseIpv4Range } from '../../api/networking/ipv4.ts';
import { type FoundLinks, planLinks, planRemoval, type WantedLinks } from './links-plan.ts';
import { placeOf } from './place.ts';

const place = { ...placeOf('abcdefghij'), vni: 7 };
const node = (name: string, address: string, podCidr: string) => ({ name, address, podCidr });
const own = node('a', '192.0.2.1', '10.128.0.0/24');
const peers = [own, node('b', '192.0.2.2', '10.128.1.0/24')];
const wanted: WantedLinks = {
  ...{ mode: 'vxlan', place, pods: parseIpv4Range('10.128.0.0/12')!, own, peers },
  uplink: { name: 'eth0', mtu: 1500 },
};
const NOTHING: FoundLinks = { tunnel: undefined, routes: [], neighbours: [], forwards: [], deafPorts: [] };
const tunnel = {
  ...{ vni: 7, local: '192.0.2.1', port: 8472, mac: '0a:58:0a:80:00:00', mtu: 1450, up: true },
  addresses: ['10.128.0.0/32'],
};
const ALL: FoundLinks = {
  tunnel,
  routes: [{ to: '10.128.1.0/24', via: '10.128.1.0', device: 'stxabcdefghij' }],
  neighbours: [{ address: '10.128.1.0', mac: '0a:58:0a:80:01:00' }],
  forwards: [{ mac: '0a:58:0a:80:01:00', to: '192.0.2.2' }],
  deafPorts: [],
};

test('of nothing, a tunnel and a way to each other node', () => {
  expect(planLinks(wanted, NOTHING)).toEqual({
    ip: [
      'link add stxabcdefghij address 0a:58:0a:80:00:00 mtu 1450 type vxlan id 7 local 192.0.2.1 dstport 8472 nolearning',
      'address replace 10.128.0.0/32 dev stxabcdefghij',
      'link set stxabcdefghij up',
      'neigh replace 10.128.1.0 lladdr 0a:58:0a:80:01:00 dev stxabcdefghij nud permanent',
      'route replace 10.128.1.0/24 via 10.128.1.0 dev stxabcdefghij onlink proto 83',
    ],
    bridge: ['fdb replace 0a:58:0a:80:01:00 dev stxabcdefghij dst 192.0.2.2'],
  });
});

test('where all is as it should be, nothing; what others have laid stays', () => {
  expect(planLinks(wanted, ALL)).toEqual({ ip: [], bridge: [] });
  const routes = [...ALL.routes, { to: '10.200.1.0/24', via: '192.0.2.9', device: 'eth0' }];
  expect(planLinks(wanted, { ...ALL, routes })).toEqual({ ip: [], bridge: [] });
});

test('what is missing is laid, what is over is taken away', () => {
  expect(planLinks(wanted, { ...ALL, forwards: [] })).toEqual({
    ip: [],
    bridge: ['fdb replace 0a:58:0a:80:01:00 dev stxabcdefghij dst 192.0.2.2'],
  });
  expect(planLinks({ ...wanted, peers: [own] }, ALL)).toEqual({
    ip: ['neigh del 10.128.1.0 dev stxabcdefghij', 'route del 10.128.1.0/24 dev stxabcdefghij proto 83'],
    bridge: ['fdb del 0a:58:0a:80:01:00 dev stxabcdefghij'],
  });
});

test('a tunnel of another address is made anew, with all that hangs on it', () => {
  const { ip, bridge } = planLinks(wanted, { ...ALL, tunnel: { ...tunnel, local: '192.0.2.77' } });
  expect(ip[0]).toBe('link del stxabcdefghij');
  expect(ip).toHaveLength(6);
  expect(bridge).toHaveLength(1);
});

test('a pod may be sent to itself', () => {
  const { bridge } = planLinks(wanted, { ...ALL, deafPorts: ['veth1'] });
  expect(bridge).toEqual(['link set dev veth1 hairpin on']);
});

test('machines that share a link need routes alone', () => {
  expect(planLinks({ ...wanted, mode: 'host-gw' }, NOTHING)).toEqual({
    ip: ['route replace 10.128.1.0/24 via 192.0.2.2 dev eth0 proto 83'],
    bridge: [],
  });
});

test('removal takes what is ours', () => {
  expect(planRemoval(place, wanted.pods, ALL)).toEqual({
    ip: ['route del 10.128.1.0/24 dev stxabcdefghij proto 83', 'link del stxabcdefghij'],
    bridge: [],
  });
});
