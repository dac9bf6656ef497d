import { describe, expect, test } from 'vitest';
import { persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { CLASS_ANNOTATION, type Ingress, ingresses } from '../../../api/networking/ingress.ts';
import { IS_DEFAULT_CLASS as IS_DEFAULT_INGRESS_CLASS } from '../../../api/networking/ingress-class.ts';
import { IS_DEFAULT_CLASS, type StorageClass } from '../../../api/storage/storage-class.ts';
import type { CacheReader } from '../../store/cache.ts';
import { claimGrowth } from './claim-growth.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
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

describe('a claim that grows', () => {
  const grow = (storageClassName: string, phase: 'Bound' | 'Pending', to = '2Gi') => {
    const claim = (storage: string): PersistentVolumeClaim => ({
      metadata: { name: 'c' },
      spec: { storageClassName, resources: { requests: { storage } } },
      status: { phase },
    });
    const view = {
      get: (_: unknown, __: unknown, name: string) => ({ allowVolumeExpansion: name === 'growing' }),
    } as unknown as CacheReader;
    const asked = {
      operation: 'update',
      resource: persistentVolumeClaims as unknown as ResourceDefinition,
      object: claim(to),
      previous: claim('1Gi'),
      context: { user: 'u' },
    } as const;
    return claimGrowth.admit(asked, view)?.message;
  };
  test('may where it is bound and its class lets it', () => {
    expect(grow('growing', 'Bound')).toBeUndefined();
    expect(grow('growing', 'Pending')).toMatch(/Only bound persistent volume claims can be expanded/);
    for (const name of ['fixed', '']) expect(grow(name, 'Bound')).toMatch(/the storageclass .* must support resize/);
  });
  test('is not one that stays, or shrinks', () => {
    for (const size of ['1024Mi', '1Mi']) expect(grow('fixed', 'Pending', size)).toBeUndefined();
  });
});

test('an ingress that says nothing of a class gets the newest default', () => {
  const ingressClass = (name: string, made: string, is?: string) => ({
    metadata: { name, creationTimestamp: made, annotations: is ? { [IS_DEFAULT_INGRESS_CLASS]: is } : {} },
  });
  const list = [
    ingressClass('old', '2030-01-01T00:00:00Z', 'true'),
    ingressClass('new', '2030-01-02T00:00:00Z', 'true'),
    ingressClass('not', '2030-01-03T00:00:00Z', 'false'),
  ];
  const classOf = (object: Ingress, classes: unknown = list) => {
    const resource = ingresses as unknown as ResourceDefinition;
    const asked = { operation: 'create', resource, object, context: { user: 'u' } } as const;
    expect(defaultIngressClass.admit(asked, viewOf(classes as never))).toBeUndefined();
    return object.spec?.ingressClassName;
  };
  expect(classOf({ metadata: {}, spec: {} })).toBe('new');
  expect(classOf({ metadata: {}, spec: {} }, [])).toBeUndefined();
  expect(classOf({ metadata: {}, spec: { ingressClassName: 'other' } })).toBe('other');
  expect(classOf({ metadata: { annotations: { [CLASS_ANNOTATION]: 'x' } }, spec: {} })).toBeUndefined();
});
