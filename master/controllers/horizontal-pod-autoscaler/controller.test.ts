import { beforeEach, describe, expect, test } from 'vitest';
import { deployments } from '../../../api/apps/deployment.ts';
import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerSpec,
  horizontalPodAutoscalers,
} from '../../../api/autoscaling/horizontal-pod-autoscaler.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { builtInCatalogue } from '../../../api/registry.ts';
import type { PodReading, UsageReader } from '../../agents/usage.ts';
import { deploymentController } from '../deployment/controller.ts';
import { World } from '../kit/world.suite.ts';
import { isActive } from '../pods/pod-state.ts';
import { replicaSetController } from '../replica-set/controller.ts';
import { deploymentOf, podSpec, reportReady } from '../samples.suite.ts';
import { horizontalPodAutoscalerController } from './controller.ts';
import type { MetricAnswer } from './metric-source.ts';

const PERIOD_MS = 15_000;

describe('HorizontalPodAutoscaler', () => {
  let world: World;
  /** Millicores that each pod uses; `undefined` is not known. */
  let cpuOf: (pod: Pod) => number | undefined;
  let answers: Map<string, MetricAnswer>;
  let asked: string[];
  const usage: UsageReader = {
    ofNode: () => undefined,
    ofPod: (_node, uid): PodReading | undefined => {
      const pod = world.list(pods).find((one) => metaOf(one).uid === uid);
      const milli = pod && cpuOf(pod);
      if (milli === undefined) return undefined;
      const measured = { windowMs: 10_000, cpuNanocores: milli * 1e6, memoryBytes: 1_000 };
      return { atMs: world.nowMs, containers: [{ name: 'main', usage: measured }] };
    },
  };
  const metrics = {
    ask: (query: string) => {
      asked.push(query);
      return answers.get(query) ?? ({ state: 'pending' } as const);
    },
  };
  const autoscaler = () => world.get(horizontalPodAutoscalers, 'shop', 'web')!;
  const size = () => world.get(deployments, 'shop', 'web')!.spec?.replicas;
  const active = () => world.list(pods).filter(isActive);
  const condition = (type: string) => conditionOf(autoscaler().status?.conditions, type);
  /** Time for one more look; meanwhile all pods come up and grow old enough to count. */
  const look = (count = 1) => {
    for (let i = 0; i < count; i++) {
      world.settle();
      for (const pod of active()) if (pod.status?.phase !== 'Running') reportReady(world, pod);
      world.advance(PERIOD_MS);
      world.settle();
    }
  };
  const start = (spec: Partial<HorizontalPodAutoscalerSpec> = {}, replicas = 2) => {
    const { template, ...rest } = deploymentOf('web', { replicas }).spec!;
    const container = { ...podSpec().containers[0]!, resources: { requests: { cpu: '200m', memory: '1Ki' } } };
    const pod = { ...template, spec: { ...template.spec, containers: [container] } };
    world.create(deployments, { metadata: { name: 'web', namespace: 'shop' }, spec: { ...rest, template: pod } });
    look(2);
    world.advance(600_000);
    const scaler: HorizontalPodAutoscaler = {
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 10,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
        ...spec,
      },
    };
    world.create(horizontalPodAutoscalers, scaler);
    world.settle();
  };

  beforeEach(() => {
    answers = new Map();
    asked = [];
    cpuOf = () => 100;
    const source = { usage: () => usage, metrics };
    world = new World([
      horizontalPodAutoscalerController(builtInCatalogue, source),
      deploymentController,
      replicaSetController,
    ]);
  });

  test('keeps what is within the tolerance', () => {
    cpuOf = () => 108;
    start();
    look(3);
    expect(size()).toBe(2);
    expect(condition('ScalingActive')).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });
    expect(autoscaler().status).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 2,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 54, averageValue: '108m' } } },
      ],
    });
  });

  test('twice the load, twice the pods; and says so', () => {
    cpuOf = () => 200;
    start();
    expect(size()).toBe(4);
    expect(world.transcript.some((line) => line.includes('SuccessfulRescale'))).toBe(true);
    expect(autoscaler().status?.lastScaleTime).toBeDefined();
  });

  test('goes down only when the load has been low for five minutes', () => {
    start({}, 4);
    cpuOf = () => 200;
    look();
    expect(size()).toBe(8);
    cpuOf = () => 25;
    look(19);
    expect(size()).toBe(8);
    look(2);
    expect(size()).toBe(2);
  });

  test('goes up no faster than doubling, or by four, every 15 s', () => {
    cpuOf = () => 2_000;
    start({ maxReplicas: 100 }, 1);
    expect(size()).toBe(5);
    expect(condition('ScalingLimited')).toMatchObject({ status: 'True', reason: 'ScaleUpLimit' });
    look();
    expect(size()).toBe(10);
  });

  test('keeps to its bounds', () => {
    cpuOf = () => 2_000;
    start({ maxReplicas: 3 });
    expect(size()).toBe(3);
    expect(condition('ScalingLimited')).toMatchObject({ status: 'True', reason: 'TooManyReplicas' });
  });

  test('of several metrics the one that asks for most counts', () => {
    const memory = { name: 'memory', target: { type: 'AverageValue' as const, averageValue: '250' } };
    const cpu = { name: 'cpu', target: { type: 'Utilization' as const, averageUtilization: 50 } };
    start({
      metrics: [
        { type: 'Resource', resource: cpu },
        { type: 'Resource', resource: memory },
      ],
    });
    look();
    // Each pod takes four times what it should, however many there are.
    expect(size()).toBe(10);
    expect(autoscaler().status?.currentMetrics).toHaveLength(2);
  });

  test('one container may be what counts', () => {
    const target = { type: 'AverageValue' as const, averageValue: '50m' };
    start({ metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'main', target } }] });
    expect(size()).toBe(4);
  });

  test('pods of which nothing is known never make it go further', () => {
    start({}, 4);
    const [known] = active();
    cpuOf = (pod) => (metaOf(pod).uid === metaOf(known!).uid ? 300 : undefined);
    look();
    expect(size()).toBe(4);
    cpuOf = (pod) => (metaOf(pod).uid === metaOf(known!).uid ? 10 : undefined);
    look(25);
    expect(size()).toBe(4);
  });

  test('pods that are starting do not count as idle when it would go down, nor as busy when it would go up', () => {
    start({}, 2);
    cpuOf = () => 160;
    world.update(deployments, world.get(deployments, 'shop', 'web')!, (next) => {
      next.spec!.replicas = 4;
    });
    world.settle();
    world.advance(PERIOD_MS);
    world.settle();
    expect(size()).toBe(4);
  });

  test('without requests there is no utilization, and that is said', () => {
    const spec = { ...deploymentOf('web').spec!, replicas: 2 };
    world.create(deployments, { metadata: { name: 'web', namespace: 'shop' }, spec });
    look();
    world.create(horizontalPodAutoscalers, {
      metadata: { name: 'web', namespace: 'shop' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 },
    });
    look();
    expect(condition('ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetResourceMetric' });
    expect(condition('ScalingActive')?.message).toContain('missing request for cpu in a container of Pod web-');
    expect(size()).toBe(2);
  });

  test('a target that is not there, or is set to nothing', () => {
    start({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' } });
    expect(condition('AbleToScale')).toMatchObject({ status: 'False', reason: 'FailedGetScale' });
    world.delete(horizontalPodAutoscalers, autoscaler());
    world.update(deployments, world.get(deployments, 'shop', 'web')!, (next) => {
      next.spec!.replicas = 0;
    });
    world.settle();
    world.create(horizontalPodAutoscalers, {
      metadata: { name: 'web', namespace: 'shop' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 },
    });
    look();
    expect(condition('ScalingActive')).toMatchObject({ status: 'False', reason: 'ScalingDisabled' });
    expect(size()).toBe(0);
  });

  describe('metrics of applications', () => {
    const perPod = { type: 'AverageValue' as const, averageValue: '10' };
    const podMetric = { type: 'Pods' as const, pods: { metric: { name: 'requests' }, target: perPod } };

    test('of pods', () => {
      start({ metrics: [podMetric] });
      expect(condition('ScalingActive')).toMatchObject({ reason: 'FailedGetPodsMetric' });
      const [query] = asked;
      expect(query).toMatch(/^sum by \(pod\) \(requests\{namespace="shop",pod=~"web-\w+-\w+\|web-\w+-\w+"\}\)$/);
      const values = new Map(active().map((pod) => [metaOf(pod).name ?? '', 20]));
      answers.set(query!, { state: 'known', values });
      look();
      expect(size()).toBe(4);
    });

    test('of an object, and of something outside', () => {
      const describedObject = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' };
      const target = { type: 'Value' as const, value: '100' };
      const external = {
        metric: { name: 'queue', selector: { matchLabels: { topic: 'mail' } } },
        target: { type: 'AverageValue' as const, averageValue: '30' },
      };
      start({
        metrics: [
          { type: 'Object', object: { describedObject, metric: { name: 'hits' }, target } },
          { type: 'External', external },
        ],
      });
      expect(asked).toContain('sum(hits{namespace="shop",ingress="main"})');
      expect(asked).toContain('sum(queue{topic="mail"})');
      answers.set('sum(hits{namespace="shop",ingress="main"})', { state: 'known', values: new Map([['', 150]]) });
      answers.set('sum(queue{topic="mail"})', { state: 'known', values: new Map([['', 200]]) });
      look();
      answers.set('sum(hits{namespace="shop",ingress="main"})', { state: 'known', values: new Map([['', 100]]) });
      look();
      expect(size()).toBe(7);
    });

    test('while one cannot be read, the others take no pods away', () => {
      cpuOf = () => 10;
      const cpu = { name: 'cpu', target: { type: 'Utilization' as const, averageUtilization: 50 } };
      start({ metrics: [{ type: 'Resource', resource: cpu }, podMetric] }, 4);
      look(25);
      expect(size()).toBe(4);
    });
  });

  test('a behavior of its own', () => {
    cpuOf = () => 800;
    start({ maxReplicas: 100, behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } } });
    expect(size()).toBe(3);
    look(3);
    expect(size()).toBe(3);
    look(2);
    expect(size()).toBe(4);
  });
});
