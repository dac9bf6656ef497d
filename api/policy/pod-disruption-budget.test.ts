import { expect, test } from 'vitest';
import { created, lines, printed } from '../sample.suite.ts';
import { podDisruptionBudgets } from './pod-disruption-budget.ts';

const make = (spec: object) => created(podDisruptionBudgets, { metadata: { name: 'web', namespace: 'default' }, spec });

test.each<[object, string[]]>([
  [{}, []],
  [{ minAvailable: 0 }, []],
  [{ maxUnavailable: '100%', unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: {} }, []],
  [
    { minAvailable: 1, maxUnavailable: 1 },
    ['spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set'],
  ],
  [{ minAvailable: -1 }, ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
  [{ maxUnavailable: '101%' }, ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%']],
  [
    { unhealthyPodEvictionPolicy: 'Never' },
    ['spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"'],
  ],
])('%j has faults %j', (spec, expected) => {
  expect(lines(make(spec).faults)).toEqual(expected);
});

test('text that is no share is refused', () => {
  expect(lines(make({ minAvailable: 'half' }).faults)[0]).toMatch(/^spec.minAvailable: Invalid value: "half"/);
});

test('an empty selector is not the same as none', () => {
  expect(make({ selector: {} }).object.spec).toEqual({ selector: {} });
});

test('columns', () => {
  const { object } = make({ maxUnavailable: '25%' });
  object.metadata!.creationTimestamp = '2026-01-01T00:00:00Z';
  object.status = { disruptionsAllowed: 3, disruptedPods: { a: '2026-01-01T00:00:00Z' } };
  expect(printed(podDisruptionBudgets, object, Date.parse('2026-01-01T01:00:00Z'))).toEqual({
    Name: 'web',
    'Min Available': 'N/A',
    'Max Unavailable': '25%',
    'Allowed Disruptions': 3,
    Age: '60m',
  });
});
