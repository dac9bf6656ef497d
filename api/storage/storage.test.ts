import { describe, expect, test } from 'vitest';
import type { ResourceDefinition } from '../meta/definition.ts';
import type { ApiObject } from '../meta/object.ts';
import { created, lines, MINIMAL, printed } from '../sample.suite.ts';
import { csiDrivers } from './csi-driver.ts';
import { csiNodes } from './csi-node.ts';
import { storageClasses } from './storage-class.ts';
import { volumeAttachments } from './volume-attachment.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

/** The kind's minimal manifest with these fields, and the faults of changing one into the other. */
function tools<T extends ApiObject>(resource: ResourceDefinition<T>) {
  const make = (fields: object = {}) => created(resource, { ...MINIMAL[resource.kind], ...fields });
  return {
    make,
    faults: (fields: object) => lines(make(fields).faults),
    change: (before: object, after: object) =>
      lines(resource.validateUpdate?.(make(after).object, make(before).object) ?? []),
  };
}

describe('StorageClass', () => {
  const { make, faults, change } = tools(storageClasses);

  test('binds at once and deletes unless it says otherwise', () => {
    expect(make().object).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
  });

  test('says when it is the default one', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const { object } = make({ metadata: { name: 'fast', annotations, creationTimestamp: '2026-01-01T00:00:00Z' } });
    expect(printed(storageClasses, object, NOW)).toEqual({
      Name: 'fast (default)',
      Provisioner: 'example.com/disk',
      ReclaimPolicy: 'Delete',
      VolumeBindingMode: 'Immediate',
      AllowVolumeExpansion: false,
      Age: '60m',
    });
  });

  test('faults', () => {
    expect(faults({ provisioner: '' })).toEqual(['provisioner: Required value']);
    expect(faults({ provisioner: 'a b' })[0]).toMatch(/^provisioner: Invalid value: "a b"/);
    expect(faults({ reclaimPolicy: 'Recycle' })).toEqual([
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    ]);
    expect(faults({ volumeBindingMode: 'Later' })[0]).toMatch(/^volumeBindingMode: Unsupported value: "Later"/);
    const zone = { key: 'zone', values: ['a', 'a'] };
    expect(faults({ allowedTopologies: [{ matchLabelExpressions: [zone, { key: 'zone', values: [] }] }] })).toEqual([
      'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
      'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
      'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
    ]);
  });

  test('what it means for volumes already made stays', () => {
    expect(change({}, { allowVolumeExpansion: true, mountOptions: ['ro'] })).toEqual([]);
    expect(change({}, { parameters: { a: 'b' } })).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
    ]);
    expect(change({}, { provisioner: 'x', volumeBindingMode: 'WaitForFirstConsumer' })).toEqual([
      'provisioner: Invalid value: "x": field is immutable',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ]);
  });
});

describe('CSIDriver', () => {
  const { make, faults, change } = tools(csiDrivers);

  test('defaults and columns', () => {
    const { object } = make({ spec: { tokenRequests: [{ audience: 'a' }, { audience: '' }] } });
    expect(object.spec).toMatchObject({ attachRequired: true, fsGroupPolicy: 'ReadWriteOnceWithFSType' });
    object.metadata!.creationTimestamp = '2026-01-01T00:00:00Z';
    expect(printed(csiDrivers, object, NOW)).toEqual({
      Name: 'disk.example.com',
      AttachRequired: true,
      PodInfoOnMount: false,
      StorageCapacity: false,
      TokenRequests: 'a,',
      RequiresRepublish: false,
      Modes: 'Persistent',
      Age: '60m',
    });
  });

  test('faults', () => {
    const tokenRequests = [{ audience: 'a' }, { audience: 'a', expirationSeconds: 1 }];
    expect(faults({ spec: { tokenRequests } })).toEqual([
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      'spec.tokenRequests[1].expirationSeconds: Invalid value: 1: must be between 600 and 4294967296, inclusive',
    ]);
    expect(faults({ metadata: { name: 'x'.repeat(64) } })).toEqual([
      'metadata.name: Too long: may not be more than 63 bytes',
    ]);
    expect(change({}, { spec: { attachRequired: false, podInfoOnMount: true } })).toEqual([
      'spec.attachRequired: Invalid value: false: field is immutable',
    ]);
  });
});

describe('CSINode', () => {
  const { make, faults, change } = tools(csiNodes);
  const driver = { name: 'disk.example.com', nodeID: 'n1', topologyKeys: ['zone'] };
  const spec = (...drivers: object[]) => ({ spec: { drivers } });

  test('counts its drivers', () => {
    expect(printed(csiNodes, make(spec(driver)).object, NOW).Drivers).toBe(1);
    expect(make().object.spec.drivers).toEqual([]);
  });

  test('faults', () => {
    expect(faults(spec(driver, driver))).toEqual(['spec.drivers[1].name: Duplicate value: "disk.example.com"']);
    expect(faults(spec({ ...driver, nodeID: '', allocatable: { count: -1 } }))).toEqual([
      'spec.drivers[0].nodeID: Required value',
      'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });

  test('drivers come and go, their room changes, and nothing else', () => {
    expect(change(spec(driver), spec({ ...driver, allocatable: { count: 3 } }, { ...driver, name: 'other' }))).toEqual(
      [],
    );
    expect(change(spec(driver), spec())).toEqual([]);
    expect(change(spec(driver), spec({ ...driver, nodeID: 'n2' }))[0]).toContain('field is immutable');
  });
});

describe('VolumeAttachment', () => {
  const { make, faults, change } = tools(volumeAttachments);
  const attach = (source: object) => ({ spec: { attacher: 'disk.example.com', nodeName: 'node-1', source } });

  test('columns', () => {
    const { object } = make();
    object.metadata!.creationTimestamp = '2026-01-01T00:00:00Z';
    expect(printed(volumeAttachments, object, NOW)).toEqual({
      Name: 'a',
      Attacher: 'disk.example.com',
      PV: 'disk-1',
      Node: 'node-1',
      Attached: false,
      Age: '60m',
    });
  });

  test('faults', () => {
    expect(faults(attach({}))).toEqual([
      'spec.source: Required value: must specify one of inlineVolumeSpec and persistentVolumeName',
    ]);
    expect(faults(attach({ persistentVolumeName: 'a', inlineVolumeSpec: {} }))[0]).toMatch(
      /^spec.source: Invalid value/,
    );
    expect(faults(attach({ inlineVolumeSpec: {} }))).toContain('spec.source.inlineVolumeSpec.capacity: Required value');
    expect(change({}, attach({ persistentVolumeName: 'b' }))[0]).toContain('field is immutable');
    expect(change({}, {})).toEqual([]);
  });
});
