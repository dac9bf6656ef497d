import { describe, expect, test } from 'vitest';
import { persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { IS_DEFAULT_CLASS, type StorageClass } from '../../../api/storage/storage-class.ts';
import type { CacheReader } from '../../store/cache.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { storageProtection } from './storage-protection.ts';

const storageClass = (name: string, made: string, isDefault = true): StorageClass => ({
  metadata: { name, creationTimestamp: made, annotations: { [IS_DEFAULT_CLASS]: `${isDefault}` } },
  provisioner: 'p',
});
const classes = [
  storageClass('old', '2030-01-01T00:00:00Z'),
  storageClass('new', '2030-01-02T00:00:00Z'),
  storageClass('other', '2030-01-03T00:00:00Z', false),
];
const viewOf = (list: readonly StorageClass[]) => ({ list: () => list }) as unknown as CacheReader;

describe('a claim', () => {
  const classOf = (spec: PersistentVolumeClaim['spec'], list: readonly StorageClass[] = classes) => {
    const object: PersistentVolumeClaim = { metadata: {}, spec };
    const asked = {
      operation: 'create',
      resource: persistentVolumeClaims as unknown as ResourceDefinition,
      object,
      context: { user: 'u' },
    } as const;
    expect(defaultStorageClass.admit(asked, viewOf(list))).toBeUndefined();
    return object.spec?.storageClassName;
  };
  test('that says nothing of a class gets the newest default', () => {
    expect(classOf({})).toBe('new');
    expect(classOf({}, [])).toBeUndefined();
  });
  test('that wants none, or another, keeps its word', () => {
    expect(classOf({ storageClassName: '' })).toBe('');
    expect(classOf({ storageClassName: 'other' })).toBe('other');
  });
});

test.each<[ResourceDefinition<never>, string]>([
  [persistentVolumeClaims as never, 'kubernetes.io/pvc-protection'],
  [persistentVolumes as never, 'kubernetes.io/pv-protection'],
])('storage is kept while it is in use (%#)', (resource, finalizer) => {
  const object: ApiObject = { metadata: { finalizers: ['a/b'] } };
  const asked = {
    operation: 'create',
    resource: resource as ResourceDefinition,
    object,
    context: { user: 'u' },
  } as const;
  for (let times = 0; times < 2; times++) storageProtection.admit(asked, viewOf([]));
  expect(object.metadata?.finalizers).toEqual(['a/b', finalizer]);
});
