import { afterEach, beforeEach, expect, test } from 'vitest';
import { deployments } from '../../../api/apps/deployment.ts';
import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { podDisruptionBudgets } from '../../../api/policy/pod-disruption-budget.ts';
import { storageClasses } from '../../../api/storage/storage-class.ts';
import { Cell } from '../cell.suite.ts';
import { deploymentOf } from '../samples.suite.ts';

/** Storage and budgets by the whole set of controllers, over the rules that every write has to pass. */

let cell: Cell;
beforeEach(async () => {
  cell = new Cell();
  await cell.start();
});
afterEach(() => cell.stop());

const volumeOf = (name: string): PersistentVolume => ({
  metadata: { name },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: `/data/${name}` },
    storageClassName: 'disk',
  },
});
const claimOf = (name: string): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'shop' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});

test('as many claims as volumes are all bound, each to one of its own', async () => {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  await cell.create(storageClasses, { metadata: { name: 'disk', annotations }, provisioner: 'example.com/disk' });
  const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
  await Promise.all(
    names.flatMap((name) => [
      cell.create(persistentVolumes, volumeOf(name)),
      cell.create(persistentVolumeClaims, claimOf(name)),
    ]),
  );
  const claims = () => cell.cache.list(persistentVolumeClaims);
  const phases = () => [...claims(), ...cell.cache.list(persistentVolumes)].map(({ status }) => status?.phase);
  await cell.until('all are bound', () => phases().every((phase) => phase === 'Bound'));
  expect(new Set(claims().map(({ spec }) => spec?.volumeName)).size).toBe(names.length);
  await cell.objects.delete(persistentVolumeClaims, 'shop', 'n0', { user: 'tester' });
  await cell.until('one is released', () => phases().filter((phase) => phase === 'Released').length === 1);
  expect(cell.warnings).toEqual([]);
});

test('a budget follows the pods of a Deployment', async () => {
  await cell.create(podDisruptionBudgets, {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { maxUnavailable: '34%', selector: { matchLabels: { app: 'web' } } },
  });
  await cell.create(deployments, deploymentOf('web', { replicas: 3 }));
  const figures = () => cell.cache.get(podDisruptionBudgets, 'shop', 'web')?.status;
  await cell.until('two may go', () => figures()?.disruptionsAllowed === 2);
  expect(figures()).toMatchObject({ expectedPods: 3, currentHealthy: 3, desiredHealthy: 1, observedGeneration: 1 });
  expect(cell.warnings).toEqual([]);
});
