import { expect, test } from 'vitest';
import type { Pod } from '../../api/core/pod.ts';
import type { NetworkPolicy } from '../../api/networking/network-policy.ts';
import { Group, type GroupSpec, guardingOf } from './network-guards.ts';

const policy = (spec: NetworkPolicy['spec']): NetworkPolicy => ({ metadata: { namespace: 'team', name: 'p' }, spec });
const web = { matchLabels: { app: 'web' } };
const WEB: GroupSpec = { namespace: 'team', pods: web };

/** With groups in words instead of their ids. */
function told(spec: NetworkPolicy['spec']) {
  const { guard, groups } = guardingOf(policy(spec));
  const words = new Map([...groups].map(([id, group]) => [id, group]));
  return JSON.parse(JSON.stringify(guard), (key, value) =>
    (key === 'group' || key === 'pods') && typeof value === 'string' ? words.get(value) : value,
  );
}

test('a policy without rules lets nothing in, and everything out', () => {
  expect(told({ podSelector: web })).toEqual({
    ...{ namespace: 'team', name: 'p', pods: WEB, selector: web, ingress: [] },
  });
  expect(told({ podSelector: {}, policyTypes: ['Egress'] })).toEqual({
    ...{ namespace: 'team', name: 'p', pods: { namespace: 'team', pods: {} }, selector: {}, egress: [] },
  });
});

test('a rule without peers is about everybody, one without ports about all', () => {
  expect(told({ podSelector: web, ingress: [{}] }).ingress).toEqual([{}]);
  expect(
    told({
      podSelector: web,
      ingress: [
        {
          ports: [
            { port: 80, protocol: 'TCP' },
            { port: 90, endPort: 99, protocol: 'UDP' },
          ],
        },
      ],
    }).ingress,
  ).toEqual([
    {
      ports: [
        { protocol: 'TCP', first: 80 },
        { protocol: 'UDP', first: 90, last: 99 },
      ],
    },
  ]);
});

test('peers are pods of the namespace, of namespaces, or ranges', () => {
  const from = [
    { podSelector: web },
    { namespaceSelector: {} },
    { namespaceSelector: { matchLabels: { env: 'test' } }, podSelector: web },
    { ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.1/32'] } },
    { ipBlock: { cidr: '2001:db8::/32' } },
  ];
  expect(told({ podSelector: web, ingress: [{ from }] }).ingress).toEqual([
    { group: WEB },
    { group: { namespaces: {}, pods: {} } },
    { group: { namespaces: { matchLabels: { env: 'test' } }, pods: web } },
    { block: '192.0.2.0/24', except: ['192.0.2.1/32'] },
  ]);
  // Where only others are meant, nobody is; not everybody.
  expect(told({ podSelector: web, ingress: [{ from: from.slice(4) }] }).ingress).toEqual([]);
});

test('named ports are those of the pods that are connected to', () => {
  const ports = [{ port: 'http', protocol: 'TCP' as const }];
  const port = { name: 'http', protocol: 'TCP' };
  const spec = { podSelector: web, policyTypes: ['Ingress' as const, 'Egress' as const] };
  expect(told({ ...spec, ingress: [{ ports, from: [{ podSelector: {} }] }] }).ingress).toEqual([
    { group: { namespace: 'team', pods: {} }, target: { protocol: 'TCP', group: { ...WEB, port } } },
  ]);
  const to = [{ podSelector: {} }, { ipBlock: { cidr: '10.0.0.0/8' } }];
  expect(told({ ...spec, egress: [{ ports, to }] }).egress).toEqual([
    {
      group: { namespace: 'team', pods: {} },
      target: { protocol: 'TCP', group: { namespace: 'team', pods: {}, port } },
    },
    { block: '10.0.0.0/8', target: { protocol: 'TCP', group: { namespaces: {}, pods: {}, port } } },
  ]);
});

test('equal selectors are one group, however they are written', () => {
  const one = guardingOf(policy({ podSelector: { matchLabels: { a: '1', b: '2' } } }));
  const other = guardingOf(policy({ podSelector: { matchLabels: { b: '2', a: '1' } } }));
  expect(one.guard.pods).toBe(other.guard.pods);
});

const pod = (more: Partial<NonNullable<Pod['status']>> = {}, spec: object = {}): Pod => ({
  metadata: { namespace: 'team', name: 'x', labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }], ...spec },
  status: { phase: 'Running', podIP: '10.128.0.2', ...more },
});

test.each<[string, GroupSpec, Pod, object | undefined]>([
  ['a pod', WEB, pod(), { group: 'g', address: '10.128.0.2' }],
  [
    'a port',
    { ...WEB, port: { name: 'http', protocol: 'TCP' } },
    pod(),
    { group: 'g', address: '10.128.0.2', port: 8080 },
  ],
  ['no port of the name', { ...WEB, port: { name: 'http', protocol: 'UDP' } }, pod(), undefined],
  ['another namespace', { ...WEB, namespace: 'other' }, pod(), undefined],
  [
    'namespaces with labels',
    { namespaces: { matchLabels: { env: 'test' } }, pods: web },
    pod(),
    { group: 'g', address: '10.128.0.2' },
  ],
  ['namespaces with others', { namespaces: { matchLabels: { env: 'live' } }, pods: web }, pod(), undefined],
  ['one that is over', WEB, pod({ phase: 'Failed' }), undefined],
  ['one without an address', WEB, pod({ podIP: undefined }), undefined],
  ["one on its machine's network", WEB, pod({}, { hostNetwork: true }), undefined],
])('who is in a group: %s', (_what, spec, of, member) => {
  expect(new Group('g', spec).memberOf(of, { env: 'test' })).toEqual(member);
});
