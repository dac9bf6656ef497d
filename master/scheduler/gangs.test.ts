import { describe, expect, test } from 'vitest';
import { OLD_POD_GROUP_KEY, X_POD_GROUP_LABEL } from '../../api/stowage/pod-group.ts';
import { gangSpecOf } from './gang.ts';
import { binds, drive, expectRest, GangDrive, group, member, members, node, pod } from './gang-drive.fixture.ts';
import { claim, on, volume, waiting } from './volumes/storage.fixture.ts';

describe('a gang is placed all or nothing', () => {
  test('once as many as it needs are there, and the others one by one as they come', () => {
    const d = drive('10').groups(group('g', 3)).add(member('p0'), member('p1'));
    expect(d.settle()).toEqual([]);
    d.add(member('p2'));
    expect(d.settle()).toEqual(['p0 bind a', 'p1 bind a', 'p2 bind a', 'g Scheduled: 3 pods placed together']);
    d.add(member('p3'));
    expect(d.settle()).toEqual(['p3 bind a']);
  });

  test('and not where there is room for some of it only', () => {
    const d = drive('2')
      .groups(group('g', 3))
      .add(...members(3));
    const why = 'gang g: room for 2 of 3 pods at once; the next: 0/1 nodes are available: 1 Insufficient cpu.';
    const said = d.settle();
    expect(said.at(-1)).toContain('g Pending: gang g: room for 2 of 3');
    expect(said.map((line) => line.slice(0, why.length + 4))).toEqual([
      `p0: ${why}`,
      `p1: ${why}`,
      `p2: ${why}`,
      `g Pending: ${why}`.slice(0, why.length + 4),
    ]);
    expect(d.scheduler.world.cell.used(0, 0)).toBe(0);
    d.add(pod('single', { cpu: '2' }));
    expect(binds(d.settle())).toEqual(['single bind a']);
  });

  test('more than it needs are there: as many as there is room for, a pod that fits nowhere is no hindrance', () => {
    const d = drive('4').groups(group('g', 3));
    d.add(member('huge', { cpu: '99' }), ...members(5));
    d.settle();
    expect(d.there).toEqual(['p0', 'p1', 'p2', 'p3']);
    d.nodes(node('b', '4'));
    d.settle();
    expect(d.there).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
  });

  test.each([
    ['our annotation', { annotations: { 'stowage.dev/pod-group': 'g' } }, 'stowage.dev/v1'],
    ["the plugins' label", { labels: { [X_POD_GROUP_LABEL]: 'g' } }, 'scheduling.x-k8s.io/v1alpha1'],
    ["the plugins' old annotation", { annotations: { [OLD_POD_GROUP_KEY]: 'g' } }, 'scheduling.x-k8s.io/v1alpha1'],
  ])('named by %s', (_, traits, apiVersion) => {
    const d = drive().groups({ ...group('g', 2), apiVersion });
    d.add(pod('p0', traits));
    d.settle();
    expect(d.there).toEqual([]);
    d.add(pod('p1', traits));
    d.settle();
    expect(d.there).toEqual(['p0', 'p1']);
  });

  test('members of one gang may need each other by affinity, in whatever order they came', () => {
    const needs = (label: string) => ({
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { part: label } }, topologyKey: 'kubernetes.io/hostname' },
          ],
        },
      },
    });
    const d = new GangDrive().nodes(
      node('a', '4', { 'kubernetes.io/hostname': 'a' }),
      node('b', '4', { 'kubernetes.io/hostname': 'b' }),
    );
    d.groups(group('g', 3)).add(
      member('worker-0', { labels: { part: 'worker' }, spec: needs('launcher') }),
      member('worker-1', { labels: { part: 'worker' }, spec: needs('launcher') }),
      member('launcher', { labels: { part: 'launcher' } }),
    );
    d.settle();
    expect(d.there).toEqual(['launcher', 'worker-0', 'worker-1']);
    expect(new Set(d.placed.values()).size).toBe(1);
  });

  test('volumes that its pods would take from each other are not counted twice', () => {
    const d = new GangDrive().nodes(node('a', '9', { 'kubernetes.io/hostname': 'a' }));
    const withClaim = (name: string) =>
      member(name, { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] } });
    d.scheduler.setStorageClass(waiting('local', 'kubernetes.io/no-provisioner'));
    const mode = 'ReadWriteOncePod';
    d.scheduler.setVolume(volume('pv-0', { mode, terms: on('a') }));
    for (const name of ['p0', 'p1']) d.scheduler.setClaim(claim(name, { mode }));
    d.groups(group('g', 2)).add(withClaim('p0'), withClaim('p1'));
    expect(d.settle().at(-1)).toMatch(/^g Pending: gang g: room for 1 of 2 pods at once/);
    expect(d.there).toEqual([]);
    expect(d.scheduler.world.cell.used(0, 0)).toBe(0);
    expectRest(d);
    d.scheduler.setVolume(volume('pv-1', { mode, terms: on('a') }));
    d.settle();
    expect(d.there).toEqual(['p0', 'p1']);
  });

  test('volumes looked at in vain are left to others', () => {
    const d = new GangDrive().nodes(node('a', '1', { 'kubernetes.io/hostname': 'a' }));
    const claims = (name: string) => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] });
    d.scheduler.setStorageClass(waiting('local', 'kubernetes.io/no-provisioner'));
    d.scheduler.setVolume(volume('pv-0', { terms: on('a') }));
    for (const name of ['p0', 'other']) d.scheduler.setClaim(claim(name));
    d.groups(group('g', 2)).add(member('p0', { spec: claims('p0') }), member('p1'));
    d.settle();
    d.add(pod('other', { spec: claims('other') })).settle();
    expect(d.there).toEqual(['other']);
  });

  test('the gang goes by the priority of its least important pod', () => {
    const d = drive('2').groups(group('g', 2));
    d.add(member('p0', { priority: 900 }), member('p1', { priority: 1 }), pod('middle', { priority: 5 }));
    expect(binds(d.settle(1))).toEqual(['middle bind a']);
  });
});

describe('a gang for which there is no room', () => {
  const byLauncher = {
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { part: 'launcher' } }, topologyKey: 'kubernetes.io/hostname' },
        ],
      },
    },
  };

  test.each<[string, number, ReturnType<typeof pod>[], string[]]>([
    ['of pods that are alike', 3, members(3), ['p0', 'p1', 'p2']],
    ['of different pods', 2, [member('p0'), member('p1', { cpu: '1500m' })], ['p0', 'p1']],
    [
      'with one that fits nowhere, and does not matter',
      3,
      [member('huge', { cpu: '99' }), ...members(3)],
      ['p0', 'p1', 'p2'],
    ],
    [
      'of pods that need one of them',
      3,
      [
        member('p0', { spec: byLauncher }),
        member('p1', { spec: byLauncher }),
        member('p2', { labels: { part: 'launcher' } }),
      ],
      ['p0', 'p1', 'p2'],
    ],
  ])('%s: is tried when there is more, and not before', (_, minMember, pods, there) => {
    const d = new GangDrive().nodes(node('a', '2', { 'kubernetes.io/hostname': 'a' }));
    d.groups(group('g', minMember)).add(...pods);
    d.settle();
    expect(d.there).toEqual([]);
    expectRest(d);
    d.groups(group('g', minMember));
    expectRest(d);
    d.nodes(node('a', '3', { 'kubernetes.io/hostname': 'a' })).settle();
    expect(d.there).toEqual(there);
  });

  test('is not tried for what takes room, nor are others for what it tried', () => {
    const d = drive('2')
      .groups(group('g', 3))
      .add(...members(3), pod('huge', { cpu: '9' }));
    d.settle();
    const { cell } = d.scheduler.world;
    const before = cell.now;
    d.pass(20_000)
      .add(pod('tiny', { cpu: '1m', spec: { nodeName: 'a' } }))
      .settle();
    expect(cell.now).toBe(before + 1);
  });

  test('says what its pods lack beside their siblings', () => {
    const d = new GangDrive().nodes(node('a', '2', { 'kubernetes.io/hostname': 'a' })).groups(group('g', 3));
    const spec = byLauncher;
    d.add(member('p0', { spec }), member('p1', { spec }), member('p2', { labels: { part: 'launcher' } }));
    expect(d.settle().at(-1)).toMatch(
      /room for 2 of 3 pods at once; the next: 0\/1 nodes are available: 1 Insufficient cpu/,
    );
  });

  test('is not placed in part when one fits nowhere and another waits for a third', () => {
    const d = new GangDrive().nodes(node('a', '9', { 'kubernetes.io/hostname': 'a' })).groups(group('g', 3));
    d.add(
      member('p0', { spec: byLauncher }),
      member('p1', { labels: { part: 'launcher' } }),
      member('p2', { cpu: '99' }),
    );
    d.settle();
    expect(d.there).toEqual([]);
  });

  test('says so again to a group that was made anew', () => {
    const d = drive('2')
      .groups(group('g', 3))
      .add(...members(3));
    d.settle();
    d.scheduler.removePodGroup(group('g', 3));
    d.pass(20_000).settle();
    expect(d.groups(group('g', 3)).pass(20_000).settle().at(-1)).toMatch(/^g Pending: gang g: room for 2 of 3/);
  });
});

describe('what is wrong with a gang is said, and nothing else is kept from its place', () => {
  const needs = (label: string) => ({
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { gang: label } }, topologyKey: 'kubernetes.io/hostname' },
        ],
      },
    },
  });

  test.each<[string, (d: GangDrive) => void, RegExp]>([
    ['no such group', (d) => d.add(member('p0')), /^p0: waiting for PodGroup g \(stowage.dev\), which does not exist$/],
    [
      'more members wanted than there are',
      (d) => d.groups(group('g', 5)).add(...members(3)),
      /^p0: waiting for the pods of gang g: 3 of 5 are there$/,
    ],
    [
      'absurdly many',
      (d) => d.groups(group('g', 2 ** 31 - 1)).add(...members(3)),
      /^p0: waiting for the pods of gang g: 3 of 2147483647 are there$/,
    ],
    [
      'gangs that need each other',
      (d) =>
        d
          .groups(group('g', 2), group('h', 2))
          .add(...members(2, { labels: { gang: 'g' }, spec: needs('h') }))
          .add(pod('q0', { gang: 'h', labels: { gang: 'h' }, spec: needs('g') }))
          .add(pod('q1', { gang: 'h', labels: { gang: 'h' }, spec: needs('g') })),
      /^p0: gang g: room for 0 of 2 pods at once; the next: .*1 node\(s\) didn't match pod affinity rules/,
    ],
    [
      'a pod that no node takes',
      (d) => d.groups(group('g', 2)).add(member('p0', { spec: { nodeSelector: { disk: 'none' } } }), member('p1')),
      /^p0: gang g: room for . of 2 pods at once; the next: .*didn't match Pod's node affinity/,
    ],
  ])('%s', (_, make, said) => {
    const d = new GangDrive().nodes(node('a', '9', { 'kubernetes.io/hostname': 'a' }));
    make(d);
    d.add(pod('other'));
    const lines = [...d.settle(), ...d.pass(1000).settle()];
    expect(lines.filter((line) => said.test(line))).toHaveLength(1);
    expect(d.there).toEqual(['other']);
    // It is not said again as long as nothing changes, and the loop comes to rest.
    expect(d.pass(60_000).settle()).toEqual([]);
    d.add(pod('later'));
    d.settle();
    expect(d.there).toEqual(['later', 'other']);
  });

  test.each([
    [{ minMember: 0 }, 1, undefined],
    [{ minMember: -5, scheduleTimeoutSeconds: -5 }, 1, undefined],
    [{ minMember: Number.NaN, scheduleTimeoutSeconds: Number.NaN }, 1, undefined],
    [{ minMember: 2.5, scheduleTimeoutSeconds: 0 }, 2, undefined],
    [undefined, 1, undefined],
    [{ minMember: 3, scheduleTimeoutSeconds: 60 }, 3, 60_000],
  ])('whatever the object says: %j', (spec, minMember, timeoutMs) => {
    expect(gangSpecOf({ ...group('g', 1), spec })).toEqual({ minMember, timeoutMs });
  });
});

describe('a gang changes while it', () => {
  test('waits: the object comes, goes, wants fewer', () => {
    const d = drive().add(...members(2));
    d.settle();
    d.groups(group('g', 3)).settle();
    expect(d.there).toEqual([]);
    d.groups(group('g', 2)).settle();
    expect(d.there).toEqual(['p0', 'p1']);
    d.scheduler.removePodGroup(group('g', 2));
    d.add(member('p2')).settle();
    expect(d.there).toEqual(['p0', 'p1']);
    d.groups(group('g', 2)).settle();
    expect(d.there).toEqual(['p0', 'p1', 'p2']);
  });

  test('is parked: a member goes, and comes again', () => {
    const d = drive('2')
      .groups(group('g', 3))
      .add(...members(3));
    d.settle();
    d.remove('p2').settle();
    d.nodes(node('b', '2')).pass(20_000).settle();
    expect(d.there).toEqual([]);
    d.add(member('p3')).settle();
    expect(d.there).toEqual(['p0', 'p1', 'p3']);
  });

  test('is parked: its members leave it', () => {
    const d = drive('2')
      .groups(group('g', 3))
      .add(...members(3));
    d.settle();
    d.add(pod('p0'), pod('p1')).settle();
    expect(d.there).toEqual(['p0', 'p1']);
    d.add(
      member('q0', { annotations: { 'stowage.dev/pod-group': 'ignored' } }),
      pod('q1', { annotations: { 'stowage.dev/pod-group': 'g' } }),
    );
    d.remove('p0', 'p1').add(pod('q1')).settle();
    expect(d.there).toEqual(['q1']);
    d.remove('q0', 'q1');
    d.remove('p0', 'p1', 'p2').settle();
    expect(d.scheduler.pendingCount).toBe(0);
    expect(d.pass(60_000).settle()).toEqual([]);
    expect(d.scheduler.nextDueMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('is parked: another member makes up for one that fits nowhere', () => {
    const d = drive('2')
      .groups(group('g', 2))
      .add(member('huge', { cpu: '9' }), member('p0'));
    d.settle();
    d.add(member('p1')).pass(10_000).settle();
    expect(d.there).toEqual(['p0', 'p1']);
  });

  test('has its places, and loses members: those who come for them are placed together', () => {
    const d = drive('3')
      .groups(group('g', 3))
      .add(...members(3));
    d.settle();
    d.remove('p0', 'p1').add(pod('other'), member('p3')).settle();
    expect(d.there).toEqual(['other', 'p2']);
    d.add(member('p4')).settle();
    expect(d.there).toEqual(['other', 'p2']);
    d.remove('other').pass(20_000).settle();
    expect(d.there).toEqual(['p2', 'p3', 'p4']);
  });

  test('has extra members in line when it falls below what it needs: they wait, too', () => {
    const d = drive('3')
      .groups(group('g', 3))
      .add(...members(4));
    d.settle();
    expect(d.there).toEqual(['p0', 'p1', 'p2']);
    d.remove('p0', 'p1')
      .add(pod('big', { cpu: '1500m', priority: 5 }))
      .settle();
    expect(d.there).toEqual(['big', 'p2']);
    d.remove('big').pass(20_000).settle();
    expect(d.there).toEqual(['p2']);
    d.add(member('p5')).settle();
    expect(d.there).toEqual(['p2', 'p3', 'p5']);
  });

  test('is nearly done: the last pod may be replaced, but the rest of a former job counts for nothing', () => {
    const d = drive('3')
      .groups(group('g', 3))
      .add(...members(3, { owner: 'job-1' }));
    d.settle();
    d.end('p0', 'Succeeded').end('p1', 'Succeeded').end('p2', 'Failed');
    d.add(member('again', { owner: 'job-1' })).settle();
    expect(d.there).toEqual(['again']);
    d.end('again', 'Succeeded')
      .add(member('next', { owner: 'job-2' }))
      .settle();
    expect(d.there).toEqual([]);
  });
});

test('a member whose bind fails is tried again after a back-off, and the others stay where they are', () => {
  const d = drive('3')
    .groups(group('g', 3))
    .add(...members(3));
  d.decide();
  d.confirm('p0');
  d.confirm('p2');
  d.placed.delete('p1');
  d.scheduler.bindFailed('p1');
  expect(binds(d.settle())).toEqual([]);
  expect(d.scheduler.nextDueMs).toBe(d.nowMs + 1000);
  expect(binds(d.pass(1000).settle())).toEqual(['p1 bind a']);
});

test('after a restart placed members count, whether the group or they are told of first', () => {
  for (const isGroupFirst of [true, false]) {
    const d = drive('9');
    if (isGroupFirst) d.groups(group('g', 3, 60));
    d.add(member('p0', { spec: { nodeName: 'a' } }), member('p1', { spec: { nodeName: 'a' } }), member('p2'));
    if (!isGroupFirst) d.groups(group('g', 3, 60));
    expect(d.pass(1_000_000).settle()).toEqual(['p2 bind a', 'g Scheduled: 1 pods placed together']);
  }
});
