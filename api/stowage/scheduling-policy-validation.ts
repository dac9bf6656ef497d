import { each, nonNegative, repeated } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { duplicate, invalidValue, required } from '../meta/validation.ts';
import { BANDS, LOWEST_PRIORITY } from '../scheduling/bands.ts';
import type { SchedulingPolicy } from './scheduling-policy.ts';

/** Faults of a policy after defaults. Everything that reads one relies on: four bands, in order, each with all its fields. */

type Bands = NonNullable<NonNullable<SchedulingPolicy['spec']>['bands']>;
type BandEntry = Bands[number];

const BAND_FIELDS = ['minPriority', 'preemptsWithin', 'quota', 'scoring', 'spreadReplicas'] as const;

const missingFields = (band: BandEntry, path: string): FieldError[] =>
  BAND_FIELDS.filter((field) => band[field] === undefined).map((field) => required(`${path}.${field}`));

function freeFaults(band: BandEntry, path: string): FieldError[] {
  if (band.name !== 'free') return [];
  const { minPriority, quota } = band;
  return [
    ...(minPriority === LOWEST_PRIORITY
      ? []
      : [
          invalidValue(
            `${path}.minPriority`,
            minPriority,
            `must be ${LOWEST_PRIORITY}: free takes all that is below batch`,
          ),
        ]),
    ...(quota === 'None'
      ? []
      : [invalidValue(`${path}.quota`, quota, 'must be None: free work is never held back by quota')]),
  ];
}

/** Bands stand in one order, and their priorities descend in it. */
function orderFaults(bands: Bands, path: string): FieldError[] {
  return each(bands, path, (band, at, index) => {
    const expected = BANDS[index]?.name;
    const above = bands[index - 1];
    if (band.name !== expected) {
      const order = BANDS.map(({ name }) => name).join(', ');
      return [invalidValue(`${at}.name`, band.name, `must be ${expected}: bands are listed in the order ${order}`)];
    }
    const { minPriority = 0 } = band;
    return above?.minPriority !== undefined && minPriority >= above.minPriority
      ? [
          invalidValue(
            `${at}.minPriority`,
            minPriority,
            `must be less than that of ${above.name}, which is ${above.minPriority}`,
          ),
        ]
      : [];
  });
}

function bandFaults(bands: Bands, path: string): FieldError[] {
  const missing = BANDS.filter(({ name }) => !bands.some((band) => band.name === name));
  const present = [
    ...repeated(bands, ({ name }) => name).map(([band, index]) => duplicate(`${path}[${index}].name`, band.name)),
    ...missing.map(({ name }) => required(path, `band ${name} is not listed; all four bands must be`)),
  ];
  return [
    ...(present.length > 0 || bands.length !== BANDS.length ? present : orderFaults(bands, path)),
    ...each(bands, path, (band, at) => [
      ...(band.name ? [] : [required(`${at}.name`)]),
      ...missingFields(band, at),
      ...freeFaults(band, at),
    ]),
  ];
}

const atLeastOne = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && value >= 1 ? [] : [invalidValue(path, value ?? 0, 'must be greater than or equal to 1')];

export function validateSchedulingPolicy({ spec = {} }: SchedulingPolicy): FieldError[] {
  const { bands = [], profiles = [], crashAvoidance = {} } = spec;
  const crashes = 'spec.crashAvoidance';
  return [
    ...bandFaults(bands, 'spec.bands'),
    ...(profiles.length > 0 ? [] : [required('spec.profiles', 'without one, no pod is ever placed')]),
    ...each(profiles, 'spec.profiles', ({ schedulerName }, at) =>
      schedulerName ? [] : [required(`${at}.schedulerName`)],
    ),
    ...repeated(profiles, ({ schedulerName }) => schedulerName).map(([{ schedulerName }, index]) =>
      duplicate(`spec.profiles[${index}].schedulerName`, schedulerName),
    ),
    ...atLeastOne(`${crashes}.failures`, crashAvoidance.failures),
    ...atLeastOne(`${crashes}.windowSeconds`, crashAvoidance.windowSeconds),
    ...nonNegative(`${crashes}.avoidSeconds`, crashAvoidance.avoidSeconds),
    ...(crashAvoidance.avoidSeconds === undefined ? [required(`${crashes}.avoidSeconds`)] : []),
  ];
}
