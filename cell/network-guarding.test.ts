import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetworkState } from '../agent/network/state.ts';
import { namespaces } from '../api/core/namespace.ts';
import { nodes } from '../api/core/node.ts';
import { INGRESS_LABEL, INGRESS_PORTS } from '../api/core/node-network.ts';
import { type Pod, pods } from '../api/core/pod.ts';
import { secrets } from '../api/core/secret.ts';
import { ingresses } from '../api/networking/ingress.ts';
import { parseIpv4Range } from '../api/networking/ipv4.ts';
import { networkPolicies } from '../api/networking/network-policy.ts';
import { NetworkFeeds } from '../master/agents/network-feeds.ts';
import { NetworkGuarding } from '../master/agents/network-guarding.ts';
import { admittingCell } from '../master/objects/admission/admission.fixture.ts';
import type { FromMaster } from '../proto/messages.ts';

const CONTEXT = { user: 'tester' };
const network = {
  ...{ mode: 'vxlan' as const, podCidr: parseIpv4Range('10.128.0.0/12')!, nodeCidrBits: 24, loadBalancerPool: [] },
  ...{ serviceCidr: parseIpv4Range('10.144.0.0/16')!, nodePorts: { first: 1, last: 2 } },
};

type AdmittingCell = Awaited<ReturnType<typeof admittingCell>>;

/** What was told and not taken back, by kind and key. */
function listening({ cache }: AdmittingCell) {
  const told = new Map<string, string>();
  const end = new NetworkGuarding(cache, (kind, key, object) => {
    if (object) told.set(`${kind} ${key}`, JSON.stringify(object));
    else told.delete(`${kind} ${key}`);
  }).start();
  return { told, end };
}

const SPACES = ['team', 'other'];
const LABELS: Record<string, string>[] = [{ app: 'a' }, { app: 'b' }, {}];
const selector = fc.constantFrom({}, { matchLabels: { app: 'a' } }, { matchLabels: { app: 'b' } });
const peer = fc.oneof(
  selector.map((podSelector) => ({ podSelector })),
  fc.record({ namespaceSelector: fc.constantFrom({}, { matchLabels: { env: 'test' } }), podSelector: selector }),
);
const space = fc.constantFrom(...SPACES);
const step = fc.oneof(
  fc.record({
    act: fc.constant('pod' as const),
    space,
    name: fc.constantFrom('x', 'y'),
    labels: fc.constantFrom(...LABELS),
    last: fc.integer({ min: 2, max: 9 }),
  }),
  fc.record({ act: fc.constant('end' as const), space, name: fc.constantFrom('x', 'y') }),
  fc.record({
    act: fc.constant('policy' as const),
    space,
    name: fc.constantFrom('p', 'q'),
    podSelector: selector,
    from: fc.array(peer, { maxLength: 2 }),
  }),
  fc.record({ act: fc.constant('open' as const), space, name: fc.constantFrom('p', 'q') }),
  fc.record({ act: fc.constant('label' as const), space, env: fc.constantFrom('test', 'live') }),
);

async function take(cell: AdmittingCell, one: typeof step extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  const { objects, cache } = cell;
  const remove = async (resource: typeof pods | typeof networkPolicies, name: string) => {
    if (cache.get(resource as typeof pods, one.space, name))
      await objects.delete(resource as typeof pods, one.space, name, CONTEXT);
  };
  if (one.act === 'end') await remove(pods, one.name);
  if (one.act === 'open') await remove(networkPolicies, one.name);
  if (one.act === 'label') {
    await objects.update(
      namespaces,
      undefined,
      one.space,
      (current) => {
        current.metadata = { ...current.metadata, labels: { env: one.env } };
      },
      CONTEXT,
    );
  }
  if (one.act === 'policy') {
    await remove(networkPolicies, one.name);
    const spec = { podSelector: one.podSelector, ingress: [{ from: one.from }] };
    await objects.create(networkPolicies, { metadata: { namespace: one.space, name: one.name }, spec }, CONTEXT);
  }
  if (one.act === 'pod') {
    const metadata = { namespace: one.space, name: one.name, labels: one.labels };
    const found = cache.get(pods, one.space, one.name);
    const relabel = (current: Pod) => {
      current.metadata = { ...current.metadata, labels: one.labels };
    };
    if (found) await objects.update(pods, one.space, one.name, relabel, CONTEXT);
    else await objects.create(pods, { metadata, spec: { containers: [{ name: 'c', image: 'i' }] } }, CONTEXT);
    const address = (current: Pod) => {
      current.status = { ...current.status, phase: 'Running', podIP: `10.128.0.${one.last}` };
    };
    await objects.update(pods, one.space, one.name, address, CONTEXT, { part: 'status' });
  }
  await cell.settled();
}

test('what is told of policies and their pods is what somebody would be told who begins now', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      const cell = await admittingCell();
      try {
        for (const name of SPACES) {
          if (!cell.cache.get(namespaces, undefined, name))
            await cell.objects.create(namespaces, { metadata: { name } }, CONTEXT);
        }
        await cell.settled();
        const followed = listening(cell);
        for (const one of steps) await take(cell, one);
        const anew = listening(cell);
        expect(new Map([...followed.told].sort())).toEqual(new Map([...anew.told].sort()));
        followed.end();
        anew.end();
      } finally {
        await cell.stop();
      }
    }),
    { numRuns: 150 },
  );
});

test('certificates of ingresses go to nodes that serve them, as long as they may', async () => {
  const cell = await admittingCell();
  const { objects, cache, clock } = cell;
  const feeds = new NetworkFeeds(network, cache, clock);
  feeds.start();
  const listen = (name: string) => {
    const state = new NetworkState();
    const send = (message: FromMaster) => {
      if (message.network) state.take(message.network);
      return true;
    };
    const outlet = feeds.open(name, { send, onDrain: () => {}, refuse: () => {}, drop: () => {} });
    outlet.drained();
    return { state, outlet };
  };
  for (const name of ['a', 'b']) {
    await objects.create(nodes, { metadata: { name, annotations: { [INGRESS_PORTS]: '80,443' } } }, CONTEXT);
  }
  const data = { 'tls.crt': Buffer.from('C').toString('base64'), 'tls.key': Buffer.from('K').toString('base64') };
  for (const name of ['shop', 'private'])
    await objects.create(secrets, { metadata: { namespace: 'team', name }, type: 'kubernetes.io/tls', data }, CONTEXT);
  const spec = {
    ...{ ingressClassName: 'stowage', tls: [{ secretName: 'shop' }] },
    defaultBackend: { service: { name: 'web', port: { number: 80 } } },
  };
  await objects.create(ingresses, { metadata: { namespace: 'team', name: 'shop' }, spec }, CONTEXT);
  const others = { ...spec, ingressClassName: 'other', tls: [{ secretName: 'private' }] };
  await objects.create(ingresses, { metadata: { namespace: 'team', name: 'others' }, spec: others }, CONTEXT);
  await cell.settled();
  const [a, b] = [listen('a'), listen('b')];
  const label = async (value: string) => {
    const change = (current: { metadata?: object }) => {
      current.metadata = { ...current.metadata, labels: { [INGRESS_LABEL]: value } };
    };
    await objects.update(nodes, undefined, 'a', change, CONTEXT);
    await cell.settled();
    await clock.advance(1);
  };
  expect([a.state.ingresses.size, a.state.certificates.size]).toEqual([0, 0]);
  await label('true');
  expect([...a.state.ingresses.keys()]).toEqual(['team/shop']);
  expect([...a.state.certificates]).toEqual([['team/shop', { certificates: 'C', key: 'K' }]]);
  await objects.delete(secrets, 'team', 'shop', CONTEXT);
  await cell.settled();
  await clock.advance(1);
  expect(a.state.certificates.size).toBe(0);
  await label('false');
  expect(a.state.ingresses.size).toBe(0);
  expect([b.state.ingresses.size, b.state.certificates.size]).toEqual([0, 0]);
  for (const { outlet } of [a, b]) outlet.stop();
  feeds.stop();
  await cell.stop();
});
