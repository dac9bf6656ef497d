import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deployments } from '../../api/apps/deployment.ts';
import { replicaSets } from '../../api/apps/replica-set.ts';
import { horizontalPodAutoscalers } from '../../api/autoscaling/horizontal-pod-autoscaler.ts';
import { cronJobs } from '../../api/batch/cron-job.ts';
import { type Job, jobs } from '../../api/batch/job.ts';
import { conditionOf } from '../../api/core/conditions.ts';
import { configMaps } from '../../api/core/config-map.ts';
import { pods } from '../../api/core/pod.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { Cell } from './cell.suite.ts';
import { isActive } from './pods/pod-state.ts';
import { deploymentOf, jobOf, podSpec } from './samples.suite.ts';

const CONTEXT = { user: 'tester' };
const MINUTE_MS = 60_000;
const MANY = 2 ** 31 - 1;

describe('what people should not have declared', () => {
  let cell: Cell;
  beforeEach(async () => {
    cell = new Cell();
    await cell.start();
  });
  afterEach(() => cell.stop());

  /** How often a controller has looked at a key so far. */
  const looks = async (name: string): Promise<number> => {
    const text = await cell.metrics.getSingleMetricAsString('workqueue_work_duration_seconds');
    return Number(new RegExp(`_count\\{name="${name}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };
  /** How often it looks in a while in which nothing happens. */
  const looksIn = async (ms: number, name: string): Promise<number> => {
    const before = await looks(name);
    await cell.pass(ms);
    return (await looks(name)) - before;
  };
  const active = () => cell.cache.list(pods, 'shop').filter(isActive);

  test('sets that select the same pods: each keeps its own, one adopts what is nobody’s, and all come to rest', async () => {
    const labels = { app: 'web' };
    const set = (name: string) => ({
      metadata: { name, namespace: 'shop' },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec() } },
    });
    await cell.create(pods, { metadata: { name: 'bare', namespace: 'shop', labels }, spec: podSpec() });
    for (const name of ['a', 'b']) await cell.create(replicaSets, set(name));
    await cell.create(deployments, deploymentOf('web', { replicas: 2 }));
    const isReady = (name: string) => cell.cache.get(replicaSets, 'shop', name)?.status?.readyReplicas === 2;
    const isServed = () => cell.cache.get(deployments, 'shop', 'web')?.status?.readyReplicas === 2;
    await cell.until('all have their pods', () => isReady('a') && isReady('b') && isServed());
    expect(active()).toHaveLength(6);
    const owners = active().map((pod) => metaOf(pod).ownerReferences?.length);
    expect(owners).toEqual([1, 1, 1, 1, 1, 1]);
    await cell.pass(MINUTE_MS);
    const revision = cell.cache.revision;
    expect([await looksIn(10_000, 'replicaset'), await looksIn(10_000, 'deployment')]).toEqual([0, 0]);
    expect(active()).toHaveLength(6);
    // Only the node speaks.
    expect(cell.cache.revision - revision).toBeLessThan(5);
  });

  describe('owners in a circle', () => {
    const circle = async (): Promise<void> => {
      const names = ['a', 'b', 'c'];
      for (const name of names) await cell.create(configMaps, { metadata: { name, namespace: 'shop' } });
      for (const [at, name] of names.entries()) {
        const { uid = '' } = metaOf(cell.cache.get(configMaps, 'shop', names[(at + 1) % 3]!)!);
        const reference = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: names[(at + 1) % 3]!,
          uid,
          blockOwnerDeletion: true,
        };
        const own = (map: ApiObject) => Object.assign(metaOf(map), { ownerReferences: [reference] }) && undefined;
        await cell.objects.update(configMaps, 'shop', name, own, CONTEXT);
      }
      await cell.clock.advance(100);
    };
    const left = () =>
      cell.cache.list(configMaps, 'shop').filter(({ metadata }) => /^[abc]$/.test(metadata?.name ?? ''));

    test('stay as long as nobody goes, and are looked at no more', async () => {
      await circle();
      expect(await looksIn(MINUTE_MS, 'garbage-collector')).toBe(0);
      expect(left()).toHaveLength(3);
    });

    test.each(['Background', 'Foreground', 'Orphan'] as const)('go, or stay, by the policy %s', async (policy) => {
      await circle();
      await cell.objects.delete(configMaps, 'shop', 'a', CONTEXT, { propagationPolicy: policy });
      const rest = policy === 'Orphan' ? 2 : 0;
      await cell.until('it is done', () => left().length === rest);
      expect(await looksIn(MINUTE_MS, 'garbage-collector')).toBe(0);
      expect(left()).toHaveLength(rest);
    });
  });

  test('a CronJob whose job never ends waits for it, and makes no other', async () => {
    await cell.create(cronJobs, {
      metadata: { name: 'tick', namespace: 'shop' },
      spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: jobOf('tick').spec! } },
    });
    await cell.pass(MINUTE_MS);
    await cell.until('its first', () => active().length === 1);
    const seen = await looksIn(10 * MINUTE_MS, 'cronjob');
    expect([cell.cache.list(jobs, 'shop').length, active().length]).toEqual([1, 1]);
    expect(seen).toBeLessThanOrEqual(11);
    expect(cell.cache.get(cronJobs, 'shop', 'tick')?.status?.active).toHaveLength(1);
    expect(cell.notes.filter(({ reason }) => reason === 'JobAlreadyActive').length).toBeLessThanOrEqual(11);
  });

  test('an autoscaler whose metric nobody has says so, and looks four times a minute', async () => {
    await cell.create(deployments, deploymentOf('web', { replicas: 2 }));
    await cell.create(horizontalPodAutoscalers, {
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 5,
        metrics: [
          { type: 'Pods', pods: { metric: { name: 'nobody' }, target: { type: 'AverageValue', averageValue: '1' } } },
        ],
      },
    });
    const status = () => cell.cache.get(horizontalPodAutoscalers, 'shop', 'web')?.status;
    await cell.until('it says so', () => conditionOf(status()?.conditions, 'ScalingActive')?.status === 'False');
    expect(conditionOf(status()?.conditions, 'ScalingActive')).toMatchObject({ reason: 'FailedGetPodsMetric' });
    const before = metaOf(cell.cache.get(horizontalPodAutoscalers, 'shop', 'web')!).resourceVersion;
    expect(await looksIn(10 * MINUTE_MS, 'horizontal-pod-autoscaler')).toBeLessThanOrEqual(41);
    expect(metaOf(cell.cache.get(horizontalPodAutoscalers, 'shop', 'web')!).resourceVersion).toBe(before);
    expect(cell.cache.get(deployments, 'shop', 'web')?.spec?.replicas).toBe(2);
  });

  const manyOf = (name: string, spec: Partial<Job['spec'] & object>) =>
    jobOf(name, { completions: MANY, parallelism: 2, ...spec });

  test.each<[string, Job]>([
    ['counted', manyOf('sum', {})],
    ['numbered', manyOf('sum', { completionMode: 'Indexed' })],
    [
      'numbered, with a limit for each',
      manyOf('sum', { completionMode: 'Indexed', backoffLimitPerIndex: 1, maxFailedIndexes: 5 }),
    ],
  ])('a Job of 2^31 - 1 completions, %s, has as many pods as are to be at work, and no more looks', async (_, job) => {
    await cell.create(jobs, job);
    await cell.until(
      'its pods',
      () => active().length === 2 && active().every(({ status }) => status?.phase === 'Running'),
    );
    await cell.clock.advance(100);
    expect(await looksIn(MINUTE_MS, 'job')).toBe(0);
    expect([active().length, cell.cache.get(jobs, 'shop', 'sum')?.status?.active]).toEqual([2, 2]);
    expect(await looks('job')).toBeLessThan(20);
  });
});
