import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantityMilli } from '../meta/quantity.ts';
import { container } from '../sample.suite.ts';
import { podLimits, podRequests, qosClassOf } from './pod-resources.ts';
import type { PodSpec } from './pod-spec.ts';

const asking = (cpu: string, fields: object = {}) => container({ resources: { requests: { cpu } }, ...fields });
const limited = (limits: object, requests?: object) => container({ resources: { limits, requests } });
const pod = (spec: object) => ({ spec: { containers: [], ...spec } as PodSpec });

describe('requests', () => {
  test.each<[string, object, Record<string, string>]>([
    ['containers add up', { containers: [asking('1'), asking('500m')] }, { cpu: '1500m' }],
    [
      'limits stand in',
      { containers: [limited({ cpu: '2', memory: '1Gi' }, { cpu: '1' })] },
      { cpu: '1', memory: '1Gi' },
    ],
    [
      'the largest init container',
      { containers: [asking('1')], initContainers: [asking('3'), asking('2')] },
      { cpu: '3' },
    ],
    [
      'small init containers vanish',
      { containers: [asking('4')], initContainers: [asking('3'), asking('2')] },
      { cpu: '4' },
    ],
    [
      'a sidecar runs on',
      { containers: [asking('1')], initContainers: [asking('1', { restartPolicy: 'Always' })] },
      { cpu: '2' },
    ],
    [
      'init beside an earlier sidecar',
      { containers: [asking('1')], initContainers: [asking('1', { restartPolicy: 'Always' }), asking('5')] },
      { cpu: '6' },
    ],
    [
      'init before a sidecar',
      { containers: [asking('1')], initContainers: [asking('5'), asking('1', { restartPolicy: 'Always' })] },
      { cpu: '5' },
    ],
    [
      'overhead',
      { containers: [asking('1')], overhead: { cpu: '250m', memory: '64Mi' } },
      { cpu: '1250m', memory: '64Mi' },
    ],
    ['the whole pod wins', { containers: [asking('1')], resources: { requests: { cpu: '3' } } }, { cpu: '3' }],
    ['nothing', {}, {}],
  ])('%s', (_, spec, expected) => {
    expect(podRequests(pod(spec))).toEqual(expected);
  });

  test('are never less than what the containers ask for together', () => {
    const milli = fc.integer({ min: 0, max: 5000 });
    const init = fc.record({ cpu: milli, sidecar: fc.boolean() });
    fc.assert(
      fc.property(fc.array(milli, { minLength: 1 }), fc.array(init), (main, inits) => {
        const spec = {
          containers: main.map((cpu) => asking(`${cpu}m`)),
          initContainers: inits.map(({ cpu, sidecar }) =>
            asking(`${cpu}m`, sidecar ? { restartPolicy: 'Always' } : {}),
          ),
        };
        const found = quantityMilli(podRequests(pod(spec)).cpu ?? '0');
        const lasting = [...main, ...inits.filter((each) => each.sidecar).map((each) => each.cpu)];
        expect(found).toBeGreaterThanOrEqual(lasting.reduce((sum, cpu) => sum + cpu, 0));
        for (const { cpu } of inits) expect(found).toBeGreaterThanOrEqual(cpu);
      }),
    );
  });
});

test('limits hold for resources that every container limits', () => {
  const containers = [limited({ cpu: '1', memory: '1Gi' }), limited({ memory: '1Gi' })];
  expect(podLimits(pod({ containers, overhead: { memory: '1Gi', cpu: '1' } }))).toEqual({ memory: '3Gi' });
});

test.each<[string, object, string]>([
  ['nothing asked', { containers: [container()] }, 'BestEffort'],
  ['limits only', { containers: [limited({ cpu: '1', memory: '1Gi' })] }, 'Guaranteed'],
  [
    'equal amounts, other words',
    { containers: [limited({ cpu: '1', memory: '1Gi' }, { cpu: '1000m', memory: '1024Mi' })] },
    'Guaranteed',
  ],
  ['request below limit', { containers: [limited({ cpu: '1', memory: '1Gi' }, { cpu: '500m' })] }, 'Burstable'],
  ['memory alone', { containers: [limited({ memory: '1Gi' })] }, 'Burstable'],
  ['one of two', { containers: [limited({ cpu: '1', memory: '1Gi' }), container()] }, 'Burstable'],
  [
    'an init container without',
    { containers: [limited({ cpu: '1', memory: '1Gi' })], initContainers: [container()] },
    'Burstable',
  ],
  ['devices do not count', { containers: [limited({ 'example.com/gpu': '1' })] }, 'BestEffort'],
  ['zero does not count', { containers: [limited({ cpu: '0', memory: '0' })] }, 'BestEffort'],
  ['the whole pod', { containers: [container()], resources: { limits: { cpu: '1', memory: '1Gi' } } }, 'Guaranteed'],
])('QoS: %s', (_, spec, expected) => {
  expect(qosClassOf(pod(spec))).toBe(expected);
});
