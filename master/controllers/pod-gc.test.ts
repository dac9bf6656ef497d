import { beforeEach, describe, expect, test } from 'vitest';
import { nodes } from '../../api/core/node.ts';
import { pods } from '../../api/core/pod.ts';
import { World } from './kit/world.suite.ts';
import { podGarbageCollector } from './pod-gc.ts';
import { bind, names, podSpec, reportEnd } from './samples.suite.ts';

describe('pod garbage collection', () => {
  let world: World;
  const make = (name: string, finalizers?: string[]) =>
    world.create(pods, { metadata: { name, namespace: 'shop', finalizers }, spec: podSpec() });
  const left = () => names(world.list(pods));

  beforeEach(() => {
    world = new World([podGarbageCollector({ maxEndedPods: 20 })]);
    world.create(nodes, { metadata: { name: 'n1' } });
    world.create(nodes, { metadata: { name: 'n2' } });
  });

  test('pods of a node that is deleted go, those that were ending already included', () => {
    bind(world, make('a'), 'n1');
    bind(world, make('b'), 'n1');
    bind(world, make('c'), 'n2');
    make('d');
    world.delete(pods, world.get(pods, 'shop', 'b')!);
    world.settle();
    expect(left()).toEqual(['a', 'b', 'c', 'd']);
    world.advance(600_000);
    world.delete(nodes, { metadata: { name: 'n1' } });
    world.settle();
    expect(left()).toEqual(['c', 'd']);
  });

  test('a pod bound to a node that never was goes', () => {
    bind(world, make('a'), 'nowhere');
    world.settle();
    expect(left()).toEqual([]);
  });

  test('on a node out of service only those that are being deleted go', () => {
    for (const name of ['a', 'b']) bind(world, make(name), 'n1');
    world.delete(pods, world.get(pods, 'shop', 'a')!);
    world.update(nodes, { metadata: { name: 'n1' } }, (node) => {
      node.spec = { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] };
    });
    world.settle();
    expect(left()).toEqual(['b']);
    world.delete(pods, world.get(pods, 'shop', 'b')!);
    world.settle();
    expect(left()).toEqual([]);
  });

  test('a pod held by a finalizer is told once and then left to whoever holds it', () => {
    bind(world, make('held', ['example.com/hold']), 'n1');
    world.delete(nodes, { metadata: { name: 'n1' } });
    world.settle();
    expect(world.transcript).toEqual(['pod-garbage-collector: delete pod held (now)']);
    expect(left()).toEqual(['held']);
  });

  test('of very many ended pods the oldest go', () => {
    for (let index = 10; index < 31; index++) {
      world.advance(1000);
      const pod = make(`p${index}`);
      bind(world, pod, 'n1');
      reportEnd(world, pod, 'Succeeded');
      world.settle();
      if (index < 30) expect(world.list(pods)).toHaveLength(index - 9);
    }
    expect(left()).toHaveLength(19);
    expect(left()[0]).toBe('p12');
  });
});
