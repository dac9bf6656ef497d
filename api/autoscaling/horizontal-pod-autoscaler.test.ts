import { describe, expect, test } from 'vitest';
import { autoscalerOf, created, lines, printed } from '../sample.suite.ts';
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts';

const make = (spec: object = {}) => created(horizontalPodAutoscalers, autoscalerOf(spec));
const faults = (spec: object) => lines(make(spec).faults);
const metric = (fields: object) => ({ metrics: [fields] });
const resource = (target: object, name = 'cpu') => ({ type: 'Resource', resource: { name, target } });

describe('defaults', () => {
  test('80% of the requested cpu', () => {
    const { spec } = make().object;
    expect(spec.minReplicas).toBe(1);
    expect(spec.metrics).toEqual([resource({ type: 'Utilization', averageUtilization: 80 })]);
    expect(spec).not.toHaveProperty('behavior');
  });

  test('a behavior of which one thing is said', () => {
    expect(make({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }).object.spec.behavior).toEqual({
      scaleUp: {
        selectPolicy: 'Max',
        stabilizationWindowSeconds: 0,
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: {
        selectPolicy: 'Max',
        stabilizationWindowSeconds: 60,
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
    });
  });

  test('annotations of the older form are dropped', () => {
    const { object } = created(horizontalPodAutoscalers, {
      ...autoscalerOf(),
      metadata: {
        ...autoscalerOf().metadata,
        annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '[]', mine: 'yes' },
      },
    });
    expect(object.metadata?.annotations).toEqual({ mine: 'yes' });
  });
});

describe('faults', () => {
  const named = { metric: { name: 'requests' } };
  const scaleUp = (fields: object) => ({ behavior: { scaleUp: fields } });
  const policy = (fields: object) => scaleUp({ policies: [{ type: 'Pods', value: 1, periodSeconds: 15, ...fields }] });

  test.each<[string, object, string | undefined]>([
    ['none', metric(resource({ type: 'AverageValue', averageValue: '1' })), undefined],
    ['no pods', { minReplicas: 0 }, 'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'],
    ['most below least', { minReplicas: 11 }, 'spec.maxReplicas: Invalid value: 10: must be greater than or equal to'],
    ['no kind', { scaleTargetRef: { kind: '', name: 'web' } }, 'spec.scaleTargetRef.kind: Required value'],
    ['a path for a name', { scaleTargetRef: { kind: 'A', name: 'a/b' } }, "may not contain '/'"],
    ['no type', metric({ type: '' }), 'spec.metrics[0].type: Required value: must specify a metric source type'],
    ['unknown type', metric({ type: 'Disk' }), 'spec.metrics[0].type: Unsupported value: "Disk"'],
    ['no source', metric({ type: 'Pods' }), 'spec.metrics[0].pods: Required value: must populate information'],
    [
      'two sources',
      metric({ ...resource({ type: 'AverageValue', averageValue: '1' }), pods: named }),
      'spec.metrics[0].pods: Forbidden: must populate the given metric source only',
    ],
    [
      'no target',
      metric(resource({ type: 'Utilization' })),
      'must set either a target raw value or a target utilization',
    ],
    [
      'two targets',
      metric(resource({ type: 'Utilization', averageUtilization: 1, averageValue: '1' })),
      'may not set both a target raw value and a target utilization',
    ],
    [
      'zero',
      metric(resource({ type: 'AverageValue', averageValue: '0' })),
      'averageValue: Invalid value: "0": must be positive',
    ],
    ['zero percent', metric(resource({ type: 'Utilization', averageUtilization: 0 })), 'must be greater than 0'],
    [
      'no container',
      metric({
        type: 'ContainerResource',
        containerResource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 1 } },
      }),
      'spec.metrics[0].containerResource.container: Required value: must specify a container',
    ],
    [
      'pods without an average',
      metric({ type: 'Pods', pods: { ...named, target: { type: 'AverageValue' } } }),
      'must specify a positive target averageValue',
    ],
    [
      'an object without a value',
      metric({
        type: 'Object',
        object: { ...named, describedObject: { kind: 'Service', name: 'web' }, target: { type: 'Value' } },
      }),
      'must set either a target value or averageValue',
    ],
    [
      'both values of something outside',
      metric({ type: 'External', external: { ...named, target: { type: 'Value', value: '1', averageValue: '1' } } }),
      'may not set both a target value for metric and a per-pod target',
    ],
    [
      'no name of a metric',
      metric({ type: 'Pods', pods: { metric: { name: '' }, target: { type: 'AverageValue', averageValue: '1' } } }),
      'spec.metrics[0].pods.metric.name: Required value: must specify a metric name',
    ],
    ['window', scaleUp({ stabilizationWindowSeconds: 3601 }), 'must be less than or equal to 3600'],
    ['tolerance', scaleUp({ tolerance: '-1' }), 'spec.behavior.scaleUp.tolerance: Invalid value: "-1"'],
    ['nothing at a time', policy({ value: 0 }), 'policies[0].value: Invalid value: 0: must be greater than zero'],
    ['period', policy({ periodSeconds: 1801 }), 'must be less than or equal to 1800'],
  ])('%s', (_, spec, expected) => {
    const found = faults(spec);
    expect(found).toHaveLength(expected ? 1 : 0);
    if (expected) expect(found[0]).toContain(expected);
  });

  test('a status that no controller could go by', () => {
    const { object } = make();
    object.status = { currentReplicas: -1, desiredReplicas: -1 };
    expect(horizontalPodAutoscalers.validateStatus?.(object)).toHaveLength(2);
  });
});

describe('columns', () => {
  const row = (metrics: object[], currentMetrics: object[] = []) => {
    const { object } = make({ metrics });
    object.status = { desiredReplicas: 3, currentReplicas: 2, currentMetrics: currentMetrics as never };
    return printed(horizontalPodAutoscalers, object, 0);
  };
  const cpu = resource({ type: 'Utilization', averageUtilization: 80 });
  const seen = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12, averageValue: '5m' } } };
  const external = { type: 'External', external: { metric: { name: 'q' }, target: { type: 'Value', value: '30' } } };
  const pods = { type: 'Pods', pods: { metric: { name: 'r' }, target: { type: 'AverageValue', averageValue: '1k' } } };
  const object = {
    type: 'Object',
    object: {
      ...{ metric: { name: 'r' }, describedObject: { kind: 'Service', name: 'web' } },
      target: { type: 'AverageValue', averageValue: '7' },
    },
  };

  test('of an autoscaler', () => {
    expect(row([cpu], [seen])).toMatchObject({
      Reference: 'Deployment/web',
      Targets: 'cpu: 12%/80%',
      MinPods: '1',
      MaxPods: 10,
      Replicas: 2,
    });
  });

  test.each<[string, object[], object[], string]>([
    ['nothing seen yet', [cpu], [], 'cpu: <unknown>/80%'],
    ['an amount', [resource({ type: 'AverageValue', averageValue: '1Gi' }, 'memory')], [], 'memory: <unknown>/1Gi'],
    ['two kinds', [external, pods], [], '<unknown>/30, <unknown>/1k'],
    ['an average over pods', [object], [], '<unknown>/7 (avg)'],
    ['many', [cpu, external, pods], [seen], 'cpu: 12%/80%, <unknown>/30 + 1 more...'],
  ])('%s', (_, metrics, current, expected) => {
    expect(row(metrics, current).Targets).toBe(expected);
  });
});
