import { describe, expect, test } from 'vitest';
import { claimOf, created, lines, printed, volumeOf } from '../sample.suite.ts';
import { type PersistentVolume, persistentVolumes } from './persistent-volume.ts';
import { persistentVolumeClaims } from './persistent-volume-claim.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const volume = (spec: object = {}) => created(persistentVolumes, volumeOf(spec));
const claim = (spec: object = {}) => created(persistentVolumeClaims, claimOf(spec));
const without = (...fields: string[]) => Object.fromEntries(fields.map((field) => [field, undefined]));
const nfs = { server: 'files', path: '/' };
const term = { matchExpressions: [{ key: 'disk', operator: 'Exists' }] };

describe('a volume', () => {
  test('is made of files, retained and pending unless it says otherwise', () => {
    expect(volume().object).toMatchObject({
      spec: { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' },
      status: { phase: 'Pending' },
    });
    const old = volume({ csi: undefined, rbd: { monitors: ['a'], image: 'i' } }).object;
    expect(old.spec?.rbd).toMatchObject({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' });
  });

  test.each<[string, object, string[]]>([
    ['no access mode', { accessModes: [] }, ['spec.accessModes: Required value: at least 1 access mode is required']],
    [
      'an unknown access mode',
      { accessModes: ['Often'] },
      [
        'spec.accessModes: Unsupported value: "Often": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
    ],
    [
      'a mode that goes alone with another',
      { accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    ['no capacity', without('capacity'), ['spec.capacity: Required value']],
    [
      'another capacity',
      { capacity: { cpu: '1' } },
      ['spec.capacity: Unsupported value: "cpu": supported values: "storage"'],
    ],
    [
      'no room',
      { capacity: { storage: '0' } },
      ['spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
    ],
    ['no source', without('csi'), ['spec: Required value: must specify a volume type']],
    ['two sources', { nfs }, ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
    ['half a source', { csi: { driver: 'd' } }, ['spec.csi.volumeHandle: Required value']],
    [
      'an unknown policy',
      { persistentVolumeReclaimPolicy: 'Burn' },
      [
        'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      ],
    ],
    [
      'a disk of no machine',
      { csi: undefined, local: { path: '/mnt' } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      'an empty affinity',
      { nodeAffinity: {} },
      ['spec.nodeAffinity.required: Required value: must specify required node constraints'],
    ],
    [
      'an affinity without terms',
      { nodeAffinity: { required: { nodeSelectorTerms: [] } } },
      ['spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term'],
    ],
    [
      'a path upwards',
      { csi: undefined, hostPath: { path: '/data/../etc' } },
      ['spec.hostPath.path: Invalid value: "/data/../etc": must not contain \'..\''],
    ],
  ])('with %s is refused', (_, spec, expected) => {
    expect(lines(volume(spec).faults)).toEqual(expected);
  });

  test('a disk of a machine is fine where the machine is named', () => {
    const spec = { csi: undefined, local: { path: '/mnt' }, nodeAffinity: { required: { nodeSelectorTerms: [term] } } };
    expect(volume(spec).faults).toEqual([]);
  });

  test.each<[string, (spec: NonNullable<PersistentVolume['spec']>) => void, string[]]>([
    [
      'its source',
      (spec) => {
        spec.csi!.volumeHandle = '2';
      },
      ['spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation'],
    ],
    [
      'its mode',
      (spec) => {
        spec.volumeMode = 'Block';
      },
      ['spec.volumeMode: Invalid value: "Block": field is immutable'],
    ],
    [
      'nothing that matters',
      (spec) => {
        spec.capacity = { storage: '2Gi' };
        spec.persistentVolumeReclaimPolicy = 'Delete';
        spec.claimRef = { namespace: 'default', name: 'data' };
      },
      [],
    ],
  ])('may change: %s', (_, change, expected) => {
    const before = volume().object;
    const next = structuredClone(before);
    change(next.spec!);
    expect(lines(persistentVolumes.validateUpdate?.(next, before) ?? [])).toEqual(expected);
  });

  test('columns', () => {
    const { object } = volume({
      accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
      storageClassName: 'fast',
      claimRef: { namespace: 'shop', name: 'data' },
    });
    object.metadata!.creationTimestamp = '2026-01-01T00:00:00Z';
    expect(printed(persistentVolumes, object, NOW)).toEqual({
      Name: 'disk-1',
      Capacity: '1Gi',
      'Access Modes': 'RWO,RWX',
      'Reclaim Policy': 'Retain',
      Status: 'Pending',
      Claim: 'shop/data',
      StorageClass: 'fast',
      VolumeAttributesClass: '<unset>',
      Reason: '',
      Age: '60m',
      VolumeMode: 'Filesystem',
    });
    object.metadata!.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(printed(persistentVolumes, object, NOW).Status).toBe('Terminating');
  });
});

describe('a claim', () => {
  const disk = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };

  test('is for files, and pending', () => {
    expect(claim().object).toMatchObject({ spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } });
  });

  test('says where its contents come from in both fields', () => {
    expect(claim({ dataSource: disk }).object.spec?.dataSourceRef).toEqual(disk);
    expect(claim({ dataSourceRef: disk }).object.spec?.dataSource).toEqual(disk);
    const elsewhere = claim({ dataSourceRef: { ...disk, namespace: 'other' } });
    expect(elsewhere.object.spec).not.toHaveProperty('dataSource');
    expect(elsewhere.faults).toEqual([]);
  });

  test.each<[string, object, string[]]>([
    [
      'no access mode',
      without('accessModes'),
      ['spec.accessModes: Required value: at least 1 access mode is required'],
    ],
    ['no size', without('resources'), ['spec.resources[storage]: Required value']],
    [
      'no room',
      { resources: { requests: { storage: '-1' } } },
      ['spec.resources[storage]: Invalid value: "-1": must be greater than zero'],
    ],
    [
      'an unknown mode',
      { volumeMode: 'Tape' },
      ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
    ],
    [
      'two sources',
      { dataSource: disk, dataSourceRef: { ...disk, name: 't' } },
      [`spec: Invalid value: ${JSON.stringify(disk)}: must match dataSourceRef`],
    ],
    [
      'a source of the core group that is no claim',
      { dataSourceRef: { kind: 'Pod', name: 'p', namespace: 'x' } },
      [
        `spec.dataSourceRef: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
      ],
    ],
  ])('with %s is refused', (_, spec, expected) => {
    expect(lines(claim(spec).faults)).toEqual(expected);
  });

  const IMMUTABLE =
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  const SHRUNK = 'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity';
  const sized = (storage: string) => ({ resources: { requests: { storage } } });
  const bound = { phase: 'Bound', capacity: { storage: '2Gi' } };

  test.each<[string, object, object, object, string[]]>([
    ['its volume, once', {}, {}, { volumeName: 'v' }, []],
    ['its volume, twice', { volumeName: 'v' }, {}, { volumeName: 'w' }, [IMMUTABLE]],
    ['a class, while it has none', {}, {}, { storageClassName: 'fast' }, []],
    ['another class', { storageClassName: 'slow' }, {}, { storageClassName: 'fast' }, [IMMUTABLE]],
    ['its size, before it is bound', {}, {}, sized('9Gi'), [IMMUTABLE]],
    ['its size, once bound', { volumeName: 'v' }, bound, { volumeName: 'v', ...sized('9Gi') }, []],
    ['a size that failed', { volumeName: 'v', ...sized('9Gi') }, bound, { volumeName: 'v', ...sized('3Gi') }, []],
    ['less than it has', { volumeName: 'v', ...sized('9Gi') }, bound, { volumeName: 'v', ...sized('2Gi') }, [SHRUNK]],
    ['its access modes', { volumeName: 'v' }, bound, { volumeName: 'v', accessModes: ['ReadOnlyMany'] }, [IMMUTABLE]],
  ])('may change: %s', (_, before, status, after, expected) => {
    const previous = created(persistentVolumeClaims, { ...claimOf(before), status }).object;
    const next = { ...structuredClone(previous), spec: claim(after).object.spec };
    expect(lines(persistentVolumeClaims.validateUpdate?.(next, previous) ?? [])).toEqual(expected);
  });

  test('columns show what it got once it is bound', () => {
    const { object } = claim({ storageClassName: 'fast' });
    object.metadata!.creationTimestamp = '2026-01-01T00:00:00Z';
    const columns = {
      Name: 'data',
      Status: 'Pending',
      Volume: '',
      Capacity: '',
      'Access Modes': '',
      StorageClass: 'fast',
      VolumeAttributesClass: '<unset>',
      Age: '60m',
      VolumeMode: 'Filesystem',
    };
    object.status = { phase: 'Pending', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] };
    expect(printed(persistentVolumeClaims, object, NOW)).toEqual(columns);
    object.spec!.volumeName = 'v';
    object.status.phase = 'Bound';
    expect(printed(persistentVolumeClaims, object, NOW)).toEqual({
      ...columns,
      Status: 'Bound',
      Volume: 'v',
      Capacity: '2Gi',
      'Access Modes': 'RWO',
    });
  });
});
