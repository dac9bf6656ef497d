import { expect, test } from 'vitest';
import { parseIpv4Range } from '../../api/networking/ipv4.ts';
import type { NetworkService, NetworkSlice } from '../../proto/network.ts';
import { placeOf } from './place.ts';
import { NO_RULES, transaction, transition } from './rules.ts';
import { serviceRules } from './service-rules.ts';

const range = (text: string) => parseIpv4Range(text)!;
const place = {
  ...{ place: placeOf('abcdefghij'), nodeName: 'here', pods: range('10.128.0.0/12') },
  ...{ ownPods: range('10.128.0.0/24'), services: range('10.144.0.0/16') },
};
const ports = [{ name: 'http', protocol: 'TCP', port: 80 }] as const;
const web: NetworkService = { namespace: 'team', name: 'web', clusterIp: '10.144.0.9', ports };
const slice = (...endpoints: NetworkSlice['endpoints']): NetworkSlice => ({
  ...{ namespace: 'team', service: 'web', ports: [{ name: 'http', protocol: 'TCP', port: 8080 }], endpoints },
});
const near = { address: '10.128.0.2', node: 'here' };
const far = { address: '10.128.1.2', node: 'there' };
const textOf = (service: NetworkService, ...slices: NetworkSlice[]) =>
  transaction([transition('t', NO_RULES, serviceRules(service, slices, place))]);

const MASK = 'meta mark set meta mark | 0x00400000';

test('a service with an address', () => {
  expect(textOf(web, slice(near, far))).toBe(`add chain ip t in/team/web/tcp/80
add rule ip t in/team/web/tcp/80 ip saddr != 10.128.0.0/12 ${MASK}
add rule ip t in/team/web/tcp/80 meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.128.0.2 . 8080, 1 : 10.128.1.2 . 8080 }
add element ip t service-ips { 10.144.0.9 . tcp . 80 : goto in/team/web/tcp/80 }
`);
});

test('where nobody answers, the client is told at once', () => {
  const refusing = 'add element ip t unserved-ips { 10.144.0.9 . tcp . 80 : goto refuse }\n';
  expect(textOf(web)).toBe(refusing);
  expect(textOf(web, slice({ ...near, state: 'unready' }))).toBe(refusing);
});

test('those that are ending serve only while nobody else does', () => {
  const ending = { ...far, state: 'ending' as const };
  expect(textOf(web, slice(near, ending))).not.toContain('10.128.1.2');
  expect(textOf(web, slice({ ...near, state: 'unready' }, ending))).toContain('dnat to 10.128.1.2:8080');
});

test('from outside with policy Local: this machine alone, with the source as it was', () => {
  const open = {
    ...web,
    clusterIp: undefined,
    ports: [{ ...ports[0], nodePort: 30_080 }],
    externalLocal: true as const,
  };
  const text = textOf(open, slice(near, far));
  expect(text).toContain('add rule ip t out/team/web/tcp/80 ip saddr 10.128.0.0/12 goto all/team/web/tcp/80');
  expect(text).toContain('add rule ip t out/team/web/tcp/80 meta l4proto tcp dnat to 10.128.0.2:8080');
  expect(text).toContain('add element ip t node-ports { tcp . 30080 : goto out/team/web/tcp/80 }');
  expect(textOf(open, slice(far))).toContain('add rule ip t out/team/web/tcp/80 drop');
});

test('only the ranges that a load balancer is for come through', () => {
  const balanced = { ...web, balancerIps: ['192.0.2.7'], sourceRanges: ['192.0.2.0/24', '198.51.100.0/24'] };
  expect(textOf(balanced, slice(near))).toContain(
    `add rule ip t lb/team/web/tcp/80 ip saddr != { 192.0.2.0/24, 198.51.100.0/24 } drop`,
  );
});

test('a client stays with its endpoint', () => {
  const text = textOf({ ...web, affinitySeconds: 60 }, slice(near, far));
  const end = 'team/web/tcp/80/in/10.128.0.2/8080';
  expect(text).toContain(
    `add set ip t with/${end} { type ipv4_addr; flags dynamic, timeout; timeout 60s; size 65535; }`,
  );
  expect(text).toContain(`ip saddr @with/${end} goto to/${end}`);
  expect(text).toContain(`add rule ip t to/${end} update @with/${end} { ip saddr }`);
});

test('a change is of what changed alone, and removal leaves nothing', () => {
  const before = serviceRules(web, [slice(near)], place);
  const after = serviceRules(web, [slice(near, far)], place);
  expect(transaction([transition('t', before, before)])).toBe('');
  expect(transaction([transition('t', before, after)]).split('\n')).toEqual([
    'add chain ip t in/team/web/tcp/80',
    'flush chain ip t in/team/web/tcp/80',
    expect.stringContaining('0x00400000'),
    expect.stringContaining('mod 2'),
    '',
  ]);
  expect(
    transaction([transition('t', after, NO_RULES)]),
  ).toBe(`delete element ip t service-ips { 10.144.0.9 . tcp . 80 : goto in/team/web/tcp/80 }
flush chain ip t in/team/web/tcp/80
delete chain ip t in/team/web/tcp/80
`);
});
