import { describe, expect, test } from 'vitest';
import { binds, drive, type GangDrive, group, member, members, node, pod } from './gang-drive.fixture.ts';

describe('time-out', () => {
  test('the group is told, others come first for a while, and then it is tried again', () => {
    const d = drive('2')
      .groups(group('g', 3, 60))
      .add(...members(3));
    d.settle();
    expect(d.scheduler.nextDueMs).toBe(d.nowMs + 60_000);
    const told = d.pass(60_000).settle();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^g TimedOut: not placed within 60 s: gang g: room for 2 of 3 pods at once/);
    d.nodes(node('b', '2')).add(member('p3'));
    expect(binds(d.settle())).toEqual([]);
    d.remove('p3').add(pod('other')).settle();
    expect(d.there).toEqual(['other']);
    expect(d.pass(10_000).settle().at(-1)).toBe('g Scheduled: 3 pods placed together');
  });

  test('also of one that is not complete, once for each time-out and not at once after a restart', () => {
    const d = drive()
      .groups(group('g', 3, 5))
      .add(...members(2))
      .pass(1_000_000);
    expect(d.settle()).toEqual([]);
    d.pass(1000).settle();
    const told = 'g TimedOut: not placed within 5 s: waiting for the pods of gang g: 2 of 3 are there';
    expect(d.pass(4000).settle()).toEqual([told]);
    expect(d.pass(5000).settle()).toEqual([]);
    d.add(member('p2')).settle();
    expect(d.there).toHaveLength(3);
    expect(d.pass(60_000).settle()).toEqual([]);
    expect(d.scheduler.nextDueMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a group that needs fewer by now is told that it has its places', () => {
    const d = drive('9').groups(group('g', 3, 5));
    d.add(
      member('p0', { spec: { nodeName: 'a' } }),
      member('p1', { spec: { nodeName: 'a' } }),
      member('p2', { cpu: '99' }),
    );
    expect(d.pass(6000).settle().at(-1)).toMatch(/^g Pending/);
    expect(d.groups(group('g', 2)).settle()[0]).toMatch(/^g Scheduled: 2 pods have their places$/);
  });
});

describe('preemption', () => {
  const low = (name: string) => pod(name, { priority: 0, spec: { nodeName: 'a' } });
  const high = (name: string) => member(name, { priority: 1_000_000 });

  test('places are held for the whole gang until those in the way have gone', () => {
    const d = drive('3').groups(group('g', 3)).add(low('x'), low('y'), low('z'), high('p0'), high('p1'), high('p2'));
    d.settle();
    expect([...d.leaving].sort()).toEqual(['x', 'y', 'z']);
    d.remove('x', 'y').settle();
    expect(d.there).toEqual([]);
    d.add(pod('sneak', { priority: 10 })).settle();
    expect(d.there).toEqual([]);
    expect(binds(d.remove('z').settle())).toHaveLength(3);
    expect(d.there).toEqual(['p0', 'p1', 'p2']);
  });

  test('time does not run out while places are held', () => {
    const d = drive('1')
      .groups(group('g', 1, 5))
      .add(low('x'), high('p0'));
    d.settle();
    expect(d.pass(6000).settle()).toEqual([]);
    d.remove('x').settle();
    expect(d.there).toEqual(['p0']);
  });

  test('nobody has to go for a gang that does not fit all the same', () => {
    const d = drive('3')
      .groups(group('g', 4))
      .add(low('x'), low('y'), ...['p0', 'p1', 'p2', 'p3'].map(high));
    const lines = d.settle();
    expect(lines.filter((line) => line.includes(' evict '))).toEqual([]);
    expect(d.scheduler.world.cell.used(0, 0)).toBe(2000);
  });

  test.each<[string, (d: GangDrive) => void]>([
    ['a member goes', (d) => d.remove('p1')],
    ['the group goes', (d) => d.scheduler.removePodGroup(group('g', 3))],
    ['the group wants more', (d) => d.groups(group('g', 4))],
  ])('places are given back when %s', (_, happens) => {
    const d = drive('3').groups(group('g', 3)).add(low('x'), low('y'), low('z'), high('p0'), high('p1'), high('p2'));
    d.settle();
    happens(d);
    d.remove('x', 'y', 'z').settle();
    expect(d.there).toEqual([]);
    expect(d.scheduler.world.cell.used(0, 0)).toBe(0);
    d.add(pod('other', { cpu: '3' }))
      .pass(20_000)
      .settle();
    expect(d.there).toEqual(['other']);
  });
});
