import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { ensureCertificate, openAuthority } from '../../platform/pki.ts';
import type { NetworkIngress, NetworkIngressRule } from '../../proto/network.ts';
import { certificatesOf } from './certificates.ts';
import { proxyFiles, serverCommands } from './haproxy-config.ts';
import { endpointsOf, type Routes, routesOf } from './routes.ts';
import { assignSlots } from './slots.ts';

const to = (service: string) => ({ service, port: 80 });
const ingress = (
  name: string,
  madeMs: number,
  rules: NetworkIngressRule[],
  more: Partial<NetworkIngress> = {},
): NetworkIngress => ({
  ...{ namespace: 'team', name, madeMs, rules, tls: [] },
  ...more,
});

/** As the proxy looks a request up. */
function backendFor({ hosts, exact, prefix, fallback }: Routes, host: string, path: string): string {
  const wild = host.replace(/^[^.]*/, '*');
  const site = hosts.has(host) ? host : hosts.has(wild) ? wild : '*';
  const whole = exact.get(site + path);
  if (whole) return whole;
  const longest = [...prefix.keys()]
    .filter((key) => `${site}${path}/`.startsWith(key))
    .sort((a, b) => b.length - a.length)[0];
  return (longest && prefix.get(longest)) ?? fallback ?? 'nowhere';
}

const shop = ingress('shop', 1, [
  {
    host: 'foo.example',
    paths: [
      { path: '/foo', backend: to('foo') },
      { path: '/foo/bar/', backend: to('bar') },
      { path: '/foo/bar', exact: true, backend: to('exact') },
    ],
  },
  { host: '*.wild.example', paths: [{ path: '/', backend: to('wild') }] },
  { paths: [{ path: '/all', backend: to('all') }] },
]);

test.each([
  ['foo.example', '/foo', 'team_foo_80'],
  ['foo.example', '/foo/', 'team_foo_80'],
  ['foo.example', '/foo/x', 'team_foo_80'],
  ['foo.example', '/foobar', 'nowhere'],
  ['foo.example', '/foo/bar', 'team_exact_80'],
  ['foo.example', '/foo/bar/', 'team_bar_80'],
  ['foo.example', '/foo/bar/x', 'team_bar_80'],
  ['foo.example', '/foo/barx', 'team_foo_80'],
  ['foo.example', '/all', 'nowhere'],
  ['a.wild.example', '/x', 'team_wild_80'],
  ['a.b.wild.example', '/x', 'nowhere'],
  ['wild.example', '/x', 'nowhere'],
  ['else.example', '/all/x', 'team_all_80'],
  ['else.example', '/x', 'nowhere'],
])('%s%s goes to %s', (host, path, backend) => {
  expect(backendFor(routesOf([shop]), host, path)).toBe(backend);
});

test('the older of two counts, and what rules leave over goes to the default backend', () => {
  const newer = ingress('newer', 2, [{ host: 'foo.example', paths: [{ path: '/foo', backend: to('stranger') }] }]);
  const withRest = ingress('rest', 3, [{ host: 'foo.example', paths: [] }], { fallback: to('rest') });
  const routes = routesOf([withRest, newer, shop]);
  expect(backendFor(routes, 'foo.example', '/foo')).toBe('team_foo_80');
  expect(backendFor(routes, 'foo.example', '/x')).toBe('team_rest_80');
  expect(backendFor(routes, 'else.example', '/x')).toBe('team_rest_80');
});

test('nothing that somebody wrote can be more than a name', () => {
  const evil = ingress('evil', 1, [
    { host: 'a b\nbackend x', paths: [{ path: '/', backend: to('x') }] },
    { host: 'fine.example', paths: ['/a b', '/a\nb', '/é', 'a'].map((path) => ({ path, backend: to('x') })) },
  ]);
  const routes = routesOf([evil]);
  expect([...routes.hosts]).toEqual(['fine.example']);
  expect([...routes.prefix.keys(), ...routes.exact.keys()]).toEqual([]);
});

test('endpoints of the port that is meant', () => {
  const service = {
    namespace: 'team',
    name: 'web',
    clusterIp: '10.144.0.9',
    ports: [{ name: 'http', protocol: 'TCP' as const, port: 80 }],
  };
  const slice = {
    ...{ namespace: 'team', service: 'web', ports: [{ name: 'http', protocol: 'TCP' as const, port: 8080 }] },
    endpoints: [{ address: '10.128.0.3' }, { address: '10.128.0.2', state: 'ending' as const }],
  };
  expect(endpointsOf(to('web'), service, [slice])).toEqual(['10.128.0.3:8080']);
  expect(endpointsOf({ service: 'web', port: 'http' }, service, [slice])).toEqual(['10.128.0.3:8080']);
  expect(endpointsOf({ service: 'web', port: 81 }, service, [slice])).toEqual([]);
  expect(endpointsOf(to('web'), service, [{ ...slice, endpoints: slice.endpoints.slice(1) }])).toEqual([
    '10.128.0.2:8080',
  ]);
});

test('servers stay in their places, and everybody has one', () => {
  const ends = fc.uniqueArray(
    fc.integer({ min: 1, max: 30 }).map((last) => `10.128.0.${last}:80`),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(fc.array(ends, { minLength: 1, maxLength: 10 }), (rounds) => {
      let slots = assignSlots([], []);
      for (const wanted of rounds) {
        const next = assignSlots(slots, wanted);
        expect(next.filter((end) => end !== undefined).sort()).toEqual([...wanted].sort());
        slots.forEach((end, at) => {
          if (end !== undefined && wanted.includes(end)) expect(next[at]).toBe(end);
        });
        expect(next.length).toBeGreaterThanOrEqual(slots.length);
        slots = next;
      }
    }),
  );
});

test('a change of endpoints is told; any other is a new shape', () => {
  const place = { address: '0.0.0.0', httpPort: 80, httpsPort: 443, directory: '/d' };
  const routes = routesOf([shop]);
  const files = (ends: string[]) =>
    proxyFiles(place, routes, [], new Map([['team_foo_80', assignSlots(['10.128.0.2:80'], ends)]]));
  const [one, other] = [files(['10.128.0.2:80', '10.128.0.3:80']), files(['10.128.0.4:80'])];
  expect(one.shape).toBe(other.shape);
  expect(serverCommands(one.slots, other.slots)).toEqual([
    'set server team_foo_80/s0 addr 10.128.0.4 port 80',
    'set server team_foo_80/s0 state ready',
    'set server team_foo_80/s1 state maint',
  ]);
  expect(files(['1', '2', '3', '4', '5'].map((last) => `10.128.0.${last}:80`)).shape).not.toBe(one.shape);
  expect(proxyFiles(place, routesOf([]), [], one.slots).shape).not.toBe(one.shape);
});

test('a certificate that is none keeps no other from being shown', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-tls-'));
  try {
    const authority = await openAuthority(directory, systemClock);
    const request = {
      commonName: 'a',
      organizations: [],
      usages: ['server' as const],
      dnsNames: ['a.example'],
      ipAddresses: [],
      validDays: 2,
    };
    const { certPem, keyPem } = await ensureCertificate(authority, directory, 'a', request, systemClock);
    const other = await ensureCertificate(authority, directory, 'b', request, systemClock);
    const told = new Map([
      ['team/good', { certificates: certPem, key: keyPem }],
      ['team/swapped', { certificates: certPem, key: other.keyPem }],
      ['team/nonsense', { certificates: 'x', key: 'y' }],
    ]);
    const tls = ['good', 'swapped', 'nonsense', 'missing'].map((name) => ({
      hosts: ['a.example', 'b c'],
      certificate: `team/${name}`,
    }));
    const { shown, bad } = certificatesOf([ingress('a', 1, [], { tls })], (key) => told.get(key));
    expect(shown).toMatchObject([{ file: 'team_good.pem', hosts: ['a.example'] }]);
    expect(bad).toEqual(['team/missing', 'team/nonsense', 'team/swapped']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
