import { describe, expect, test } from 'vitest';
import { MIRROR_ANNOTATION } from '../../api/core/mirror-pod.ts';
import type { Pod } from '../../api/core/pod.ts';
import { type DrainRules, drainPlan } from './plan.ts';

const NOW_MS = Date.parse('2026-01-01T00:00:00Z');
const ALL: DrainRules = { ignoreDaemonsets: true, deleteEmptydirData: true, force: true };

const owned = (kind: string, name: string) => [{ apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true }];
const pod = (name: string, { phase = 'Running', metadata = {}, volumes = [] }: Parts = {}): Pod =>
  ({ metadata: { name, namespace: 'default', ...metadata }, spec: { volumes }, status: { phase } }) as unknown as Pod;
interface Parts {
  phase?: string;
  metadata?: object;
  volumes?: object[];
}

const web = pod('web', { metadata: { ownerReferences: owned('ReplicaSet', 'web') } });
const daemon = pod('log-1', { metadata: { ownerReferences: owned('DaemonSet', 'log') } });
const orphan = pod('old-1', { metadata: { ownerReferences: owned('DaemonSet', 'old') } });
const scratch = pod('scratch', {
  metadata: { ownerReferences: owned('ReplicaSet', 'web') },
  volumes: [{ name: 'v', emptyDir: {} }],
});
const bare = pod('bare');
const plan = (pods: Pod[], rules: DrainRules = {}) => {
  const { leaving, ...said } = drainPlan(pods, new Set(['default/log']), rules, NOW_MS);
  return { leaving: leaving.map(({ metadata }) => metadata?.name), ...said };
};

describe('a pod that', () => {
  test('has a controller leaves', () => {
    expect(plan([web])).toEqual({ leaving: ['web'], warnings: [], refusals: [] });
  });

  test.each([
    [daemon, 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/log-1'],
    [orphan, 'cannot delete daemonsets.apps "old" not found: default/old-1'],
    [scratch, 'cannot delete Pods with local storage (use --delete-emptydir-data to override): default/scratch'],
    [bare, 'cannot delete Pods that declare no controller (use --force to override): default/bare'],
  ])('would be lost, or come again, forbids it (%#)', (each, refusal) => {
    expect(plan([web, each]).refusals).toEqual([refusal]);
  });

  test('has ended leaves in any case, whoever made it', () => {
    const ended = [daemon, scratch, bare].map((each) => ({ ...each, status: { phase: 'Succeeded' as const } }));
    expect(plan(ended)).toEqual({ leaving: ['log-1', 'scratch', 'bare'], warnings: [], refusals: [] });
  });

  test('stands for one that its agent runs from a file stays, whatever is allowed', () => {
    expect(plan([pod('own', { metadata: { annotations: { [MIRROR_ANNOTATION]: 'x' } } })], ALL).leaving).toEqual([]);
  });

  test('has been ending for long is left out on demand', () => {
    const ending = pod('ending', { metadata: { ...web.metadata, deletionTimestamp: '2025-12-31T23:59:00Z' } });
    expect(plan([ending], { skipDeletedAfterMs: 30_000 }).leaving).toEqual([]);
    expect(plan([ending], { skipDeletedAfterMs: 90_000 }).leaving).toHaveLength(1);
    expect(plan([ending]).leaving).toHaveLength(1);
  });
});

test('what is lost or stays is said, pods of one sort together', () => {
  const other = pod('other');
  expect(plan([daemon, orphan, scratch, bare, other], ALL)).toEqual({
    leaving: ['old-1', 'scratch', 'bare', 'other'],
    warnings: [
      'ignoring DaemonSet-managed Pods: default/log-1',
      'deleting Pods that declare no controller: default/bare, default/other',
    ],
    refusals: [],
  });
});
