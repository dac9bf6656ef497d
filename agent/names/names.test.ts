import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Container, Pod, PodSpec } from '../pod-types.ts';
import { hasOwnHosts, hostsText } from './hosts-file.ts';
import { nameMounts, prepareNames } from './name-files.ts';
import { hostnameOf } from './pod-hostname.ts';
import { hasOwnResolver, parseResolver, type Resolver, resolverOf, resolverText } from './resolver.ts';

const DOMAIN = 'cell.example';
const podOf = (spec: Partial<PodSpec> = {}, name = 'web'): Pod => ({
  metadata: { namespace: 'team', name, uid: 'u' },
  spec: { containers: [{ name: 'main' }], ...spec },
});

test.each<[string, Partial<PodSpec>, string, string[]]>([
  ['its own', {}, 'web', ['web']],
  ['the one it asks for', { hostname: 'db' }, 'db', ['db']],
  ['in a subdomain', { subdomain: 'sub' }, 'web', ['web.sub.team.svc.cell.example', 'web']],
  [
    'the full one',
    { hostname: 'db', subdomain: 'sub', setHostnameAsFQDN: true },
    'db.sub.team.svc.cell.example',
    ['db.sub.team.svc.cell.example', 'db'],
  ],
  ['the full one, without a domain', { setHostnameAsFQDN: true }, 'web', ['web']],
  ['one that wins over all', { hostname: 'db', subdomain: 'sub', hostnameOverride: 'a.b.c' }, 'a.b.c', ['a.b.c']],
])('a pod has a name: %s', (_what, spec, hostname, names) => {
  expect(hostnameOf(podOf(spec), DOMAIN)).toEqual({ hostname, names });
});

test('a name is as long as a machine may have', () => {
  expect(hostnameOf(podOf({}, `${'a'.repeat(61)}.-b`), DOMAIN).hostname).toBe('a'.repeat(61));
  const long = podOf({ subdomain: 'sub', setHostnameAsFQDN: true }, 'a'.repeat(60));
  expect(() => hostnameOf(long, DOMAIN)).toThrow(/of 86 characters, and at most 64 are allowed/);
});

test('the hosts file names the pod, and what it adds', () => {
  const pod = podOf({ subdomain: 'sub', hostAliases: [{ ip: '10.0.0.9', hostnames: ['db', 'cache'] }] });
  const text = hostsText(pod, '10.1.2.3', DOMAIN, 'ignored');
  expect(text).toContain('127.0.0.1\tlocalhost\n');
  expect(text).toContain('\n10.1.2.3\tweb.sub.team.svc.cell.example\tweb\n');
  expect(text.endsWith('\n\n# Entries added by hostAliases.\n10.0.0.9\tdb\tcache\n')).toBe(true);
});

test("a pod on the machine's network has the machine's, and what it adds", () => {
  const plain = podOf({ hostNetwork: true });
  expect(hasOwnHosts(plain)).toBe(false);
  const more = podOf({ hostNetwork: true, hostAliases: [{ ip: '10.0.0.9', hostnames: ['db'] }] });
  expect(hasOwnHosts(more)).toBe(true);
  expect(hostsText(more, undefined, DOMAIN, '192.0.2.1 here\n')).toMatch(
    /^#.*\n#.*\n192.0.2.1 here\n\n#.*\n10.0.0.9\tdb\n$/,
  );
});

const MACHINE: Resolver = { servers: ['192.0.2.53'], searches: ['corp.example'], options: ['timeout:1'] };
const CLUSTER = { clusterDns: ['10.0.0.10'], clusterDomain: DOMAIN };
const NONE = { clusterDns: [], clusterDomain: DOMAIN };
const OWN = ['team.svc.cell.example', 'svc.cell.example', 'cell.example', 'corp.example'];
const config = {
  nameservers: ['192.0.2.1'],
  searches: ['more.example'],
  options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }],
};

test.each<[string, Partial<PodSpec>, typeof CLUSTER, Resolver | undefined]>([
  ['the cell', {}, CLUSTER, { servers: ['10.0.0.10'], searches: OWN, options: ['ndots:5'] }],
  ['the machine, without name servers of the cell', {}, NONE, undefined],
  ['the machine, on its network', { hostNetwork: true }, CLUSTER, undefined],
  [
    'the cell, on the network of the machine',
    { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    CLUSTER,
    { servers: ['10.0.0.10'], searches: OWN, options: ['ndots:5'] },
  ],
  ['the machine', { dnsPolicy: 'Default' }, CLUSTER, undefined],
  [
    'its own settings alone',
    { dnsPolicy: 'None', dnsConfig: config },
    CLUSTER,
    { servers: ['192.0.2.1'], searches: ['more.example'], options: ['ndots:2', 'rotate'] },
  ],
  [
    'its own settings on top of those of the cell',
    { dnsConfig: config },
    CLUSTER,
    { servers: ['10.0.0.10', '192.0.2.1'], searches: [...OWN, 'more.example'], options: ['ndots:2', 'rotate'] },
  ],
  [
    'its own settings on top of those of the machine',
    { dnsPolicy: 'Default', dnsConfig: config },
    NONE,
    {
      servers: ['127.0.0.11', '192.0.2.1'],
      searches: ['corp.example', 'more.example'],
      options: ['timeout:1', 'ndots:2', 'rotate'],
    },
  ],
  [
    'the same on the network of the machine',
    { hostNetwork: true, dnsConfig: { nameservers: ['192.0.2.53'] } },
    NONE,
    MACHINE,
  ],
])('a pod asks %s', (_what, spec, options, resolver) => {
  const pod = podOf(spec);
  expect(hasOwnResolver(pod, options)).toBe(resolver !== undefined);
  if (resolver) expect(resolverOf(pod, options, MACHINE)).toEqual(resolver);
});

test('a resolver reads no more than it is given', () => {
  const word = fc.stringMatching(/^[a-z]{1,80}$/);
  const many = fc.array(word, { maxLength: 60 });
  fc.assert(
    fc.property(many, many, many, (machine, searches, nameservers) => {
      const pod = podOf({ dnsConfig: { searches, nameservers } });
      const found = resolverOf(pod, NONE, { servers: [], searches: machine, options: [] });
      expect(found.servers.length).toBeLessThanOrEqual(3);
      expect(found.searches.length).toBeLessThanOrEqual(32);
      expect(found.searches.join(' ').length).toBeLessThanOrEqual(2048);
      expect(new Set(found.searches).size).toBe(found.searches.length);
      expect(parseResolver(resolverText(found))).toEqual(found);
    }),
  );
});

test("a machine's settings are read as resolvers do", () => {
  const text =
    '# made\nnameserver 192.0.2.53\ndomain old.example\nsearch a.example b.example .\noptions ndots:1 rotate\n';
  expect(parseResolver(text)).toEqual({
    servers: ['192.0.2.53'],
    searches: ['a.example', 'b.example'],
    options: ['ndots:1', 'rotate'],
  });
});

test('one file for all containers, written where it lies', async () => {
  const podDir = await mkdtemp(join(tmpdir(), 'stowage-names-'));
  try {
    const place = { pod: podOf({ dnsPolicy: 'None', dnsConfig: config }), podDir, podIp: '10.1.2.3', names: CLUSTER };
    const container: Container = { name: 'main' };
    const mounts = nameMounts(container, place);
    expect(mounts.map(({ target }) => target)).toEqual(['/etc/hosts', '/etc/resolv.conf']);
    const own = { ...container, volumeMounts: [{ name: 'v', mountPath: '/etc/hosts' }] };
    expect(nameMounts(own, place).map(({ target }) => target)).toEqual(['/etc/resolv.conf']);
    const told: string[] = [];
    const tell = (omission: string) => void told.push(omission);
    await prepareNames(place, tell);
    const [hosts, resolver] = mounts.map(({ source }) => source);
    expect(await readFile(resolver!, 'utf8')).toBe(
      'nameserver 192.0.2.1\nsearch more.example\noptions ndots:2 rotate\n',
    );
    const before = await stat(hosts!);
    expect(before.mode & 0o777).toBe(0o644);
    await prepareNames({ ...place, podIp: '10.1.2.4' }, tell);
    expect(await readFile(hosts!, 'utf8')).toContain('10.1.2.4\tweb\n');
    expect((await stat(hosts!)).ino).toBe(before.ino);
    // What is left out is told when it is written, and not again.
    const nameservers = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
    const greedy = { ...place, pod: podOf({ dnsPolicy: 'None', dnsConfig: { nameservers } }) };
    expect(told).toEqual([]);
    for (let round = 0; round < 2; round++) await prepareNames(greedy, tell);
    expect(told).toEqual([expect.stringContaining('the applied nameserver line is: 192.0.2.1 192.0.2.2 192.0.2.3')]);
  } finally {
    await rm(podDir, { recursive: true, force: true });
  }
});
