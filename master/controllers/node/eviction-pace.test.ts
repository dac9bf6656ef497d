import { describe, expect, test } from 'vitest';
import { nodes } from '../../../api/core/node.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { World } from '../kit/world.suite.ts';
import { nodeLifecycleController } from './lifecycle.ts';

const GRACE_MS = 40_000;

/** A cell of zones with so many nodes, of which so many fall silent at once. */
function cell(zones: Readonly<Record<string, readonly [size: number, silent: number]>>): World {
  const world = new World([nodeLifecycleController({ graceMs: GRACE_MS, startedAtMs: 0 })]);
  for (const [zone, [size, silent]] of Object.entries(zones)) {
    for (let i = 0; i < size; i++) {
      const labels = { 'topology.kubernetes.io/zone': zone };
      const node = world.create(nodes, { metadata: { name: `${zone}-${i}`, labels } });
      const lastHeartbeatTime = i < silent ? timestamp(world.nowMs) : '2099-01-01T00:00:00Z';
      world.setStatus(nodes, node, { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime }] });
    }
  }
  world.settle();
  world.advance(GRACE_MS);
  world.settle();
  return world;
}

/** Names of nodes that lose their pods. */
const emptied = (world: World): string[] =>
  world
    .list(nodes)
    .filter(({ spec }) => spec?.taints?.some(({ effect }) => effect === 'NoExecute'))
    .map((node) => metaOf(node).name ?? '');

const emptiedAfter = (world: World, ms: number): number => {
  for (let passed = 0; passed < ms; passed += 10_000) {
    world.advance(10_000);
    world.settle();
  }
  return emptied(world).length;
};

describe('nodes that fall silent lose their pods', () => {
  test('one after the other', () => {
    const world = cell({ a: [10, 4] });
    expect(emptied(world)).toHaveLength(1);
    expect(emptiedAfter(world, 10_000)).toBe(2);
    expect(emptiedAfter(world, 100_000)).toBe(4);
  });

  test('each zone at its own pace', () => {
    const world = cell({ a: [4, 1], b: [4, 1], c: [4, 0] });
    expect(emptied(world).sort()).toEqual(['a-0', 'b-0']);
  });

  test('slowly where much of a large zone is silent', () => {
    const world = cell({ a: [60, 40] });
    expect(emptied(world)).toHaveLength(1);
    expect(emptiedAfter(world, 90_000)).toBe(1);
    expect(emptiedAfter(world, 20_000)).toBe(2);
  });

  test('not at all where much of a small zone is', () => {
    const world = cell({ a: [5, 3], b: [5, 0] });
    expect(emptiedAfter(world, 60_000)).toBe(0);
  });

  test('at the usual pace where a zone is silent as a whole', () => {
    const world = cell({ a: [5, 5], b: [5, 0] });
    expect(emptiedAfter(world, 60_000)).toBe(5);
  });

  test('not at all where nobody is heard: it is the master that is cut off', () => {
    const world = cell({ a: [3, 3], b: [2, 2] });
    expect(emptiedAfter(world, 600_000)).toBe(0);
    const [first] = world.list(nodes);
    const lastHeartbeatTime = '2099-01-01T00:00:00Z';
    world.setStatus(nodes, first!, { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime }] });
    world.settle();
    expect(emptiedAfter(world, 10_000)).toBeGreaterThan(0);
  });

  test('all are kept from new pods at once, whatever the pace', () => {
    const world = cell({ a: [10, 4] });
    const closed = world.list(nodes).filter(({ spec }) => spec?.taints?.some(({ effect }) => effect === 'NoSchedule'));
    expect(closed).toHaveLength(4);
  });
});
