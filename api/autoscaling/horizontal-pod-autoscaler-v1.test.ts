import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../meta/object.ts';
import { autoscalerOf, created, lines, printed } from '../sample.suite.ts';
import { type HorizontalPodAutoscaler, horizontalPodAutoscalers } from './horizontal-pod-autoscaler.ts';
import { fromStoredAutoscaler, toStoredAutoscaler } from './horizontal-pod-autoscaler-conversion.ts';
import { type HorizontalPodAutoscalerV1, horizontalPodAutoscalersV1 } from './horizontal-pod-autoscaler-v1.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const EXACT = 'autoscaling.stowage.dev/exact';
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const pods = {
  type: 'Pods',
  pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } },
};
const full = (spec: object = {}, status?: object): HorizontalPodAutoscaler => ({
  ...created(horizontalPodAutoscalers, autoscalerOf(spec)).object,
  ...(status && { status: status as HorizontalPodAutoscaler['status'] }),
});
const old = (spec: object = {}, annotations?: Record<string, string>): HorizontalPodAutoscalerV1 => {
  const manifest = autoscalerOf(spec);
  return created(horizontalPodAutoscalersV1, { ...manifest, metadata: { ...manifest.metadata, annotations } }).object;
};

describe('as the older form shows it', () => {
  test('cpu has a field', () => {
    const shown = fromStoredAutoscaler(full({ metrics: [cpu(60)] }));
    expect(shown).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 60 } });
    expect(shown.metadata).not.toHaveProperty('annotations');
  });

  test('everything else has the annotations that Kubernetes uses', () => {
    const status = {
      desiredReplicas: 2,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 20, averageValue: '2m' } } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' }],
    };
    const behavior = { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } };
    const shown = fromStoredAutoscaler(full({ metrics: [pods, cpu(60)], behavior }, status));
    expect(shown.status).toEqual({ currentCPUUtilizationPercentage: 20, currentReplicas: 0, desiredReplicas: 2 });
    const { [`${PREFIX}behavior`]: kept = '', ...rest } = shown.metadata?.annotations ?? {};
    expect(JSON.parse(kept).ScaleUp).toEqual({
      Policies: [{ Type: 'Pods', Value: 1, PeriodSeconds: 60 }],
      SelectPolicy: 'Max',
      StabilizationWindowSeconds: 0,
    });
    expect(Object.fromEntries(Object.entries(rest).map(([key, text]) => [key, JSON.parse(text)]))).toEqual({
      [`${PREFIX}metrics`]: [{ type: 'Pods', pods: { metricName: 'requests', targetAverageValue: '10' } }],
      [`${PREFIX}current-metrics`]: [
        { type: 'Resource', resource: { name: 'cpu', currentAverageUtilization: 20, currentAverageValue: '2m' } },
      ],
      [`${PREFIX}conditions`]: status.conditions,
    });
  });

  test('the order of metrics is kept, until somebody changes them', () => {
    const before = full({ metrics: [cpu(60), pods, cpu(70)] });
    const shown = fromStoredAutoscaler(before);
    expect(shown.metadata?.annotations).toHaveProperty([EXACT]);
    expect(toStoredAutoscaler({ ...shown, spec: { ...shown.spec, maxReplicas: 99 } }).spec).toEqual({
      ...before.spec,
      maxReplicas: 99,
    });
    shown.spec.targetCPUUtilizationPercentage = 50;
    expect(toStoredAutoscaler(shown).spec.metrics).toEqual([pods, cpu(50)]);
  });
});

describe('what the older form says', () => {
  test('without a metric it means 80% of cpu', () => {
    expect(old().spec).toMatchObject({ minReplicas: 1, targetCPUUtilizationPercentage: 80 });
    expect(toStoredAutoscaler(old()).spec.metrics).toEqual([cpu(80)]);
  });

  test('an annotation is as good as a field', () => {
    const metrics = [{ type: 'Resource', resource: { name: 'memory', targetAverageUtilization: 50 } }];
    const object = old({}, { [`${PREFIX}metrics`]: JSON.stringify(metrics), mine: 'yes' });
    expect(object.spec).not.toHaveProperty('targetCPUUtilizationPercentage');
    const stored = toStoredAutoscaler(object);
    const target = { type: 'Utilization', averageUtilization: 50 };
    expect(stored.spec.metrics).toEqual([{ type: 'Resource', resource: { name: 'memory', target } }]);
    expect(stored.metadata?.annotations).toEqual({ mine: 'yes' });
  });

  test('it is judged as what is stored, and printed like it; a metric of no known type is none', () => {
    const { object, faults } = created(horizontalPodAutoscalersV1, autoscalerOf({ targetCPUUtilizationPercentage: 0 }));
    expect(lines(faults)).toEqual([
      'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    ]);
    expect(printed(horizontalPodAutoscalersV1, object, 0)).toMatchObject({ Targets: 'cpu: <unknown>/0%' });
    const odd = old({}, { [`${PREFIX}metrics`]: '[{"type":"constructor"}]' });
    expect(odd.spec.targetCPUUtilizationPercentage).toBe(80);
  });

  test('annotations that make no sense count as missing', () => {
    const keys = ['metrics', 'current-metrics', 'conditions', 'behavior'].map((name) => PREFIX + name);
    const text = fc.oneof(fc.string(), fc.json(), fc.constantFrom('[{}]', '[null]', '{"ScaleUp":[]}', '{"metrics":5}'));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys, EXACT), text), (annotations) => {
        const object = old({}, annotations);
        const stored = toStoredAutoscaler(object);
        const again: ApiObject = fromStoredAutoscaler(stored);
        expect(toStoredAutoscaler(again as HorizontalPodAutoscalerV1)).toEqual(stored);
        expect(() => horizontalPodAutoscalersV1.validate(object)).not.toThrow();
      }),
    );
  });
});
