import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { created } from '../sample.suite.ts';
import { BANDS, bandOf, bandRank, builtInPriorityClasses } from './bands.ts';
import { priorityClasses } from './priority-class.ts';

test.each([
  [undefined, 'batch'],
  [0, 'batch'],
  [-1, 'free'],
  [-(2 ** 31), 'free'],
  [999_999, 'batch'],
  [1_000_000, 'production'],
  [899_999_999, 'production'],
  [900_000_000, 'monitoring'],
  [2_000_001_000, 'monitoring'],
] as const)('priority %s is %s', (priority, band) => {
  expect(bandOf(priority)).toBe(band);
});

test('the lines may be drawn elsewhere', () => {
  const bands = BANDS.map((range) => (range.name === 'production' ? { ...range, minPriority: 500 } : range));
  expect([499, 500, 900_000_000, -1].map((priority) => bandOf(priority, bands))).toEqual([
    ...['batch', 'production', 'monitoring', 'free'],
  ]);
});

test('bands follow the order of priorities', () => {
  const priority = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(priority, priority, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(bandRank(bandOf(high))).toBeLessThanOrEqual(bandRank(bandOf(low)));
    }),
  );
});

describe('built-in classes', () => {
  const classes = builtInPriorityClasses();

  test.each(classes.map((found) => [found.metadata?.name ?? '', found] as const))('%s is valid', (_, found) => {
    expect(created(priorityClasses, found).faults).toEqual([]);
  });

  test('each band has the class of its name', () => {
    for (const { name } of BANDS)
      expect(bandOf(classes.find((found) => found.metadata?.name === name)?.value)).toBe(name);
  });

  test('none is the default of the cell, and free pushes out nothing', () => {
    expect(classes.some((found) => found.globalDefault)).toBe(false);
    expect(classes.find((found) => found.metadata?.name === 'free')?.preemptionPolicy).toBe('Never');
  });
});

test.each<[string, string, number, number]>([
  ['a system name', 'system-mine', 5, 1],
  ['a system name with another value', 'system-node-critical', 5, 1],
  ['above users', 'huge', 1_000_000_001, 1],
  ['the highest', 'high', 1_000_000_000, 0],
  ['negative', 'low', -7, 0],
])('%s', (_, name, value, count) => {
  expect(created(priorityClasses, { metadata: { name }, value }).faults).toHaveLength(count);
});

test('the value of a class cannot change', () => {
  const make = (value: number) => created(priorityClasses, { metadata: { name: 'a' }, value }).object;
  expect(priorityClasses.validateUpdate?.(make(2), make(1))).toEqual([
    { type: 'FieldValueForbidden', path: 'value', message: 'Forbidden: may not be changed in an update.' },
  ]);
});
