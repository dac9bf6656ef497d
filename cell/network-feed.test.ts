import { expect, test } from 'vitest';
import { NetworkState } from '../agent/network/state.ts';
import { type Node, nodes } from '../api/core/node.ts';
import { services } from '../api/core/service.ts';
import { endpointSlices } from '../api/discovery/endpoint-slice.ts';
import { parseIpv4Range } from '../api/networking/ipv4.ts';
import { NetworkFeed } from '../master/agents/network-feed.ts';
import { NetworkOutlet } from '../master/agents/network-outlet.ts';
import { admittingCell } from '../master/objects/admission/admission.fixture.ts';
import type { FromMaster, Network } from '../proto/messages.ts';

const CONTEXT = { user: 'tester' };
const network = {
  ...{ mode: 'vxlan' as const, podCidr: parseIpv4Range('10.128.0.0/12')!, nodeCidrBits: 24, loadBalancerPool: [] },
  ...{ serviceCidr: parseIpv4Range('10.144.0.0/16')!, nodePorts: { first: 1, last: 2 } },
};

test('agents hear all of it, then what changed; a slow one hears all of it again', async () => {
  const cell = await admittingCell();
  const { objects, cache, clock } = cell;
  const node: Node = { metadata: { name: 'a' }, spec: { podCIDR: '10.128.0.0/24', podCIDRs: ['10.128.0.0/24'] } };
  await objects.create(nodes, node, CONTEXT);
  const addressed = (current: Node) => {
    current.status = { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] };
  };
  await objects.update(nodes, undefined, 'a', addressed, CONTEXT, { part: 'status' });
  await cell.settled();
  const feed = new NetworkFeed(network, cache, clock);
  feed.start();
  const agent = new NetworkState();
  const heard: Network[] = [];
  let takes = true;
  const send = (message: FromMaster) => {
    if (message.network) heard.push(message.network);
    if (message.network) agent.take(message.network);
    return takes;
  };
  const outlet = new NetworkOutlet(feed, { send, onDrain: () => {}, refuse: () => {}, drop: () => {} });
  outlet.drained();
  expect(agent.nodes.get('a')).toEqual({ name: 'a', address: '192.0.2.1', podCidr: '10.128.0.0/24' });
  expect(agent.ranges?.mode).toBe('vxlan');
  const web = {
    metadata: { name: 'web', namespace: 'team' },
    spec: { clusterIP: '10.144.0.7', ports: [{ port: 80 }] },
  };
  await objects.create(services, web, CONTEXT);
  await cell.settled();
  await clock.advance(1);
  expect(heard).toHaveLength(2);
  expect(agent.services.get('team/web')?.clusterIp).toBe('10.144.0.7');
  // What agents are not told of wakes nobody.
  const labelled = (current: Node) => void Object.assign(current.metadata!, { labels: { some: 'label' } });
  await objects.update(nodes, undefined, 'a', labelled, CONTEXT);
  await cell.settled();
  await clock.advance(1);
  expect(heard).toHaveLength(2);
  // A link that takes no more misses what comes, and is made up for once it drains.
  takes = false;
  await objects.delete(services, 'team', 'web', CONTEXT);
  await cell.settled();
  await clock.advance(1);
  const slice = {
    ...{ metadata: { name: 's', namespace: 'team', labels: { 'kubernetes.io/service-name': 'web' } } },
    ...{ addressType: 'IPv4' as const, ports: [{ name: '', port: 8080 }], endpoints: [{ addresses: ['10.128.0.2'] }] },
  };
  await objects.create(endpointSlices, slice, CONTEXT);
  await cell.settled();
  await clock.advance(1);
  expect(heard).toHaveLength(3);
  takes = true;
  outlet.drained();
  expect(heard.at(-1)?.complete).toBe(true);
  expect(agent.slicesOf('team/web')[0]?.endpoints).toEqual([{ address: '10.128.0.2' }]);
  expect(agent.services.size).toBe(0);
  outlet.stop();
  feed.stop();
  await cell.stop();
});
