import { describe, expect, test } from 'vitest';
import type { Node } from '../../../api/core/node.ts';
import type { Volume } from '../../../api/core/volume.ts';
import { claim, csiNode, inZone, localClass, needs, node, on, volume, waiting } from '../volumes/storage.fixture.ts';
import { VolumeBook } from '../volumes/volume-book.ts';
import type { VolumeNeeds } from '../volumes/volume-needs.ts';
import type { World } from '../world.ts';
import type { PodFacts } from './constraint.ts';
import { volumes } from './volumes.ts';

const ZONE = 'topology.kubernetes.io/zone';
const NODES = [node('n1', { [ZONE]: 'a' }), node('n2', { [ZONE]: 'b' }), node('n3')];

const UNBOUND = 'pod has unbound immediate PersistentVolumeClaims';
const AFFINITY = 'node(s) had volume node affinity conflict';
const NO_ZONE = 'node(s) had no available volume zone';
const NONE_TO_BIND = "node(s) didn't find available persistent volumes to bind";
const NO_DISK = 'node(s) had no available disk';
const TOO_MANY = 'node(s) exceed max volume count';
const ALONE = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';

function worldOf(book: VolumeBook, nodes: readonly Node[] = NODES): World {
  const cell = { node: (slot: number) => nodes[slot], nameAt: (slot: number) => nodes[slot]?.metadata?.name ?? '' };
  return { volumes: book, cell } as unknown as World;
}

const facts = (of: VolumeNeeds | undefined) => ({ footprint: { volumes: of } }) as unknown as PodFacts;

/** For each node, why it refuses the pod. */
function verdicts(book: VolumeBook, of: VolumeNeeds): string[][] {
  const compiled = volumes.compile(facts(of), worldOf(book));
  return NODES.map((each, slot) => {
    const { node: byNode, use } = compiled ?? {};
    if (byNode && !byNode.admits(each, slot)) return [byNode.refusal(each, slot)];
    const refusals = use?.refusals(slot) ?? [];
    expect(use?.admits(slot) ?? true).toBe(refusals.length === 0);
    return refusals;
  });
}

const everywhere = (reason: string) => NODES.map(() => [reason]);
const bearing = (book: VolumeBook, of: VolumeNeeds) => volumes.bearing(facts(of), worldOf(book));

test('has no say for pods without volumes that bear on it', () => {
  expect(volumes.bearing(facts(undefined), worldOf(new VolumeBook()))).toBeUndefined();
  expect(volumes.compile(facts(undefined), worldOf(new VolumeBook()))).toBeUndefined();
});

describe('claims that no node can serve', () => {
  const deleted = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } };
  test.each<[string, Parameters<typeof claim>[1] | undefined, string]>([
    ['missing', undefined, 'persistentvolumeclaim "c" not found'],
    ['being deleted', { more: deleted, volumeName: 'v' }, 'persistentvolumeclaim "c" is being deleted'],
    ['not bound, of a class that binds at once', { storageClassName: 'now' }, UNBOUND],
    ['not bound, of no class', { storageClassName: '' }, UNBOUND],
    ['not bound, of an unknown class', { storageClassName: 'what' }, UNBOUND],
    [
      'bound to nothing',
      { volumeName: 'gone' },
      'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
    ],
    [
      'lost',
      { volumeName: 'gone', more: { status: { phase: 'Lost' } } },
      'persistentvolumeclaim "c" bound to non-existent persistentvolume "gone"',
    ],
  ])('%s', (_, traits, reason) => {
    const book = new VolumeBook();
    book.setStorageClass(localClass);
    book.setStorageClass(waiting('now', 'csi', { volumeBindingMode: 'Immediate' }));
    if (traits) book.setClaim(claim('c', traits));
    expect(verdicts(book, needs('c'))).toEqual(everywhere(reason));
    expect(book.choose(needs('c'), NODES[0]!)).toBeUndefined();
  });

  test('what is missing says more than what is not bound', () => {
    const book = new VolumeBook();
    book.setClaim(claim('c'));
    expect(verdicts(book, needs('c', 'd'))).toEqual(everywhere('persistentvolumeclaim "d" not found'));
  });
});

describe('ephemeral volumes', () => {
  const ephemeral: Partial<Volume> = { name: 'tmp', ephemeral: {} };
  const made = (uid: string) =>
    claim('p-tmp', {
      volumeName: 'v',
      more: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid, controller: true }] } },
    });

  test.each<[string, string | undefined, string | undefined]>([
    ['not made yet', undefined, 'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-tmp"'],
    ['made for it', 'u', undefined],
    [
      'made for another pod',
      'other',
      'persistentvolumeclaim "p-tmp" was not created for this pod (the pod does not own it)',
    ],
  ])('%s', (_, uid, reason) => {
    const book = new VolumeBook();
    book.setVolume(volume('v', { claimName: 'p-tmp' }));
    if (uid !== undefined)
      book.setClaim({
        ...made(uid),
        metadata: { ...made(uid).metadata, annotations: claim('x', { volumeName: 'v' }).metadata?.annotations },
      });
    expect(verdicts(book, needs(ephemeral))).toEqual(reason === undefined ? [[], [], []] : everywhere(reason));
  });
});

describe('bound claims', () => {
  const bound = (traits: Parameters<typeof volume>[1]) => {
    const book = new VolumeBook();
    book.setVolume(volume('v', { claimName: 'c', ...traits }));
    book.setClaim(claim('c', { volumeName: 'v' }));
    return book;
  };

  test.each<[string, Parameters<typeof volume>[1], string[][]]>([
    ['anywhere', {}, [[], [], []]],
    ['on a node', { terms: on('n2') }, [[AFFINITY], [], [AFFINITY]]],
    ['in a zone', { terms: inZone('a') }, [[], [AFFINITY], [AFFINITY]]],
    ['by its label; a node without zones takes it', { labels: { [ZONE]: 'a' } }, [[], [NO_ZONE], []]],
    ['in two zones', { labels: { [ZONE]: 'a__b' } }, [[], [], []]],
    ['by the old label', { labels: { 'failure-domain.beta.kubernetes.io/zone': 'b' } }, [[NO_ZONE], [], []]],
    ['in a region no node is in', { labels: { 'topology.kubernetes.io/region': 'r' } }, [[NO_ZONE], [NO_ZONE], []]],
  ])('%s', (_, traits, expected) => {
    expect(verdicts(bound(traits), needs('c'))).toEqual(expected);
  });

  test('pods whose volumes are in one zone share a shape', () => {
    const book = new VolumeBook();
    for (const [name, zone] of [
      ['0', 'a'],
      ['1', 'a'],
      ['2', 'b'],
    ] as const) {
      book.setVolume(volume(`v${name}`, { claimName: `c${name}`, terms: inZone(zone), driver: 'csi' }));
      book.setClaim(claim(`c${name}`, { volumeName: `v${name}` }));
    }
    const [first, second, third] = ['c0', 'c1', 'c2'].map((name) => bearing(book, needs(name)));
    expect(first).toBe(second);
    expect(first).not.toBe(third);
  });

  test('a volume that can be reached from everywhere has no bearing', () => {
    expect(bearing(bound({}), needs('c'))).toBeUndefined();
  });
});

describe('claims that wait for their pod', () => {
  const stocked = (...all: ReturnType<typeof volume>[]) => {
    const book = new VolumeBook();
    book.setStorageClass(localClass);
    for (const each of all) book.setVolume(each);
    book.setClaim(claim('c', { storage: '2Gi' }));
    return book;
  };
  const only = (...names: string[]) =>
    NODES.map(({ metadata }) => (names.includes(metadata?.name ?? '') ? [] : [NONE_TO_BIND]));

  test.each<[string, ReturnType<typeof volume>[], string[]]>([
    ['nothing there', [], []],
    ['on a node', [volume('v', { storage: '2Gi', terms: on('n2') })], ['n2']],
    ['on several', [volume('v', { storage: '2Gi', terms: on('n2', 'n3') })], ['n2', 'n3']],
    [
      'by name',
      [
        volume('v', {
          storage: '2Gi',
          terms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n3'] }] }],
        }),
      ],
      ['n3'],
    ],
    ['either of two', [volume('v', { storage: '2Gi', terms: [...on('n1'), ...inZone('b')] })], ['n1', 'n2']],
    [
      'where none is excluded',
      [volume('v', { storage: '2Gi', terms: [{ matchExpressions: [{ key: ZONE, operator: 'Exists' }] }] })],
      ['n1', 'n2'],
    ],
    ['anywhere', [volume('v', { storage: '2Gi' })], ['n1', 'n2', 'n3']],
    ['too small', [volume('v', { storage: '1Gi' })], []],
    ['of another class', [volume('v', { storage: '2Gi', storageClassName: 'other' })], []],
    ['kept for another claim', [volume('v', { storage: '2Gi', claimName: 'd' })], []],
    [
      'kept for it, of another class',
      [volume('v', { storage: '2Gi', claimName: 'c', storageClassName: 'x', terms: on('n1') })],
      ['n1'],
    ],
    ['released', [{ ...volume('v', { storage: '2Gi' }), status: { phase: 'Released' } }], []],
    [
      'on its way out',
      [{ ...volume('v', { storage: '2Gi' }), metadata: { name: 'v', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
      [],
    ],
  ])('%s', (_, all, names) => {
    const book = stocked(...all);
    expect(verdicts(book, needs('c'))).toEqual(only(...names));
    for (const each of NODES) {
      const expected = names.includes(each.metadata?.name ?? '') ? [{ claim: 'default/c', volume: 'v' }] : undefined;
      expect(book.choose(needs('c'), each)).toEqual(expected);
    }
  });

  test('take the smallest volume, each its own, the smaller claim first', () => {
    const book = stocked(
      volume('large', { storage: '10Gi' }),
      volume('medium', { storage: '3Gi', terms: on('n1') }),
      volume('small', { storage: '1Gi', terms: on('n1') }),
    );
    book.setClaim(claim('d', { storage: '1Gi' }));
    expect(book.choose(needs('c', 'd'), NODES[0]!)).toEqual([
      { claim: 'default/d', volume: 'small' },
      { claim: 'default/c', volume: 'medium' },
    ]);
    expect(verdicts(book, needs('c', 'd'))).toEqual(only('n1'));
  });

  test.each<[string, Parameters<typeof waiting>[2], string[]]>([
    ['anywhere', {}, ['n1', 'n2', 'n3']],
    [
      'in allowed topologies',
      { allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ['b'] }] }] },
      ['n2'],
    ],
    ['in topologies that say nothing', { allowedTopologies: [{}] }, []],
  ])('have one made %s', (_, more, names) => {
    const book = new VolumeBook();
    book.setStorageClass(waiting('made', 'csi', more));
    book.setClaim(claim('c', { storageClassName: 'made' }));
    expect(verdicts(book, needs('c'))).toEqual(only(...names));
    for (const name of names) {
      expect(
        book.choose(needs('c'), node(name, NODES.find((each) => each.metadata?.name === name)?.metadata?.labels)),
      ).toEqual([{ claim: 'default/c', selectedNode: name }]);
    }
  });

  test('stay with the node for which one is being made', () => {
    const book = new VolumeBook();
    book.setStorageClass(waiting('made', 'csi'));
    const annotations = { 'volume.kubernetes.io/selected-node': 'n2' };
    book.setClaim(claim('c', { storageClassName: 'made', annotations }));
    expect(verdicts(book, needs('c'))).toEqual(only('n2'));
  });
});

test('a claim for one pod alone keeps out every other, wherever it is', () => {
  const book = new VolumeBook();
  book.setVolume(volume('v', { claimName: 'c' }));
  book.setClaim(claim('c', { volumeName: 'v', mode: 'ReadWriteOncePod' }));
  expect(verdicts(book, needs('c'))).toEqual([[], [], []]);
  const before = { version: book.version, bearing: bearing(book, needs('c')) };
  book.add(1, needs('c'));
  expect(verdicts(book, needs('c'))).toEqual(everywhere(ALONE));
  expect(book.choose(needs('c'), NODES[0]!)).toBeUndefined();
  expect(book.version).not.toBe(before.version);
  expect(bearing(book, needs('c'))).not.toBe(before.bearing);
  book.remove(1, needs('c'));
  expect(verdicts(book, needs('c'))).toEqual([[], [], []]);
  expect(bearing(book, needs('c'))).toBe(before.bearing);
});

test('a node attaches as many volumes of a driver as it says', () => {
  const book = new VolumeBook();
  book.setCsiNode(csiNode('n1', { csi: 2, other: 0 }));
  book.setCsiNode(csiNode('n2', { csi: undefined }));
  for (const name of ['1', '2', '3']) {
    book.setVolume(volume(`v${name}`, { claimName: `c${name}`, driver: 'csi' }));
    book.setClaim(claim(`c${name}`, { volumeName: `v${name}` }));
  }
  for (const slot of [0, 1, 2]) {
    book.add(slot, needs('c1'));
    book.add(slot, needs('c1', 'c2'));
  }
  // Two pods with the same volume take one place.
  expect(verdicts(book, needs('c3'))).toEqual([[TOO_MANY], [], []]);
  expect(verdicts(book, needs('c1', 'c2'))).toEqual([[], [], []]);
  book.remove(0, needs('c1', 'c2'));
  expect(verdicts(book, needs('c3'))).toEqual([[], [], []]);
  expect(verdicts(book, needs('c2', 'c3'))).toEqual([[TOO_MANY], [], []]);
  // A node that has too many already still takes pods that bring none.
  book.setCsiNode(csiNode('n1', { csi: 0 }));
  expect(verdicts(book, needs('c1'))).toEqual([[], [], []]);
  expect(verdicts(book, needs('c2'))).toEqual([[TOO_MANY], [], []]);
  book.removeCsiNode('n1');
  expect(verdicts(book, needs('c2', 'c3'))).toEqual([[], [], []]);
});

test('volumes still to be made are counted for the driver that makes them', () => {
  const book = new VolumeBook();
  book.setCsiNode(csiNode('n1', { csi: 1 }));
  book.setStorageClass(waiting('made', 'csi'));
  book.setClaim(claim('c', { storageClassName: 'made' }));
  book.setClaim(claim('d', { storageClassName: 'made' }));
  book.add(0, needs('c'));
  expect(verdicts(book, needs('d'))).toEqual([[TOO_MANY], [], []]);
  // The same volume, made meanwhile by a driver that the node does not limit.
  book.setVolume(volume('v', { claimName: 'c', driver: 'unlimited' }));
  book.setClaim(claim('c', { volumeName: 'v' }));
  expect(verdicts(book, needs('d'))).toEqual([[], [], []]);
});

describe('disks', () => {
  const gce = (pdName: string, readOnly = false) => ({ gcePersistentDisk: { pdName, readOnly } });
  const rbd = (monitors: string[], image: string, readOnly = false) => ({ rbd: { monitors, image, readOnly } });
  const aws = (volumeID: string) => ({ awsElasticBlockStore: { volumeID, readOnly: true } });
  test.each<[string, Partial<Volume>, Partial<Volume>, boolean]>([
    ['the same', gce('d'), gce('d'), true],
    ['another', gce('d'), gce('e'), false],
    ['both read', gce('d', true), gce('d', true), false],
    ['one writes', gce('d', true), gce('d'), true],
    ['the other writes', gce('d'), gce('d', true), true],
    ['aws', aws('d'), aws('d'), true],
    ['rbd with a monitor in common', rbd(['m', 'o'], 'i'), rbd(['o', 'n'], 'i'), true],
    ['rbd with no monitor in common', rbd(['m'], 'i'), rbd(['n'], 'i'), false],
    ['rbd, both read', rbd(['m'], 'i', true), rbd(['m'], 'i', true), false],
    ['of another kind', gce('d'), aws('d'), false],
  ])('%s', (_, there, wanted, conflict) => {
    const book = new VolumeBook();
    book.add(1, needs(there));
    expect(verdicts(book, needs(wanted))).toEqual([[], conflict ? [NO_DISK] : [], []]);
  });
});
