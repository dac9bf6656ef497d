import { describe, expect, test } from 'vitest';
import type { Taint, Toleration } from '../../../api/core/taints.ts';
import type { World } from '../world.ts';
import type { PodFacts } from './constraint.ts';
import { taints, taintsAdmit } from './taints.ts';
import { unschedulable } from './unschedulable.ts';

const world = {} as World;
const facts = (tolerations?: Toleration[]) => ({ spec: { containers: [], tolerations } }) as unknown as PodFacts;
const node = (...all: Taint[]) => ({ metadata: { name: 'n' }, spec: { taints: all } });
const gpu: Taint = { key: 'gpu', value: 'a', effect: 'NoSchedule' };
const gone: Taint = { key: 'gone', effect: 'NoExecute' };
const slow: Taint = { key: 'slow', effect: 'PreferNoSchedule' };
const old: Taint = { key: 'old', effect: 'PreferNoSchedule' };
const all: Toleration = { operator: 'Exists' };

describe('taints', () => {
  test.each<[string, Toleration[] | undefined, Taint[], string | undefined]>([
    ['no taint', undefined, [], undefined],
    ['NoSchedule', undefined, [gpu], '{gpu: a}'],
    ['NoExecute', undefined, [gone], '{gone: }'],
    ['PreferNoSchedule', undefined, [slow], undefined],
    ['tolerated', [{ key: 'gpu', value: 'a' }], [gpu], undefined],
    ['tolerated with another value', [{ key: 'gpu', value: 'b' }], [gpu], '{gpu: a}'],
    ['one of two tolerated', [{ key: 'gpu', operator: 'Exists' }], [gpu, gone], '{gone: }'],
    ['all tolerated', [all], [gpu, gone], undefined],
  ])('%s', (_, tolerations, of, refused) => {
    const { admits, refusal } = taints.compile(facts(tolerations), world)!.node!;
    expect(admits(node(...of), 0)).toBe(refused === undefined);
    expect(taintsAdmit({ containers: [], tolerations })(node(...of))).toBe(refused === undefined);
    if (refused) expect(refusal(node(...of), 0)).toBe(`node(s) had untolerated taint ${refused}`);
  });

  test.each<[number, Toleration[] | undefined, Taint[]]>([
    [300, undefined, []],
    [300, undefined, [gpu]],
    [150, undefined, [slow]],
    [100, undefined, [slow, old, gpu]],
    [150, [{ key: 'old', operator: 'Exists' }], [slow, old]],
    [300, [all], [slow, old]],
  ])('is worth %d', (points, tolerations, of) => {
    expect(taints.compile(facts(tolerations), world)!.worth!(node(...of), 0)).toBe(points);
  });

  test('pods share a shape when they tolerate the same, however long', () => {
    const bearing = (toleration: Toleration) => taints.bearing(facts([toleration]), world);
    expect(bearing({ ...all, tolerationSeconds: 1 })).toBe(bearing({ ...all, tolerationSeconds: 300 }));
    expect(bearing({ key: 'a' })).not.toBe(bearing({ value: 'a' }));
    expect(taints.bearing(facts(), world)).toBeTruthy();
  });
});

describe('cordoned nodes', () => {
  const cordoned = { metadata: { name: 'n' }, spec: { unschedulable: true } };

  test('take no pods', () => {
    const { admits, refusal } = unschedulable.compile(facts(), world)!.node!;
    expect(admits(cordoned, 0)).toBe(false);
    expect(admits(node(), 0)).toBe(true);
    expect(refusal(cordoned, 0)).toBe('node(s) were unschedulable');
  });

  test.each<[boolean, Toleration]>([
    [true, all],
    [true, { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }],
    [false, { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoExecute' }],
    [false, { key: 'other', operator: 'Exists' }],
  ])('except those that tolerate it: %s %j', (tolerated, toleration) => {
    expect(unschedulable.compile(facts([toleration]), world) === undefined).toBe(tolerated);
    expect(unschedulable.bearing(facts([toleration]), world) === undefined).toBe(tolerated);
  });
});
