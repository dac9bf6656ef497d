import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Deployment, deployments } from '../../api/apps/deployment.ts';
import { replicaSets } from '../../api/apps/replica-set.ts';
import { jobs } from '../../api/batch/job.ts';
import { conditionOf, hasCondition } from '../../api/core/conditions.ts';
import { configMaps } from '../../api/core/config-map.ts';
import { namespaces } from '../../api/core/namespace.ts';
import { nodes } from '../../api/core/node.ts';
import { pods } from '../../api/core/pod.ts';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { metaOf } from '../../api/meta/object.ts';
import { Cell } from './cell.suite.ts';
import { isActive } from './pods/pod-state.ts';
import { deploymentOf, jobOf, podSpec } from './samples.suite.ts';

const CONTEXT = { user: 'tester' };

describe('all controllers over the store', () => {
  let cell: Cell;
  const web = () => cell.cache.get(deployments, 'shop', 'web');
  const isComplete = () => {
    const { status, spec, metadata } = web() ?? {};
    const progress = conditionOf(status?.conditions, 'Progressing');
    return (
      status?.observedGeneration === metadata?.generation &&
      status?.updatedReplicas === spec?.replicas &&
      progress?.reason === 'NewReplicaSetAvailable'
    );
  };
  const images = () =>
    cell.cache
      .list(pods, 'shop')
      .filter(isActive)
      .map((pod) => pod.spec?.containers[0]?.image);
  const edit = (change: (deployment: Deployment) => void) =>
    cell.objects.update(deployments, 'shop', 'web', change, CONTEXT);

  beforeEach(async () => {
    cell = new Cell();
    await cell.start();
  });
  afterEach(() => cell.stop());

  test('a Deployment comes up, rolls, changes size, and is removed with all that belongs to it', async () => {
    await cell.create(deployments, deploymentOf('web', { replicas: 3 }));
    await cell.until('three are available', isComplete);
    await edit((next) => {
      next.spec!.template.spec = podSpec('shop:2');
    });
    await cell.until('the new image runs everywhere', () => isComplete() && images().every((i) => i === 'shop:2'));
    expect(metaOf(web()!).annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect(cell.cache.list(replicaSets)).toHaveLength(2);
    await edit((next) => {
      next.spec!.replicas = 1;
    });
    await cell.until('one is left', () => isComplete() && images().length === 1);
    await cell.objects.delete(deployments, 'shop', 'web', CONTEXT, { propagationPolicy: 'Background' });
    await cell.until('nothing is left', () => cell.cache.list(replicaSets).length + cell.cache.list(pods).length === 0);
    expect(cell.warnings).toEqual([]);
    expect(cell.notes.map(({ reason }) => reason)).toContain('ScalingReplicaSet');
  });

  test('in the foreground, a Deployment goes after its pods', async () => {
    await cell.create(deployments, deploymentOf('web', { replicas: 2 }));
    await cell.until('two are available', isComplete);
    let podsWhenGone = -1;
    cell.cache.subscribe(deployments, ({ type }) => {
      if (type === 'deleted') podsWhenGone = cell.cache.list(pods).length;
    });
    await cell.objects.delete(deployments, 'shop', 'web', CONTEXT, { propagationPolicy: 'Foreground' });
    await cell.until('it is gone', () => !web());
    expect(podsWhenGone).toBe(0);
  });

  test('orphaned, its ReplicaSet and pods stay, and the next Deployment takes them over', async () => {
    await cell.create(deployments, deploymentOf('web', { replicas: 2 }));
    await cell.until('two are available', isComplete);
    const before = cell.cache.list(pods).map((pod) => metaOf(pod).uid);
    await cell.objects.delete(deployments, 'shop', 'web', CONTEXT, { propagationPolicy: 'Orphan' });
    await cell.until('it is gone', () => !web());
    await cell.create(deployments, deploymentOf('web', { replicas: 2 }));
    await cell.until('two are available again', isComplete);
    expect(cell.cache.list(pods).map((pod) => metaOf(pod).uid)).toEqual(before);
    expect(cell.cache.list(replicaSets)).toHaveLength(1);
  });

  test('a Job’s pods end, are counted, and the Job completes', async () => {
    await cell.create(jobs, jobOf('sum', { completions: 3, parallelism: 2 }));
    cell.cache.subscribe(pods, ({ object }) => {
      if (object.status?.phase !== 'Running') return;
      const { namespace, name = '' } = metaOf(object);
      const end = (pod: typeof object) => {
        pod.status = { ...pod.status, phase: 'Succeeded', conditions: [] };
      };
      cell.objects.update(pods, namespace, name, end, CONTEXT, { part: 'status' }).catch(() => {});
    });
    const sum = () => cell.cache.get(jobs, 'shop', 'sum')?.status;
    await cell.until('it completes', () => hasCondition(sum()?.conditions, 'Complete'));
    expect(sum()).toMatchObject({ succeeded: 3, uncountedTerminatedPods: {} });
    expect(cell.cache.list(pods)).toHaveLength(3);
    await cell.objects.delete(jobs, 'shop', 'sum', CONTEXT, { propagationPolicy: 'Background' });
    await cell.until('its pods are gone', () => cell.cache.list(pods).length === 0);
  });

  test('a namespace is emptied and goes; every other has its service account', async () => {
    await cell.create(configMaps, { metadata: { name: 'settings', namespace: 'shop' } });
    await cell.create(deployments, deploymentOf('web', { replicas: 3 }));
    await cell.create(jobs, jobOf('sum', { completions: 3, parallelism: 2 }));
    await cell.until('all run', () => isComplete() && images().length === 5);
    await cell.until('it has an account', () => !!cell.cache.get(serviceAccounts, 'shop', 'default'));
    await cell.objects.delete(namespaces, undefined, 'shop', CONTEXT);
    await cell.until('it is gone', () => !cell.cache.get(namespaces, undefined, 'shop'));
    expect(cell.cache.list(pods, 'shop')).toEqual([]);
    expect(cell.cache.list(serviceAccounts, 'default')).toHaveLength(1);
  });

  test('pods of a lost node are replaced elsewhere, and go when the node is deleted', async () => {
    await cell.create(deployments, deploymentOf('web', { replicas: 2 }));
    await cell.until('two are available', isComplete);
    cell.lost.add('n1');
    await cell.pass(50_000);
    const effects = () => cell.cache.get(nodes, undefined, 'n1')?.spec?.taints?.map(({ effect }) => effect);
    await cell.until('the node takes no more', () => effects()?.length === 1);
    await cell.until('its pods do not count', () => web()?.status?.availableReplicas === undefined);
    expect(images()).toHaveLength(2);
    // As long as no node is heard at all nothing is moved: it may be the master that is cut off.
    expect(effects()).toEqual(['NoSchedule']);
    await cell.addNode('n2');
    await cell.pass(10_000);
    await cell.until('its pods are to go', () => effects()?.includes('NoExecute') === true);
    await cell.pass(300_000);
    await cell.until('others run', () => web()?.status?.availableReplicas === 2);
    expect([cell.cache.podsOn('n1').length, cell.cache.podsOn('n2').length]).toEqual([2, 2]);
    await cell.pass(60_000);
    await cell.objects.delete(nodes, undefined, 'n1', CONTEXT);
    await cell.until('the lost ones are gone', () => cell.cache.podsOn('n1').length === 0);
    expect(cell.cache.podsOn('n2')).toHaveLength(2);
  });

  test('a quota’s refusal costs one attempt per pass, and is told', async () => {
    let attempts = 0;
    const create = cell.objects.create.bind(cell.objects);
    cell.objects.create = async (resource, object, context) => {
      if (resource.plural !== 'pods') return create(resource, object, context);
      attempts++;
      throw new Error('exceeded quota');
    };
    await cell.create(deployments, deploymentOf('web', { replicas: 100 }));
    await cell.until('it is told', () => cell.notes.some(({ reason }) => reason === 'FailedCreate'));
    // The pass that told of it has yet to end.
    await cell.clock.advance(0);
    expect(attempts).toBeLessThan(5);
    expect(cell.notes.find(({ reason }) => reason === 'FailedCreate')?.message).toContain('exceeded quota');
    expect(await cell.metrics.getSingleMetricAsString('stowage_controller_errors_total')).toMatch(
      /controller="replicaset"\} [1-9]/,
    );
  });

  test('idle, nothing is set to happen but the node’s own wake-up', async () => {
    await cell.create(deployments, deploymentOf('web', { replicas: 3, progressDeadlineSeconds: 600 }));
    await cell.until('three are available', isComplete);
    await cell.clock.advance(10_000);
    const revision = cell.cache.revision;
    await cell.clock.advance(20_000);
    expect(cell.cache.revision).toBe(revision);
    expect(cell.clock.pending).toBe(1);
  });
});
