import { expect, test } from 'vitest';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { INGRESS_LABEL, INGRESS_PORTS } from '../../../api/core/node-network.ts';
import { type Ingress, ingresses } from '../../../api/networking/ingress.ts';
import { ingressClasses } from '../../../api/networking/ingress-class.ts';
import { World } from '../kit/world.suite.ts';
import { ingressController } from './controller.ts';

const node = (name: string, address: string, labels: Record<string, string>): Node => ({
  metadata: { name, labels, annotations: { [INGRESS_PORTS]: '80,443' } },
  status: {
    addresses: [{ type: 'InternalIP', address }],
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});
const ingress = (name: string, ingressClassName: string): Ingress => ({
  metadata: { namespace: 'team', name },
  spec: { ingressClassName },
});
const ipsOf = (world: World, name: string) =>
  (world.get(ingresses, 'team', name)?.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);

test('ingresses say where they are served: at nodes that may, do, and are ready', () => {
  const world = new World([ingressController()]);
  world.create(namespaces, { metadata: { name: 'team' } });
  world.create(ingresses, ingress('ours', 'stowage'));
  world.create(ingresses, ingress('theirs', 'other'));
  const first = world.create(nodes, node('a', '192.0.2.2', { [INGRESS_LABEL]: 'true' }));
  world.setStatus(nodes, first, node('a', '192.0.2.2', {}).status!);
  const second = world.create(nodes, node('b', '192.0.2.1', {}));
  world.setStatus(nodes, second, node('b', '192.0.2.1', {}).status!);
  world.settle();
  expect(world.get(ingressClasses, undefined, 'stowage')?.spec?.controller).toBe('stowage.dev/ingress');
  expect([ipsOf(world, 'ours'), ipsOf(world, 'theirs')]).toEqual([['192.0.2.2'], []]);
  world.update(nodes, second, (current) => {
    current.metadata = { ...current.metadata, labels: { [INGRESS_LABEL]: '' } };
  });
  world.settle();
  expect(ipsOf(world, 'ours')).toEqual(['192.0.2.1', '192.0.2.2']);
  const { addresses } = first.status!;
  world.setStatus(nodes, first, { addresses, conditions: [{ type: 'Ready', status: 'Unknown' }] });
  world.settle();
  expect(ipsOf(world, 'ours')).toEqual(['192.0.2.1']);
});
