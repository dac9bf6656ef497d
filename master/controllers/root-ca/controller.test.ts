import { expect, test } from 'vitest';
import { configMaps } from '../../../api/core/config-map.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { World } from '../kit/world.suite.ts';
import { rootCaController } from './controller.ts';

const NAME = 'kube-root-ca.crt';

test("every namespace has the cell's authority, whatever is done to it", () => {
  const world = new World([rootCaController('PEM')]);
  world.create(namespaces, { metadata: { name: 'a' } });
  world.create(namespaces, { metadata: { name: 'b' } });
  world.create(configMaps, { metadata: { name: NAME, namespace: 'b' }, data: { 'ca.crt': 'another', more: 'x' } });
  world.settle();
  const data = (namespace: string) => world.get(configMaps, namespace, NAME)?.data;
  expect([data('a'), data('b')]).toEqual([{ 'ca.crt': 'PEM' }, { 'ca.crt': 'PEM' }]);
  world.delete(configMaps, world.get(configMaps, 'a', NAME)!);
  world.settle();
  expect(data('a')).toEqual({ 'ca.crt': 'PEM' });
});

test('a namespace that is going gets no more', () => {
  const controller = rootCaController('PEM');
  const world = new World([controller]);
  world.delete(namespaces, world.create(namespaces, { metadata: { name: 'a', finalizers: ['example.com/held'] } }));
  expect(world.decide(controller, 'a')).toEqual([]);
});
