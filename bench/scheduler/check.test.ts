import { describe, expect, it } from 'vitest';
import { placements } from './check.ts';
import { evenOverZones, oneForEachNode } from './faults.ts';
import { node, type PodTraits, pod, ZONE } from './objects.ts';
import { scaled, total } from './workload.ts';
import { workloads } from './workloads.ts';

const on = (nodeName: string, name: string, traits: Partial<PodTraits> = {}) =>
  pod({ namespace: 'default', name, ...traits, spec: { nodeName } });

const some = (count: number, nodeName: string, traits?: Partial<PodTraits>) =>
  Array.from({ length: count }, (_, index) => on(nodeName, `${nodeName}-${index}`, traits));

describe('the check of an outcome', () => {
  it('takes a node that is full to the brim', () => {
    expect(placements([node({ name: 'a' })], some(40, 'a'))).toHaveLength(40);
    expect(placements([node({ name: 'a', pods: 3 })], some(3, 'a', { none: true }))).toHaveLength(3);
  });

  it.each([
    ['CPU', () => placements([node({ name: 'a' })], some(41, 'a')), /has 4 cpu/],
    ['memory', () => placements([node({ name: 'a' })], some(5, 'a', { memory: '8Gi' })), /has 32Gi memory/],
    ['pods', () => placements([node({ name: 'a', pods: 3 })], some(4, 'a', { none: true })), /has 3 pods/],
    ['nodes', () => placements([node({ name: 'a' })], [on('b', 'lost')]), /"b", which is no node/],
    ['binds', () => placements([node({ name: 'a' })], [pod({ namespace: 'default', name: 'free' })]), /no node/],
  ])('refuses too few %s', (_, check, message) => {
    expect(check).toThrow(message);
  });

  it('finds two that want to be alone on one node', () => {
    const nodes = [node({ name: 'a' }), node({ name: 'b' })];
    const green = { labels: { color: 'green' } };
    const apart = [on('a', '1', green), on('b', '2', green), on('a', '3')];
    expect(oneForEachNode('green')(placements(nodes, apart))).toBeUndefined();
    expect(oneForEachNode('green')(placements(nodes, [...apart, on('b', '4', green)]))).toMatch(/share node b/);
  });

  it('finds zones that differ by more than the skew, empty ones too', () => {
    const nodes = ['x', 'y'].map((zone) => node({ name: zone, zone }));
    const blue = { labels: { color: 'blue' } };
    const check = (atX: number, atY: number) =>
      evenOverZones('blue', 2)(placements(nodes, [...some(atX, 'x', blue), ...some(atY, 'y', blue), on('y', 'plain')]));
    expect(check(3, 1)).toBeUndefined();
    expect(check(4, 1)).toMatch(/uneven by 3/);
    expect(check(3, 0)).toMatch(/uneven by 3/);
    expect(nodes[0]?.metadata?.labels?.[ZONE]).toBe('x');
  });
});

describe('workloads', () => {
  it('have names of their own', () => {
    expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
  });

  it('have room for their pods when they are scaled down, and whole gangs', () => {
    for (const workload of workloads.map((each) => scaled(each, 0.1))) {
      const pods = total(workload.initial) + workload.measured.count;
      expect(pods, workload.name).toBeLessThanOrEqual(110 * total(workload.nodes) + 90_000);
      if (workload.groups.length > 0) expect(workload.measured.count % workload.burst, workload.name).toBe(0);
    }
  });
});
