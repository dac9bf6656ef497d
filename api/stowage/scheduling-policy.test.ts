import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { created, lines } from '../sample.suite.ts';
import { BANDS, bandOf } from '../scheduling/bands.ts';
import {
  defaultSchedulingPolicy,
  policySpecOf,
  type SchedulingPolicy,
  schedulingPolicies,
} from './scheduling-policy.ts';

const policy = (spec: object = {}, name = 'default') => created(schedulingPolicies, { metadata: { name }, spec });
const faults = (spec: object) => lines(policy(spec).faults);

/** The default bands with one of them changed. */
const bandsWith = (name: string, fields: object) =>
  defaultSchedulingPolicy().bands.map((band) => (band.name === name ? { ...band, ...fields } : band));

describe('defaults', () => {
  test('an empty policy is the default one', () => {
    expect(policy().object.spec).toEqual(defaultSchedulingPolicy());
    expect(policySpecOf(undefined)).toEqual(defaultSchedulingPolicy());
    expect(policy().faults).toEqual([]);
  });

  test('the bands stand where the priority classes expect them', () => {
    const { bands } = defaultSchedulingPolicy();
    expect(bands.map(({ name, minPriority }) => ({ name, minPriority }))).toEqual(BANDS);
    const facts = bands.map((band) => [band.preemptsWithin, band.quota, band.scoring, band.spreadReplicas]);
    expect(facts).toEqual([
      [false, 'WhenSet', 'Balanced', true],
      [false, 'WhenSet', 'Balanced', true],
      [true, 'WhenSet', 'Balanced', false],
      [false, 'None', 'Balanced', false],
    ]);
  });

  test('a band says only what is different, and keeps what it says', () => {
    const bands = BANDS.map(({ name }) => (name === 'batch' ? { name, scoring: 'Pack', minPriority: 100 } : { name }));
    const spec = policySpecOf(policy({ bands, crashAvoidance: { failures: 9 } }).object);
    expect(spec.bands).toEqual(bandsWith('batch', { scoring: 'Pack', minPriority: 100 }));
    expect(spec.crashAvoidance).toEqual({ failures: 9, windowSeconds: 600, avoidSeconds: 600 });
  });

  test('each caller gets its own', () => {
    (defaultSchedulingPolicy().bands[0] as { scoring: string }).scoring = 'Spread';
    expect(defaultSchedulingPolicy().bands[0]?.scoring).toBe('Balanced');
  });
});

describe('faults', () => {
  test.each<[string, object, string[]]>([
    [
      'a band is missing',
      { bands: BANDS.slice(1).map(({ name }) => ({ name })) },
      ['spec.bands: Required value: band monitoring is not listed; all four bands must be'],
    ],
    [
      'a band stands twice',
      { bands: [...BANDS, BANDS[1]].map((band) => ({ name: band?.name })) },
      ['spec.bands[4].name: Duplicate value: "production"'],
    ],
    [
      'the order is another',
      { bands: ['production', 'monitoring', 'batch', 'free'].map((name) => ({ name })) },
      [
        'spec.bands[0].name: Invalid value: "production": must be monitoring: bands are listed in the order monitoring, production, batch, free',
        'spec.bands[1].name: Invalid value: "monitoring": must be production: bands are listed in the order monitoring, production, batch, free',
      ],
    ],
    [
      'a band begins where the one above does',
      { bands: bandsWith('batch', { minPriority: 1_000_000 }) },
      ['spec.bands[2].minPriority: Invalid value: 1000000: must be less than that of production, which is 1000000'],
    ],
    [
      'free does not reach down',
      { bands: bandsWith('free', { minPriority: -1 }) },
      ['spec.bands[3].minPriority: Invalid value: -1: must be -2147483648: free takes all that is below batch'],
    ],
    [
      'free has quota',
      { bands: bandsWith('free', { quota: 'WhenSet' }) },
      ['spec.bands[3].quota: Invalid value: "WhenSet": must be None: free work is never held back by quota'],
    ],
    [
      'an unknown band',
      { bands: [...BANDS.map(({ name }) => ({ name })), { name: 'gold', minPriority: 7 }] },
      expect.arrayContaining([expect.stringMatching(/^spec\.bands\[4\]\.name: Unsupported value: "gold"/)]),
    ],
    [
      'two profiles of one name, and one of none',
      { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }, {}] },
      ['spec.profiles[2].schedulerName: Required value', 'spec.profiles[1].schedulerName: Duplicate value: "a"'],
    ],
    [
      'no crash is needed',
      { crashAvoidance: { failures: 0, windowSeconds: 0, avoidSeconds: -1 } },
      [
        'spec.crashAvoidance.failures: Invalid value: 0: must be greater than or equal to 1',
        'spec.crashAvoidance.windowSeconds: Invalid value: 0: must be greater than or equal to 1',
        'spec.crashAvoidance.avoidSeconds: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
  ])('%s', (_, spec, expected) => {
    expect(faults(spec)).toEqual(expected);
  });

  test('what passes gives every priority one band, in order', () => {
    const minPriority = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(fc.tuple(minPriority, minPriority, minPriority), minPriority, (limits, priority) => {
        const bands = defaultSchedulingPolicy().bands.map((band, index) => ({
          ...band,
          minPriority: limits[index] ?? band.minPriority,
        }));
        fc.pre(faults({ bands }).length === 0);
        const expected = bands.filter((band) => priority >= band.minPriority)[0]?.name;
        expect(bandOf(priority, bands)).toBe(expected);
      }),
    );
  });
});

test('what will not be acted on is said', () => {
  const warnings = (found: SchedulingPolicy) => schedulingPolicies.warnings?.(found);
  expect(warnings(policy().object)).toEqual([]);
  expect(warnings(policy({ profiles: [{ schedulerName: 'own' }] }, 'mine').object)).toEqual([
    'only the SchedulingPolicy named default is acted on; this one has no effect',
    'spec.profiles: no profile for default-scheduler: pods that name no scheduler will not be placed',
  ]);
});
