import { describe, expect, test } from 'vitest';
import { GangDrive, node, pod } from './gang-drive.fixture.ts';

/** What should never come this far, since the API refuses it. */
describe('a node that reports nonsense', () => {
  test.each(['-4', '-1e30', 'NaN', 'Infinity', 'much', '', '1e-60'])('%j cores are none', (cpu) => {
    const d = new GangDrive().nodes(node('odd', cpu)).add(pod('p'));
    expect(d.settle()).toHaveLength(1);
    d.nodes(node('even', '4')).settle();
    expect(d.placed.get('p')).toBe('even');
    expect(d.scheduler.world.cell.allocatable(0, 0)).toBeGreaterThanOrEqual(0);
  });

  test.each(['1e60', '9223372036854775807', '1e9'])('%j cores are many, and others are filled all the same', (cpu) => {
    const d = new GangDrive().nodes(node('odd', cpu), node('even', '4'));
    for (let i = 0; i < 10; i++) d.add(pod(`p${i}`));
    d.settle();
    expect(d.there).toHaveLength(10);
    d.scheduler.removeNode('odd');
    for (const [uid, on] of [...d.placed]) if (on === 'odd') d.remove(uid);
    d.add(pod('last', { cpu: '5' }), pod('fits'));
    d.settle();
    expect(d.placed.get('last')).toBeUndefined();
  });

  test('no pods at all, or a negative number of them', () => {
    const d = new GangDrive();
    for (const [name, pods] of [
      ['a', '-1'],
      ['b', '0'],
      ['c', 'NaN'],
    ] as const)
      d.nodes({ metadata: { name }, status: { allocatable: { cpu: '4', pods } } });
    d.nodes({ metadata: { name: 'd' } }).add(pod('p'));
    d.settle();
    expect(d.there).toEqual([]);
  });

  test('what was sound before and is nonsense now takes no more pods, and is taken back when it is sound again', () => {
    const d = new GangDrive().nodes(node('a', '4')).add(pod('p0'));
    d.settle();
    d.nodes(node('a', '-9')).add(pod('p1')).settle();
    expect(d.there).toEqual(['p0']);
    d.nodes(node('a', '4')).settle();
    expect(d.there).toEqual(['p0', 'p1']);
    expect(d.scheduler.world.cell.free(0, 0)).toBe(2000);
  });
});
