import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { eventually } from '../../eventually.ts';
import type { Desk } from './desk.ts';
import { deployment } from './manifests.ts';

const REPLICAS = 4;
const budget = (name: string, minAvailable: number) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { minAvailable, selector: { matchLabels: { app: 'web' } } },
});

/** Emptying a node of two, where a budget says how many pods of an application must stay up. */
export function drain(desk: () => Desk): void {
  const pods = async (): Promise<Pod[]> => (await desk().json<{ items: Pod[] }>('get pods -l app=web')).items;
  const on = async (nodeName: string) => (await pods()).filter(({ spec }) => spec?.nodeName === nodeName);
  const figures = (path: string) => desk().value('get pdb web', `.status.${path}`);

  describe('kubectl drain', () => {
    beforeEach(async () => {
      await desk().run('cordon n2');
      await desk().apply(deployment('web', REPLICAS));
      await desk().run('rollout status deployment/web --timeout=60s');
      await desk().run('uncordon n2');
      expect(await on('n1')).toHaveLength(REPLICAS);
    });
    afterEach(async () => {
      await desk().run('uncordon n1');
      await desk().run('delete pdb --all');
      await desk().run('delete deployment web');
      await eventually('the pods to go', async () => (await pods()).length === 0);
    });

    test('moves all pods, and never takes more at once than the budget allows', async () => {
      await desk().apply(budget('web', REPLICAS - 1));
      await eventually('the budget to be worked out', async () => (await figures('disruptionsAllowed')) === '1');
      const watch = desk().start('get pdb web -w', '-o', 'jsonpath={.status.currentHealthy}{" "}');
      const drained = await desk().run('drain n1 --timeout=150s');
      expect(drained).toContain('node/n1 cordoned\n');
      expect(drained.match(/^pod\/web-\S+ evicted$/gm)).toHaveLength(REPLICAS);
      expect(drained).toContain('node/n1 drained\n');
      expect(await on('n1')).toEqual([]);
      await desk().run('rollout status deployment/web --timeout=60s');
      expect(await on('n2')).toHaveLength(REPLICAS);
      await watch.end();
      const healthy = watch.stdout.trim().split(' ').map(Number);
      expect(healthy.length).toBeGreaterThan(REPLICAS);
      expect(Math.min(...healthy)).toBe(REPLICAS - 1);
    });

    test('stops at a budget that allows nothing, and says so', async () => {
      await desk().apply(budget('web', REPLICAS));
      await eventually(
        'the budget to be worked out',
        async () => (await figures('currentHealthy')) === String(REPLICAS),
      );
      const { code, stderr } = await desk().try('drain n1 --timeout=8s');
      expect(code).not.toBe(0);
      expect(stderr).toMatch(
        /error when evicting pods\/"web-\S+" -n "\S+" \(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\./,
      );
      const left = await on('n1');
      expect(left).toHaveLength(REPLICAS);
      expect(left.filter(({ metadata }) => metadata?.deletionTimestamp)).toEqual([]);
      const tried = await desk().try('drain n1 --dry-run=server --timeout=8s');
      expect(tried.code).not.toBe(0);
    });

    test('does not choose between two budgets', async () => {
      await desk().apply(budget('web', 0));
      await desk().apply(budget('too', 0));
      await eventually(
        'the budget to be worked out',
        async () => (await figures('disruptionsAllowed')) === String(REPLICAS),
      );
      const { code, stderr } = await desk().try('drain n1 --timeout=8s');
      expect(code).not.toBe(0);
      expect(stderr).toContain(
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      );
      expect(await on('n1')).toHaveLength(REPLICAS);
    });
  });
}
