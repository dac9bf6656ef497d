import { describe, expect, test } from 'vitest';
import { namespaces } from '../../api/core/namespace.ts';
import { pods } from '../../api/core/pod.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { finalizerFault, markDeleted, mayGo, preconditionFault, restrictToPart, stampNew } from './metadata-rules.ts';

const NOW = Date.parse('2026-03-04T05:06:07Z');
const live = (metadata: ApiObject['metadata'] = {}): ApiObject => ({ metadata: { name: 'a', uid: 'u1', ...metadata } });

describe('stampNew', () => {
  test('gives identity and drops what only the server may set', () => {
    const object: ApiObject & { status?: unknown } = {
      metadata: {
        name: 'a',
        namespace: 'x',
        uid: 'mine',
        resourceVersion: '9',
        deletionTimestamp: 'never',
        labels: { k: 'v' },
      },
      status: { phase: 'Running' },
    };
    stampNew(pods, object, 'u1', NOW);
    expect(object.metadata).toEqual({
      name: 'a',
      namespace: 'x',
      uid: 'u1',
      creationTimestamp: '2026-03-04T05:06:07Z',
      generation: 1,
      labels: { k: 'v' },
    });
    expect(object.status).toBeUndefined();
  });

  test('a cluster-wide object has no namespace', () => {
    const object: ApiObject = { metadata: { name: 'a', namespace: 'x' } };
    stampNew(namespaces, object, 'u1', NOW);
    expect(object.metadata?.namespace).toBeUndefined();
  });
});

describe('restrictToPart', () => {
  const current = {
    metadata: { name: 'a', uid: 'u1' },
    spec: { containers: [], nodeName: 'n1' },
    status: { phase: 'Running' },
  };

  test('a write of the status changes nothing else', () => {
    const next = { metadata: { name: 'a', labels: { k: 'v' } }, spec: { containers: [] }, status: { phase: 'Failed' } };
    const written = restrictToPart(pods, next as never, current as never, 'status');
    expect(written).toEqual({ ...current, status: { phase: 'Failed' } });
  });

  test('a write of the whole keeps the status and the identity', () => {
    const next = structuredClone(current);
    next.metadata.uid = 'other';
    next.status.phase = 'Failed';
    const written = restrictToPart(pods, next as never, current as never, 'main');
    expect(written.metadata?.uid).toBe('u1');
    expect(written.status?.phase).toBe('Running');
  });

  test('who takes the finalizers off a namespace leaves its status and its name as they are', () => {
    const shop = { metadata: { name: 'shop' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } };
    const bare = { metadata: { name: 'shop' }, spec: {} };
    const written = restrictToPart(namespaces, bare as never, shop as never, 'finalize');
    expect(written).toMatchObject({ spec: {}, status: { phase: 'Terminating' } });
    expect(written.metadata?.labels).toEqual({ 'kubernetes.io/metadata.name': 'shop' });
    expect(written.spec?.finalizers).toBeUndefined();
  });
});

describe('deletion', () => {
  test('an object that nothing holds may go at once', () => {
    expect(mayGo(live())).toBe(false);
    expect(mayGo(markDeleted(live(), 0, {}, NOW))).toBe(true);
  });

  test('grace, finalizers and spec.finalizers hold it', () => {
    expect(mayGo(markDeleted(live(), 30, {}, NOW))).toBe(false);
    expect(mayGo(markDeleted(live({ finalizers: ['x/y'] }), 0, {}, NOW))).toBe(false);
    expect(mayGo({ ...markDeleted(live(), 0, {}, NOW), spec: { finalizers: ['kubernetes'] } } as ApiObject)).toBe(
      false,
    );
  });

  test('a second request may shorten the grace but not lengthen it', () => {
    const first = markDeleted(live(), 30, {}, NOW);
    expect(first.metadata?.deletionTimestamp).toBe('2026-03-04T05:06:37Z');
    expect(markDeleted(first, 300, {}, NOW).metadata?.deletionGracePeriodSeconds).toBe(30);
    expect(markDeleted(first, 0, {}, NOW).metadata?.deletionTimestamp).toBe('2026-03-04T05:06:07Z');
  });

  test('the propagation policy is a finalizer, and the last one named counts', () => {
    const orphaning = markDeleted(live(), 0, { propagationPolicy: 'Orphan' }, NOW);
    expect(orphaning.metadata?.finalizers).toEqual(['orphan']);
    const foreground = markDeleted(orphaning, 0, { propagationPolicy: 'Foreground' }, NOW);
    expect(foreground.metadata?.finalizers).toEqual(['foregroundDeletion']);
    expect(markDeleted(foreground, 0, { propagationPolicy: 'Background' }, NOW).metadata?.finalizers).toBeUndefined();
    expect(markDeleted(foreground, 0, {}, NOW).metadata?.finalizers).toEqual(['foregroundDeletion']);
  });

  test('a dying object may lose finalizers but not gain any', () => {
    const dying = live({ finalizers: ['a/b'], deletionTimestamp: '2026-03-04T05:06:07Z' });
    expect(finalizerFault(pods, live({ finalizers: [] }), dying)).toBeUndefined();
    expect(finalizerFault(pods, live({ finalizers: ['a/b', 'c/d'] }), dying)?.code).toBe(422);
    expect(finalizerFault(pods, live({ finalizers: ['c/d'] }), live())).toBeUndefined();
  });
});

test('preconditions name what differs', () => {
  const object = live({ resourceVersion: '7' });
  expect(preconditionFault(pods, object, { uid: 'u1', resourceVersion: '7' })).toBeUndefined();
  expect(preconditionFault(pods, object, { uid: 'u2' })?.message).toContain(
    'UID in precondition: u2, UID in object meta: u1',
  );
  expect(preconditionFault(pods, object, { resourceVersion: '6' })?.reason).toBe('Conflict');
});
