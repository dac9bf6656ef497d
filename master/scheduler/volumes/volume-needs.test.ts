import { expect, test } from 'vitest';
import type { Volume } from '../../../api/core/volume.ts';
import { needs } from './storage.fixture.ts';
import { type DiskUse, volumeNeedsOf } from './volume-needs.ts';

test('most pods need nothing that bears on placement', () => {
  const of = (volumes?: Volume[]) => volumeNeedsOf({ namespace: 'default', spec: { containers: [], volumes } });
  expect(of()).toBeUndefined();
  expect(of([])).toBeUndefined();
  expect(
    of([
      { name: 'a', emptyDir: {} },
      { name: 'b', nfs: { server: 's', path: '/' } },
    ]),
  ).toBeUndefined();
});

test('each claim once, and the one an ephemeral volume stands for', () => {
  expect(needs('data', 'logs', 'data', { name: 'scratch', ephemeral: {} }, { emptyDir: {} })).toEqual({
    claims: [
      { key: 'default/data', name: 'data', ephemeral: false },
      { key: 'default/logs', name: 'logs', ephemeral: false },
      { key: 'default/p-scratch', name: 'p-scratch', ephemeral: true },
    ],
    disks: [],
    podUid: 'u',
  });
});

const iscsi = { targetPortal: 'p', lun: 0 };
test.each<[string, Partial<Volume>, DiskUse[]]>([
  ['gce', { gcePersistentDisk: { pdName: 'd' } }, [{ key: 'gce d', readOnly: false }]],
  ['gce, read', { gcePersistentDisk: { pdName: 'd', readOnly: true } }, [{ key: 'gce d', readOnly: true }]],
  [
    'aws, which cannot be shared',
    { awsElasticBlockStore: { volumeID: 'd', readOnly: true } },
    [{ key: 'aws d', readOnly: false }],
  ],
  ['iscsi, by its name alone', { iscsi: { ...iscsi, iqn: 'q', readOnly: true } }, [{ key: 'iscsi q', readOnly: true }]],
  [
    'rbd, by any of its monitors',
    { rbd: { monitors: ['m1', 'm2'], image: 'i' } },
    [
      { key: 'rbd m1 rbd i', readOnly: false },
      { key: 'rbd m2 rbd i', readOnly: false },
    ],
  ],
])('disk: %s', (_, volume, disks) => {
  expect(needs(volume).disks).toEqual(disks);
});

test('a disk that is read and written is written', () => {
  const twice = needs({ iscsi: { ...iscsi, iqn: 'q', readOnly: true } }, { iscsi: { ...iscsi, iqn: 'q' } });
  expect(twice.disks).toEqual([{ key: 'iscsi q', readOnly: false }]);
});
